import { messageFrom, ProtocolViolation } from '../protocol/index.ts';
import { parse } from './json-binary.ts';
import { writeMessage } from './json-write.ts';
import type { Serializer } from './serializer.ts';

export interface JsonOptions {
  /** How many lists and dictionaries may stand inside each other in what is sent. Default 64. */
  readonly maxDepth?: number;
}

/**
 * The JSON serializer, which every WAMP peer speaks. Binary values travel by WAMP's convention and arrive as
 * `Uint8Array`; `NaN` and infinities become null, as JSON has none. Specification: Basic Profile, "JSON".
 *
 * @example
 * const client = await connect('ws://localhost:9000', { serializers: [json()] });
 */
export function json({ maxDepth = 64 }: JsonOptions = {}): Serializer {
  const decode: Serializer['decode'] = (frame) => {
    if (typeof frame !== 'string') throw notText(frame);
    let elements: unknown;
    try {
      elements = parse(frame);
    } catch (error) {
      const mended = frame.replace(PYTHONIC, (_, text: string | undefined) => text ?? 'null');
      if (mended !== frame) return decode(mended);
      throw new ProtocolViolation(`frame: not JSON: ${(error as Error).message}`);
    }
    return [messageFrom(elements)];
  };
  return { id: 'json', binary: false, encode: (message) => writeMessage(message, maxDepth), decode };
}

/**
 * Texts, to be left alone, and what Python writes for numbers that JSON has not. Crossbar.io passes them on, so that one publisher
 * would end the sessions of all subscribers.
 */
const PYTHONIC = /("[^"\\]*(?:\\.[^"\\]*)*"?)|-?(?:NaN|Infinity)/g;

/** What to say of a binary frame where text is spoken. */
export function notText(frame: Uint8Array): ProtocolViolation {
  return new ProtocolViolation(`frame: expected text, got ${frame.byteLength} octets of binary`);
}
