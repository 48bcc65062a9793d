import { argon2idAsync } from '@noble/hashes/argon2.js';
import { hmac as hmacOf } from '@noble/hashes/hmac.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equalOctets, randomOctets, utf8 } from './octets.ts';

/** The hashes that WAMP's methods are made of, in plain code: pages without TLS have no WebCrypto. */

export { sha256 };

/** HMAC-SHA256. */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmacOf(sha256, key, message);
}

/** Are two texts the same? Says nothing about where they differ, nor how long the expected one is. */
export function equalTexts(expected: string, given: string): boolean {
  const key = randomOctets(32);
  return equalOctets(hmac(key, utf8(expected)), hmac(key, utf8(given)));
}

export interface Pbkdf2Options {
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Octets. */
  readonly length: number;
}

/** PBKDF2-HMAC-SHA256. Gives way to others every ten milliseconds, and so does Argon2id. */
export function pbkdf2(password: Uint8Array, { salt, iterations, length }: Pbkdf2Options): Promise<Uint8Array> {
  return pbkdf2Async(sha256, password, salt, { c: iterations, dkLen: length });
}

export interface Argon2idOptions {
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Kibibytes. */
  readonly memory: number;
}

/** Argon2id 1.3 with one lane and 32 octets, as WAMP has it. */
export function argon2id(password: Uint8Array, { salt, iterations, memory }: Argon2idOptions): Promise<Uint8Array> {
  return argon2idAsync(password, salt, { t: iterations, m: memory, p: 1, dkLen: 32 });
}
