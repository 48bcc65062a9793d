import { SHAPES, messageFrom, typeOf } from '../protocol/index.ts';
import type { BinaryFormat } from './binary-format.ts';
import { asId, readValue } from './binary-read.ts';
import { scanList } from './binary-scan.ts';
import { MessageWriter } from './binary-write.ts';
import { octetsOf } from './octets.ts';
import type { Serializer } from './serializer.ts';

/** Whole messages with plain values, for clients. */
export function binarySerializer(format: BinaryFormat, maxDepth: number): Serializer {
  const writer = new MessageWriter(format, maxDepth);
  return {
    id: format.id,
    binary: true,
    encode: (message) => writer.write(message),
    decode: (frame) => [messageFrom(readAll(format, octetsOf(frame), maxDepth))],
  };
}

function readAll(format: BinaryFormat, octets: Uint8Array, maxDepth: number): unknown {
  const { bounds, exact } = scanList(format, octets, maxDepth);
  if (exact) return format.decode(octets);
  const elements: unknown[] = [];
  for (let index = 0; index < bounds.length; index += 2)
    elements.push(readValue(format, octets, bounds[index] as number));
  const places = SHAPES[typeOf(elements[0])].fields.length + 1;
  return elements.map((element, index) => (index < places ? asId(element) : element));
}
