import { toBase64 } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import { Fields } from './challenge.ts';
import { AuthError } from './errors.ts';
import { equalTexts, hmac, pbkdf2 } from './hash.ts';
import type { AuthMethod } from './method.ts';
import { randomOctets, utf8 } from './octets.ts';
import { assertAuthid, assertSecret, reveal, type Secret } from './secret.ts';

/** What {@link wampcra} takes. */
export interface WampcraOptions {
  /** Who this is. */
  readonly authid: string;
  /** A text that the router knows too, or a function that is called at each challenge. */
  readonly secret: Secret;
  /** The most rounds of PBKDF2 that a router may ask for: it is this side's time. Default 1,000,000. */
  readonly maxIterations?: number;
}

/** Octets of the longest derived key that a router may ask for. */
const MAX_KEY_LENGTH = 1024;
/** PBKDF2 makes this many octets at a time, each part with all its rounds. */
const PART = 32;

/**
 * Signs the router's challenge with a secret that both know; the secret itself is never sent. The router may keep it salted.
 * Whoever listens can try passwords against the signature, so use `wss:` or a secret that cannot be guessed.
 *
 * An {@link AuthError} says what is wrong with a challenge. Specification: Advanced Profile, "Challenge Response Authentication".
 *
 * @example
 * const method = wampcra({ authid: 'alice', secret: 's3cret' });
 * await method.answer({ challenge: '{"session":1}' }); // => { signature: '6kvQcdMfCDZe2Cp+RC0nR31AP6Ku5Ddk74SAMalaT98=' }
 */
export function wampcra({ authid, secret, maxIterations = 1_000_000 }: WampcraOptions): AuthMethod {
  assertAuthid('wampcra', authid);
  assertSecret('wampcra: secret', secret);
  return {
    name: 'wampcra',
    authid,
    async answer(extra) {
      const fields = new Fields('wampcra: challenge', extra);
      const challenge = fields.text('challenge');
      const salting = fields.has('salt') ? readSalting(fields, maxIterations) : undefined;
      const text = await reveal('wampcra: secret', secret);
      return { signature: sign(salting ? await saltedKey(text, salting) : text, challenge) };
    },
  };
}

/** How a secret was salted. */
interface Salting {
  readonly salt: string;
  readonly iterations: number;
  readonly keylen: number;
}

function readSalting(fields: Fields, maxIterations: number): Salting {
  const salting = {
    salt: fields.text('salt'),
    iterations: fields.has('iterations') ? fields.integer('iterations', 1, maxIterations) : 1000,
    keylen: fields.has('keylen') ? fields.integer('keylen', 1, MAX_KEY_LENGTH) : PART,
  };
  const rounds = salting.iterations * Math.ceil(salting.keylen / PART);
  if (rounds > maxIterations)
    throw new AuthError(`wampcra: challenge: ${rounds} rounds for a key of ${salting.keylen} octets are too many`);
  return salting;
}

/** The text of the base64, not what it stands for, is the key. The specification does not say so; everybody does it. */
async function saltedKey(secret: string, { salt, iterations, keylen }: Salting): Promise<string> {
  return toBase64(await pbkdf2(utf8(secret), { salt: utf8(salt), iterations, length: keylen }));
}

function sign(key: string, challenge: string): string {
  return toBase64(hmac(utf8(key), utf8(challenge)));
}

/**
 * What a router keeps of a secret. With a salt, `key` is not the secret that people chose, so it opens no other door; but
 * whoever has it can log in here. Without one, `key` is the secret.
 */
export interface WampcraRecord {
  readonly key: string;
  readonly salt?: string;
  readonly iterations?: number;
  /** Octets. */
  readonly keylen?: number;
}

/** What {@link wampcraRecord} takes. */
export interface WampcraRecordOptions {
  readonly secret: string;
  /** Default: 16 random octets, as base64. */
  readonly salt?: string;
  /** Rounds of PBKDF2, which each login of a client costs. Default 10,000. */
  readonly iterations?: number;
}

/**
 * Salts a secret for a router to keep. Crossbar.io's configuration has the same words, but wants the secret itself there.
 *
 * @example
 * const { key } = await wampcraRecord({ secret: 'secret1', salt: 'salt123', iterations: 100 });
 * console.log(key); // => 'prq7+YkJ1/KlW1X0YczMH8E8z7oCXX/N/ixnRmOLK48='
 */
export async function wampcraRecord({
  secret,
  salt = toBase64(randomOctets(16)),
  iterations = 10_000,
}: WampcraRecordOptions): Promise<WampcraRecord> {
  const salting = { salt, iterations, keylen: PART };
  return { key: await saltedKey(secret, salting), ...salting };
}

/** What {@link wampcraDecoy} and {@link scramDecoy} take. */
export interface DecoyOptions<Kept> {
  /** A name that the router does not know. */
  readonly authid: string;
  /** Random octets that the router keeps to itself; the same for all names. */
  readonly seed: Uint8Array;
  /** A record as the router's own ones are, to look like. */
  readonly like: Kept;
}

/**
 * A record for somebody who does not exist, the same each time, so that a challenge does not tell which names do. No
 * secret fits it.
 */
export function wampcraDecoy({ authid, seed, like }: DecoyOptions<WampcraRecord>): WampcraRecord {
  const part = (name: string): Uint8Array => hmac(seed, utf8(`${name} ${authid}`));
  const key = toBase64(part('key'));
  return like.salt === undefined ? { ...like, key } : { ...like, key, salt: toBase64(part('salt').subarray(0, 16)) };
}

/** What {@link wampcraChallenge} takes. */
export interface WampcraChallengeOptions {
  readonly record: WampcraRecord;
  /** Who logs in, as WELCOME will have it. */
  readonly authid: string;
  readonly authrole: string;
  readonly authprovider: string;
  /** The id that the session will have. */
  readonly session: number;
}

/** The router's half of {@link wampcra}: `CHALLENGE.extra` for one login. It must never be used twice. */
export function wampcraChallenge({ record, ...who }: WampcraChallengeOptions): { readonly challenge: string } & Dict {
  const { key: _, ...salting } = record;
  const challenge = JSON.stringify({
    nonce: toBase64(randomOctets(24)),
    timestamp: new Date().toISOString(),
    authmethod: 'wampcra',
    ...who,
  });
  return { challenge, ...salting };
}

/** What {@link verifyWampcra} compares. */
export interface WampcraCheck {
  readonly record: WampcraRecord;
  /** The text that the router sent. */
  readonly challenge: string;
  /** Of AUTHENTICATE. */
  readonly signature: string;
}

/**
 * The router's half of {@link wampcra}: is this the signature of the challenge? Compares in constant time.
 *
 * @example
 * const record = await wampcraRecord({ secret: 's3cret', iterations: 1000 });
 * const who = { authid: 'alice', authrole: 'user', authprovider: 'static', session: 7 };
 * const challenge = wampcraChallenge({ record, ...who }); // the router, in CHALLENGE
 * const { signature } = await wampcra({ authid: 'alice', secret: 's3cret' }).answer(challenge); // the client
 * verifyWampcra({ record, challenge: challenge.challenge, signature }); // => true
 */
export function verifyWampcra({ record, challenge, signature }: WampcraCheck): boolean {
  return equalTexts(sign(record.key, challenge), signature);
}
