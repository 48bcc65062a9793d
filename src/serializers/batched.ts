import { type Message, ProtocolViolation } from '../protocol/index.ts';
import { octetsOf, uint32 } from './octets.ts';
import type { Frame, Serializer } from './serializer.ts';

/** Ends each message of a batch in JSON. The specification has the first; Crossbar.io and Autobahn write the second. */
const SEPARATORS = /[\u001e\u0018]/;

export interface BatchedOptions {
  /** What ends each message that is sent in JSON. Default U+001E, as specified; U+0018 for Crossbar.io and Autobahn. */
  readonly separator?: '\u001e' | '\u0018';
}

/**
 * The batched form of a serializer: any number of messages in one frame. Each message that is sent is a batch of one;
 * what comes may have more. Offered as `wamp.2.json.batched` and so on.
 * Specification: Advanced Profile, "Batched WebSocket Transport".
 *
 * @example
 * const client = await connect('ws://localhost:9000', { serializers: [batched(json()), json()] });
 */
export function batched(serializer: Serializer, { separator = '\u001e' }: BatchedOptions = {}): Serializer {
  const { id, binary } = serializer;
  // A router's serializer gives the same frame for each receiver of an event.
  let lastSingle: Frame | undefined;
  let lastBatch: Frame = '';
  return {
    id: `${id}.batched`,
    binary,
    encode(message) {
      const single = serializer.encode(message);
      if (single !== lastSingle) {
        lastBatch = typeof single === 'string' ? single + separator : withLength(single);
        lastSingle = single;
      }
      return lastBatch;
    },
    decode(frame) {
      const parts = binary ? splitBinary(octetsOf(frame)) : splitText(frame);
      const messages: Message[] = [];
      for (const part of parts) messages.push(...serializer.decode(part));
      return messages;
    },
  };
}

function withLength(frame: Uint8Array): Uint8Array {
  const batch = new Uint8Array(4 + frame.length);
  new DataView(batch.buffer).setUint32(0, frame.length);
  batch.set(frame, 4);
  return batch;
}

function splitText(frame: Frame): string[] {
  if (typeof frame !== 'string') throw notBatch(`expected text, got ${frame.byteLength} octets of binary`);
  const parts = frame.split(SEPARATORS);
  if (frame === '') throw notBatch('expected a message, got nothing');
  if (parts.pop() !== '') throw notBatch('expected U+001E after the last message, got the end');
  return parts;
}

/** Before each message stands its length, in four octets. */
function splitBinary(octets: Uint8Array): Uint8Array[] {
  if (octets.length === 0) throw notBatch('expected a message, got nothing');
  const parts: Uint8Array[] = [];
  for (let at = 0; at < octets.length; ) {
    const start = at + 4;
    if (start > octets.length) throw notBatch(`expected the length of a message at octet ${at}, got the end`);
    const length = uint32(octets, at);
    const left = octets.length - start;
    if (length > left) throw notBatch(`${length} octets announced at octet ${at}, ${left} octets left`);
    at = start + length;
    parts.push(octets.subarray(start, at));
  }
  return parts;
}

function notBatch(why: string): ProtocolViolation {
  return new ProtocolViolation(`frame: not a batch of messages: ${why}`);
}
