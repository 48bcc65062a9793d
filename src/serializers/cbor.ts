/**
 * CBOR, for clients that would rather not speak JSON.
 *
 * @module
 */
import { binarySerializer } from './binary.ts';
import { cborFormat } from './cbor-format.ts';
import type { Serializer } from './serializer.ts';

export interface CborOptions {
  /** How many lists and dictionaries may stand inside each other, in what is sent and what comes. Default 64. */
  readonly maxDepth?: number;
}

/**
 * The CBOR serializer: less to send than JSON, octets as they are, and integers of up to 64 bits: numbers while those are
 * exact, bigints beyond. Tags, lengths that are left open, keys that are no text and malformed text are a protocol
 * violation; `undefined` is as in JSON: left out of dictionaries, null in lists. Specification: Basic Profile, "Serializers".
 *
 * @example
 * const client = await connect('ws://localhost:9000', { serializers: [cbor(), json()] });
 */
export function cbor({ maxDepth = 64 }: CborOptions = {}): Serializer {
  return binarySerializer(cborFormat, maxDepth);
}
