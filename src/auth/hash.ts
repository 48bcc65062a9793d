import { argon2idAsync } from '@noble/hashes/argon2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { asyncLoop } from '@noble/hashes/utils.js';
import { equalOctets, joined, randomOctets, utf8 } from './octets.ts';

/** The hashes that WAMP's methods are made of, in plain code: pages without TLS have no WebCrypto. */

export { sha256 };

const HASH_LENGTH = 32;
const BLOCK_LENGTH = 64;

type Sha256 = ReturnType<typeof sha256.create>;

/** The two hashes of an HMAC (RFC 2104), as far as they depend on the key alone. */
function keyed(key: Uint8Array): { readonly inner: Sha256; readonly outer: Sha256 } {
  const block = new Uint8Array(BLOCK_LENGTH);
  block.set(key.length > BLOCK_LENGTH ? sha256(key) : key);
  const begun = (pad: number): Sha256 => sha256.create().update(block.map((octet) => octet ^ pad));
  return { inner: begun(0x36), outer: begun(0x5c) };
}

/** HMAC-SHA256. */
export function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const { inner, outer } = keyed(key);
  return outer.update(inner.update(message).digest()).digest();
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

/** PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2). Gives way to others every ten milliseconds, and so does Argon2id. */
export async function pbkdf2(password: Uint8Array, { salt, iterations, length }: Pbkdf2Options): Promise<Uint8Array> {
  const { inner, outer } = keyed(password);
  const work = sha256.create();
  const derived = new Uint8Array(length);
  for (let part = 1, at = 0; at < length; part++, at += HASH_LENGTH) {
    const sum = derived.subarray(at, at + HASH_LENGTH);
    const last = hmac(password, joined(salt, Uint8Array.of(0, 0, part >> 8, part)));
    sum.set(last.subarray(0, sum.length));
    await asyncLoop(iterations - 1, 10, () => {
      // In place, since this is nearly all of the time that a login takes.
      inner._cloneInto(work).update(last).digestInto(last);
      outer._cloneInto(work).update(last).digestInto(last);
      for (let index = 0; index < sum.length; index++) sum[index] = (sum[index] as number) ^ (last[index] as number);
    });
  }
  return derived;
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
