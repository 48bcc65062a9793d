import { toBase64 } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import type { AuthAnswer, AuthMethod } from './method.ts';
import { fromCanonicalBase64, utf8 } from './octets.ts';
import { hmac } from './hash.ts';
import { saslprep } from './saslprep.ts';
import {
  type Dialect,
  keysOf,
  newNonce,
  nonceOf,
  type ScramOptions,
  scramMethod,
  serverSignature,
} from './scram-exchange.ts';
import { costOf, newSalt, type ScramCost, type ScramRecordOptions } from './scram-keys.ts';
import type { DecoyOptions } from './wampcra.ts';

const dialect: Dialect = {
  name: 'wamp-scram',
  argon2: 'argon2id13',
  unbound: 'biws', // the base64 of `n,,`
  user: (authid) => authid.replaceAll('=', '=3D').replaceAll(',', '=2C'),
  password: (text) => saslprep('wamp-scram: password', text),
  secretOf: (salted) => salted,
  verifier({ verifier }) {
    // The specification's text has it without `v=`, its example with.
    return typeof verifier === 'string' ? verifier.replace(/^v=/, '') : undefined;
  },
};

/**
 * Proves to know a password that neither side sends and the router does not keep, and has the router prove that it knows
 * this user. `wamp-scram` as specified; Crossbar.io has a variant of its own, {@link crossbarScram}. Offer one of the two.
 *
 * Throws, and lets `connect` reject with, an {@link AuthError} when a challenge does not continue this login, costs more
 * than the limits or too little to be safe, and when the router has no proof. Specification: Advanced Profile, "Salted
 * Challenge Response Authentication".
 *
 * @example
 * const method = scram({ authid: 'alice', password: async () => 'pencil' });
 * console.log(method.name, method.authid); // => 'wamp-scram', 'alice'
 */
export function scram(options: ScramOptions): AuthMethod {
  return scramMethod(dialect, { ...options, authid: saslprep('wamp-scram: authid', options.authid) });
}

/** What a router keeps of a password: whoever has it must still guess to find the password. Keys and salt are base64. */
export type ScramRecord = ScramCost & {
  readonly salt: string;
  readonly storedKey: string;
  readonly serverKey: string;
};

/**
 * What a router keeps of a password.
 *
 * @example
 * const salt = new Uint8Array(16); // leave it out: it has to be random
 * const record = await scramRecord({ password: 'pencil', kdf: 'pbkdf2', iterations: 4096, salt });
 * console.log(record.salt, record.storedKey); // => 'AAAAAAAAAAAAAAAAAAAAAA==', 'cYb24178IFPJfwkjIWWOe5UyMYsPha0jpvVheOzD7fM='
 */
export async function scramRecord(options: ScramRecordOptions): Promise<ScramRecord> {
  const { password, salt = newSalt() } = options;
  const cost = costOf(options);
  const { storedKey, serverKey } = await keysOf(dialect, password, { salt, cost });
  return { ...cost, salt: toBase64(salt), storedKey: toBase64(storedKey), serverKey: toBase64(serverKey) };
}

/**
 * A record for somebody who does not exist, the same each time, so that a challenge does not tell which names do. No
 * password fits it.
 */
export function scramDecoy({ authid, seed, like }: DecoyOptions<ScramRecord>): ScramRecord {
  const part = (name: string): Uint8Array => hmac(seed, utf8(`${name} ${authid}`));
  const salt = toBase64(part('salt').subarray(0, 16));
  return { ...like, salt, storedKey: toBase64(part('stored')), serverKey: toBase64(part('server')) };
}

/** `CHALLENGE.extra`. */
export interface ScramChallenge extends Dict {
  readonly nonce: string;
  readonly salt: string;
  readonly kdf: string;
  readonly iterations: number;
  readonly memory: number | null;
}

/** What {@link scramChallenge} takes. */
export interface ScramChallengeOptions {
  readonly record: ScramRecord;
  /** Of HELLO. */
  readonly authextra: Dict | undefined;
}

/** The router's half of {@link scram}: `CHALLENGE.extra` for one login. Throws an {@link AuthError} when HELLO has no nonce. */
export function scramChallenge({ record, authextra }: ScramChallengeOptions): ScramChallenge {
  return challengeOf({ ...record, nonce: nonceOf(dialect.name, authextra) + newNonce() });
}

function challengeOf(record: ScramRecord & { readonly nonce: string }): ScramChallenge {
  const { nonce, salt, kdf, iterations } = record;
  return { nonce, salt, kdf, iterations, memory: record.kdf === 'argon2id13' ? record.memory : null };
}

/** What {@link verifyScram} and {@link verifyCrossbarScram} compare. */
export interface ScramCheck<Kept> {
  readonly record: Kept;
  /** Of HELLO. */
  readonly authid: string;
  readonly authextra: Dict | undefined;
  /** What the router sent. */
  readonly challenge: ScramChallenge;
  /** AUTHENTICATE: its signature and its extra. */
  readonly answer: AuthAnswer;
}

/**
 * The router's half of {@link scram}: checks the answer in constant time. The result is for `WELCOME.authextra`, where the client
 * looks for the router's own proof; undefined when the answer is wrong.
 *
 * @example
 * const record = await scramRecord({ password: 'pencil', kdf: 'pbkdf2', iterations: 4096 }); // kept by the router
 * const client = scram({ authid: 'alice', password: 'pencil' });
 *
 * const authextra = client.authextra?.(); // goes with HELLO
 * const challenge = scramChallenge({ record, authextra }); // CHALLENGE
 * const answer = await client.answer(challenge); // AUTHENTICATE
 * const proof = verifyScram({ record, authid: 'alice', authextra, challenge, answer });
 * client.verify?.({ authextra: proof }); // WELCOME; throws when the router does not know alice
 */
export function verifyScram(check: ScramCheck<ScramRecord>): { readonly verifier: string } | undefined {
  const { record, authextra, challenge, answer, authid } = check;
  const verifier = serverSignature(dialect, {
    ...challenge,
    authid: saslprep('wamp-scram: authid', authid),
    clientNonce: nonceOf(dialect.name, authextra),
    storedKey: fromCanonicalBase64(record.storedKey),
    serverKey: fromCanonicalBase64(record.serverKey),
    answer,
  });
  return verifier === undefined ? undefined : { verifier: `v=${verifier}` };
}
