/**
 * Mask keys for the frames of a `ws` client, drawn from the system 2,048 at a time. The package draws for each frame,
 * which costs a fifth of a busy client's time.
 */
export function maskPool(): (mask: Uint8Array) => void {
  const pool = new Uint8Array(8192);
  let at = pool.length;
  return (mask) => {
    if (at === pool.length) {
      globalThis.crypto.getRandomValues(pool);
      at = 0;
    }
    for (let index = 0; index < 4; index++) mask[index] = pool[at + index] as number;
    at += 4;
  };
}
