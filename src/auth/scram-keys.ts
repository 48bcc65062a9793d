import { UsageError } from '../base/index.ts';
import type { Fields } from './challenge.ts';
import { AuthError } from './errors.ts';
import { argon2id, hmac, pbkdf2, sha256 } from './hash.ts';
import { randomOctets, utf8 } from './octets.ts';

/** What it costs to get from a password to its keys. */
export type ScramCost =
  | { readonly kdf: 'pbkdf2'; readonly iterations: number }
  /** `memory` in kibibytes. */
  | { readonly kdf: 'argon2id13'; readonly iterations: number; readonly memory: number };

/** The most that a client does for a router, and the least that it makes a thief do. */
export interface ScramLimits {
  /** The most rounds of PBKDF2. Default 1,000,000. */
  readonly maxIterations?: number;
  /** The most memory for Argon2id, in kibibytes; eight times that may be gone through in all. Default 262,144 (256 MiB). */
  readonly maxMemory?: number;
}

const MIN_ITERATIONS = 4096;
/** Kibibytes gone through: rounds times memory. */
const MIN_WORK = 16_384;
const MAX_PASSES = 8;

/** Reads the cost from a challenge, `argon2` being its name for Argon2id. Refuses what is too dear, or too cheap to be safe. */
export function readCost(fields: Fields, argon2: string, limits: ScramLimits): ScramCost {
  const { maxIterations = 1_000_000, maxMemory = 262_144 } = limits;
  const kdf = fields.text('kdf');
  if (kdf === 'pbkdf2') {
    const iterations = fields.integer('iterations', 1, maxIterations);
    if (iterations < MIN_ITERATIONS) throw tooWeak(`${iterations} rounds of PBKDF2`);
    return { kdf, iterations };
  }
  if (kdf !== argon2) throw new AuthError(`scram: challenge.kdf: expected pbkdf2 or ${argon2}`);
  const memory = fields.integer('memory', 8, maxMemory);
  const iterations = fields.integer('iterations', 1, Math.floor((MAX_PASSES * maxMemory) / memory));
  if (iterations * memory < MIN_WORK) throw tooWeak(`${iterations} rounds of Argon2id with ${memory} KiB`);
  return { kdf: 'argon2id13', iterations, memory };
}

function tooWeak(what: string): AuthError {
  return new AuthError(`scram: challenge: ${what} are too weak: whoever pretends to be the router could try passwords`);
}

/** Does not check the cost. */
export function saltedPassword(password: Uint8Array, salt: Uint8Array, cost: ScramCost): Promise<Uint8Array> {
  return cost.kdf === 'pbkdf2'
    ? pbkdf2(password, { salt, iterations: cost.iterations, length: 32 })
    : argon2id(password, { salt, iterations: cost.iterations, memory: cost.memory });
}

export interface ScramKeys {
  readonly clientKey: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export function scramKeys(salted: Uint8Array): ScramKeys {
  const clientKey = hmac(salted, utf8('Client Key'));
  return { clientKey, storedKey: sha256(clientKey), serverKey: hmac(salted, utf8('Server Key')) };
}

/** What {@link scramRecord} and {@link crossbarScramRecord} take. */
export interface ScramRecordOptions {
  readonly password: string;
  /** Default `argon2id13`, which is dear to those who try many passwords at once. */
  readonly kdf?: 'argon2id13' | 'pbkdf2';
  /** Default 2 for Argon2id, 100,000 for PBKDF2. */
  readonly iterations?: number;
  /** Kibibytes, for Argon2id. Default 19,456 (19 MiB). */
  readonly memory?: number;
  /** Default: 16 random octets. */
  readonly salt?: Uint8Array;
}

export function costOf({ kdf = 'argon2id13', iterations, memory = 19_456 }: ScramRecordOptions): ScramCost {
  if (kdf === 'pbkdf2') return { kdf, iterations: iterations ?? 100_000 };
  if (kdf !== 'argon2id13') throw new UsageError('scram: kdf is argon2id13 or pbkdf2');
  return { kdf, iterations: iterations ?? 2, memory };
}

export const newSalt = (): Uint8Array => randomOctets(16);
