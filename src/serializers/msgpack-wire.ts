import { binaryWire } from './binary-wire.ts';
import { msgpackFormat } from './msgpack-format.ts';
import type { MsgpackOptions } from './msgpack.ts';
import type { Serializer } from './serializer.ts';

/** MessagePack for routers: leaves payloads as the octets they came in. */
export function msgpackWire({ maxDepth = 64 }: MsgpackOptions = {}): Serializer {
  return binaryWire(msgpackFormat, maxDepth);
}
