const pool = new Uint8Array(8192);
let used = pool.length;

/**
 * Fills in the mask key of a frame. They are drawn from the system 2,048 at a time: a draw for each, as the `ws` package
 * does it, costs a fifth of a busy client's time.
 */
export function nextMask(mask: Uint8Array): void {
  if (used === pool.length) {
    globalThis.crypto.getRandomValues(pool);
    used = 0;
  }
  for (let index = 0; index < 4; index++) mask[index] = pool[used + index] as number;
  used += 4;
}
