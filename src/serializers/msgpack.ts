/**
 * MessagePack, for clients that would rather not speak JSON.
 *
 * @module
 */
import { binarySerializer } from './binary.ts';
import { msgpackFormat } from './msgpack-format.ts';
import type { Serializer } from './serializer.ts';

export interface MsgpackOptions {
  /** How many lists and dictionaries may stand inside each other, in what is sent and what comes. Default 64. */
  readonly maxDepth?: number;
}

/**
 * The MessagePack serializer: less to send than JSON, octets as they are, and integers of up to 64 bits: numbers while
 * those are exact, bigints beyond. Extensions, keys that are no text and malformed text are a protocol violation.
 * Specification: Basic Profile, "Serializers".
 *
 * @example
 * const client = await connect('ws://localhost:9000', { serializers: [msgpack(), json()] });
 */
export function msgpack({ maxDepth = 64 }: MsgpackOptions = {}): Serializer {
  return binarySerializer(msgpackFormat, maxDepth);
}
