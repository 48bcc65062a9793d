import { binaryWire } from './binary-wire.ts';
import { cborFormat } from './cbor-format.ts';
import type { CborOptions } from './cbor.ts';
import type { Serializer } from './serializer.ts';

/** CBOR for routers: leaves payloads as the octets they came in. */
export function cborWire({ maxDepth = 64 }: CborOptions = {}): Serializer {
  return binaryWire(cborFormat, maxDepth);
}
