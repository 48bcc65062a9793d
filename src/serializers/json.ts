import { show } from '../base/index.ts';
import { type Dict, headOf, MESSAGES, type Message, type MessageType, type Payload, parseMessage, ProtocolViolation, typeOf } from '../protocol/index.ts';
import { parse, stringify } from './json-binary.ts';
import { scanList } from './json-scan.ts';
import type { Frame, Serializer } from './serializer.ts';

export interface JsonOptions {
  /** How many lists and dictionaries may stand inside each other, the message included. Default 64. */
  readonly maxDepth?: number;
}

const EMPTY_DICT: Dict = Object.freeze({});

/** A payload as the piece of text it came in: `[…]` or `[…],{…}`, known to be well-formed. */
class JsonPayload implements Payload {
  readonly text: string;
  readonly bare: boolean;
  #decoded: readonly unknown[] | undefined;

  constructor(text: string, bare: boolean) {
    this.text = text;
    this.bare = bare;
  }

  get args(): readonly unknown[] {
    const decoded = this.#decode();
    return this.bare ? decoded : (decoded[0] as readonly unknown[]);
  }

  get kwargs(): Dict | undefined {
    return this.#decode()[1] as Dict | undefined;
  }

  #decode(): readonly unknown[] {
    this.#decoded ??= parse(`[${this.text}]`) as readonly unknown[];
    return this.#decoded;
  }
}

/**
 * The JSON serializer, which every WAMP peer speaks. Binary values travel by WAMP's convention and arrive as
 * `Uint8Array`; `NaN` and infinities become null, as JSON has none. Specification: Basic Profile, "JSON".
 *
 * @example
 * const client = await connect('ws://localhost:9000', { serializers: [json()] });
 */
export function json({ maxDepth = 64 }: JsonOptions = {}): Serializer {
  // An event goes to its subscribers as one and the same message object: written once, sent many times.
  let lastEvent: Message | undefined;
  let lastFrame = '';

  return {
    id: 'json',
    binary: false,

    encode(message) {
      if (message === lastEvent) return lastFrame;
      const frame = write(message, maxDepth);
      if (message.type === 'EVENT') {
        lastEvent = message;
        lastFrame = frame;
      }
      return frame;
    },

    decode(frame) {
      if (typeof frame !== 'string') throw new ProtocolViolation(`frame: expected text, got ${frame.byteLength} octets of binary`);
      return [read(frame, maxDepth)];
    },
  };
}

function write(message: Message, maxDepth: number): Frame & string {
  let text = '[';
  let separator = '';
  for (const element of headOf(message)) {
    text += separator + (typeof element === 'number' ? String(element) : stringify(element, maxDepth));
    separator = ',';
  }
  const payload = 'payload' in message ? message.payload : undefined;
  return payload ? `${text},${writePayload(payload, maxDepth)}]` : `${text}]`;
}

function writePayload(payload: Payload, maxDepth: number): string {
  if (payload instanceof JsonPayload) return payload.text;
  const { args, kwargs, bare } = payload;
  if (bare) return stringify(args[0], maxDepth);
  return kwargs === undefined ? stringify(args, maxDepth) : `${stringify(args, maxDepth)},${stringify(kwargs, maxDepth)}`;
}

function read(frame: string, maxDepth: number): Message {
  const bounds = scanList(frame, maxDepth);
  const length = bounds.length / 2;
  const element = (index: number): unknown => readElement(frame, bounds[2 * index] as number, bounds[2 * index + 1] as number);
  const code = element(0);
  const type = typeOf(code);
  const { fields, payload: carriesPayload } = MESSAGES[type];
  const places = Math.min(length, fields.length + 1);
  const head = [code];
  for (let index = 1; index < places; index++) head.push(element(index));
  return parseMessage(head, length, carriesPayload && length > places ? payloadFrom(frame, bounds.slice(2 * places), type) : undefined);
}

/** One of the first elements: nearly always a small integer, a plain string or an empty dictionary. */
function readElement(frame: string, start: number, end: number): unknown {
  const first = frame.charAt(start);
  if (first === '{' && end - start === 2) return EMPTY_DICT;
  const text = frame.slice(start, end);
  if (first === '"' && !text.includes('\\')) return text.slice(1, -1);
  return parse(text);
}

function payloadFrom(frame: string, bounds: readonly number[], type: MessageType): Payload {
  const [argsStart = 0, argsEnd = 0, kwargsStart, kwargsEnd] = bounds;
  const bare = frame.startsWith('"\\u0000', argsStart);
  if (!bare && frame.charAt(argsStart) !== '[') {
    throw new ProtocolViolation(`${type}.args: expected a list, got ${show(parse(frame.slice(argsStart, argsEnd)))}`);
  }
  if (kwargsStart !== undefined && (bare || frame.charAt(kwargsStart) !== '{')) {
    throw new ProtocolViolation(`${type}.kwargs: expected ${bare ? 'nothing' : 'a dictionary'}, got ${show(parse(frame.slice(kwargsStart, kwargsEnd)))}`);
  }
  return new JsonPayload(frame.slice(argsStart, kwargsEnd ?? argsEnd), bare);
}
