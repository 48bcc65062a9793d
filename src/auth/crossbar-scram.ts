import { toBase64, UsageError } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import { hmac } from './hash.ts';
import type { AuthMethod } from './method.ts';
import { fromCanonicalBase64, fromHex, joined, randomOctets, toHex, utf8 } from './octets.ts';
import type { ScramChallenge, ScramCheck } from './scram.ts';
import { type Dialect, keysOf, nonceOf, type ScramOptions, scramMethod, serverSignature } from './scram-exchange.ts';
import { costOf, newSalt, type ScramRecordOptions } from './scram-keys.ts';
import type { DecoyOptions } from './wampcra.ts';

/**
 * SCRAM as Crossbar.io and autobahn-python have it, from a draft of the specification: another name, another signed text,
 * for Argon2id other keys, and passwords as they are typed.
 */
const dialect: Dialect = {
  name: 'scram',
  argon2: 'argon2id-13',
  unbound: '',
  user: (authid) => authid,
  password: (text) => text,
  // Where Argon2id's own format has its hash: as base64 without padding. That text is the key.
  secretOf: (salted, { kdf }) => (kdf === 'pbkdf2' ? salted : utf8(toBase64(salted).replace(/=+$/, ''))),
  verifier: ({ scram_server_signature: signature }) => signature,
};

/**
 * The variant of SCRAM that Crossbar.io and autobahn-python have, under the name `scram`; {@link scram} is the specified
 * one. The `authid` is printable ASCII, since Crossbar.io fails at others. Offer one of the two.
 *
 * @example
 * crossbarScram({ authid: 'alice', password: 'pencil' }).name; // => 'scram'
 */
export function crossbarScram(options: ScramOptions): AuthMethod {
  if (/[^\x20-\x7E]/.test(options.authid)) throw new UsageError('scram: authid has to be ASCII for Crossbar.io');
  return scramMethod(dialect, options);
}

/** A principal in Crossbar.io's configuration, but for its role. Keys and salt are hex. */
export interface CrossbarScramRecord {
  readonly kdf: 'argon2id-13' | 'pbkdf2';
  readonly iterations: number;
  /** Kibibytes; 0 for PBKDF2. */
  readonly memory: number;
  readonly salt: string;
  readonly 'stored-key': string;
  readonly 'server-key': string;
}

/**
 * What Crossbar.io keeps of a password, as its configuration has it.
 *
 * @example
 * const record = await crossbarScramRecord({ password: 'secret123', kdf: 'pbkdf2', iterations: 4096 });
 * console.log(record.kdf, record['stored-key'].length); // => 'pbkdf2', 64
 */
export async function crossbarScramRecord(options: ScramRecordOptions): Promise<CrossbarScramRecord> {
  const { password, salt = newSalt() } = options;
  const cost = costOf(options);
  const { storedKey, serverKey } = await keysOf(dialect, password, { salt, cost });
  return {
    kdf: cost.kdf === 'pbkdf2' ? 'pbkdf2' : 'argon2id-13',
    iterations: cost.iterations,
    memory: cost.kdf === 'pbkdf2' ? 0 : cost.memory,
    salt: toHex(salt),
    'stored-key': toHex(storedKey),
    'server-key': toHex(serverKey),
  };
}

/** A record for somebody who does not exist, the same each time. No password fits it. */
export function crossbarScramDecoy({ authid, seed, like }: DecoyOptions<CrossbarScramRecord>): CrossbarScramRecord {
  const part = (name: string): Uint8Array => hmac(seed, utf8(`${name} ${authid}`));
  const salt = toHex(part('salt').subarray(0, 16));
  return { ...like, salt, 'stored-key': toHex(part('stored')), 'server-key': toHex(part('server')) };
}

/** What {@link crossbarScramChallenge} takes. */
export interface CrossbarScramChallengeOptions {
  readonly record: CrossbarScramRecord;
  /** Of HELLO. */
  readonly authextra: Dict | undefined;
}

/** The router's half of {@link crossbarScram}: `CHALLENGE.extra` for one login. */
export function crossbarScramChallenge({ record, authextra }: CrossbarScramChallengeOptions): ScramChallenge {
  const { kdf, iterations, memory } = record;
  const salt = fromHex(record.salt, record.salt.length / 2);
  if (!salt) throw new UsageError('scram: the salt of a record has to be hex');
  const clientNonce = fromCanonicalBase64(nonceOf(dialect.name, authextra)) ?? new Uint8Array();
  return { nonce: toBase64(joined(clientNonce, randomOctets(16))), salt: toBase64(salt), kdf, iterations, memory };
}

/**
 * The router's half of {@link crossbarScram}: checks the answer in constant time. The result is for `WELCOME.authextra`;
 * undefined when the answer is wrong.
 */
export function verifyCrossbarScram(
  check: ScramCheck<CrossbarScramRecord>,
): { readonly scram_server_signature: string } | undefined {
  const { record, authextra, challenge, answer, authid } = check;
  const signature = serverSignature(dialect, {
    ...challenge,
    authid,
    clientNonce: nonceOf(dialect.name, authextra),
    storedKey: fromHex(record['stored-key'], 32),
    serverKey: fromHex(record['server-key'], 32),
    answer,
  });
  return signature === undefined ? undefined : { scram_server_signature: signature };
}
