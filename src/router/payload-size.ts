import type { Dict, Payload } from '../protocol/index.ts';
import type { Restriction } from './receivers.ts';

/** What a value costs besides what is in it. */
const VALUE = 8;
/** Deeper is not looked: what came over a network is not that deep, and what did not might lead back to itself. */
const MAX_DEPTH = 64;

/** What an event costs besides what is in it. */
const EVENT = 200;
/** What is in a list of receivers is kept twice: as it came, and to be looked up. */
const LOOKED_UP = 4;

/** About how many octets of memory an event takes that is kept. */
export function sizeOfEvent({ topic, details, payload, restriction }: KeptEvent): number {
  const lists = restriction ? LOOKED_UP * valueSize(restriction, 0) : 0;
  return EVENT + topic.length + valueSize(details, 0) + lists + sizeOf(payload);
}

interface KeptEvent {
  readonly topic: string;
  readonly details: Dict;
  readonly payload: Payload | undefined;
  readonly restriction: Restriction | undefined;
}

/** About how many octets of memory options take. */
export function sizeOfOptions(options: Dict): number {
  return valueSize(options, 0);
}

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
  if (Array.isArray(value)) for (const inner of value) size += valueSize(inner, depth + 1);
  else for (const key in value) size += key.length + valueSize((value as Dict)[key], depth + 1);
  return size;
}
