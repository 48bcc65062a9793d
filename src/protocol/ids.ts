/** Largest id of WAMP, 2^53: accepted when it comes, never made here. Specification: Basic Profile, "IDs". */
export const MAX_ID = 2 ** 53;

/** Is this an id: an integer from 1 to 2^53? */
export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_ID;
}

/** Ids of session scope: 1, 2, 3 … and back to 1 after the largest. */
export class RequestIds {
  /** The newest; those up to it have been handed out in this session. One that was never sent is given back by taking one off. */
  last = 0;

  next(): number {
    return (this.last = (this.last % (MAX_ID - 1)) + 1);
  }
}

/** Fills a buffer with unpredictable octets: `crypto.getRandomValues`, or a fixed sequence in a test. */
export type RandomBytes = (into: Uint8Array<ArrayBuffer>) => unknown;

/**
 * A source of ids of global scope: uniform over 1 … 2^53-1. Draws 128 at a time, since one draw from the system costs
 * as much as routing a message.
 */
export function randomIds(random: RandomBytes): () => number {
  const pool = new Uint8Array(7 * 128);
  let at = pool.length;
  return () => {
    for (;;) {
      if (at === pool.length) {
        random(pool);
        at = 0;
      }
      let id = (pool[at] ?? 0) & 0x1f;
      for (let index = 1; index < 7; index++) id = id * 256 + (pool[at + index] ?? 0);
      at += 7;
      if (id !== 0) return id;
    }
  };
}
