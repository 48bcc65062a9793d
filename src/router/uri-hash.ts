import { MAX_URI_LENGTH } from '../protocol/index.ts';

/** Differs from process to process, so that nobody can choose URIs that collide. */
const [SEED = 1] = globalThis.crypto.getRandomValues(new Int32Array(1));
const MULTIPLIER = 0x9e3779b1;

/** A hash that goes on by one character, or by any number. */
export function hashed(hash: number, next: number): number {
  const product = Math.imul(hash ^ next, MULTIPLIER);
  return product ^ (product >>> 15);
}

/** The hash of all of a text. */
export function hashOf(text: string): number {
  let hash = SEED;
  for (let at = 0; at < text.length; at++) hash = hashed(hash, text.charCodeAt(at));
  return hash;
}

/**
 * Fills in the hash of each start of a text that has one of these lengths, which rise. Returns how many there are:
 * those lengths that the text has.
 */
export function hashStarts(text: string, lengths: readonly number[], into: Int32Array): number {
  let hash = SEED;
  let at = 0;
  let count = 0;
  for (; count < lengths.length; count++) {
    const length = lengths[count] as number;
    if (length > text.length) break;
    for (; at < length; at++) hash = hashed(hash, text.charCodeAt(at));
    into[count] = hash;
  }
  return count;
}

const DOT = 0x2e;

/** Fills in the hash of each component of a URI, or 0 for an empty one; returns how many there are. */
export function hashParts(uri: string, into: Int32Array): number {
  let hash = SEED;
  let start = 0;
  let count = 0;
  for (let at = 0; at < uri.length; at++) {
    const code = uri.charCodeAt(at);
    if (code !== DOT) {
      hash = hashed(hash, code);
      continue;
    }
    into[count++] = at === start ? 0 : hash || 1;
    hash = SEED;
    start = at + 1;
  }
  into[count++] = uri.length === start ? 0 : hash || 1;
  return count;
}

/** Room for whatever a URI can have: starts, or components. */
export function scratch(): Int32Array {
  return new Int32Array(MAX_URI_LENGTH + 1);
}
