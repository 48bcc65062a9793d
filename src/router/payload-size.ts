import type { Payload } from '../protocol/index.ts';

/** What a value costs besides what is in it. */
const VALUE = 8;
/** Deeper is not looked: what came over a network is not that deep, and what did not might lead back to itself. */
const MAX_DEPTH = 64;

/**
 * About how many octets of memory a payload takes: as long as it was written on its way here, or an estimate for one
 * that came from within the process.
 */
export function sizeOf(payload: Payload | undefined): number {
  if (!payload) return 0;
  return payload.size ?? valueSize(payload.args, 0) + valueSize(payload.kwargs, 0);
}

function valueSize(value: unknown, depth: number): number {
  if (typeof value === 'string') return VALUE + value.length;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return VALUE;
  if (ArrayBuffer.isView(value)) return VALUE + value.byteLength;
  let size = VALUE;
  for (const [key, inner] of Object.entries(value)) size += key.length + valueSize(inner, depth + 1);
  return size;
}
