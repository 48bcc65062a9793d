import { show } from '../base/index.ts';
import { type Dict, headOf, isDict, MESSAGES, type Message, type MessageType, type Payload, parseMessage, ProtocolViolation, typeOf } from '../protocol/index.ts';
import { parse, stringify } from './json-binary.ts';
import { scanList } from './json-scan.ts';
import type { Frame, Serializer } from './serializer.ts';

export interface JsonOptions {
  /** How many lists and dictionaries may stand inside each other, the message included. Default 64. */
  readonly maxDepth?: number;
}

const EMPTY_DICT: Dict = Object.freeze({});

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_DICT = 0x7b;

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
    text += separator + writeElement(element, maxDepth);
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
  const first = frame.charCodeAt(start);
  if (first === OPEN_DICT && end - start === 2) return EMPTY_DICT;
  if (first === QUOTE) {
    const text = frame.slice(start + 1, end - 1);
    if (!text.includes('\\')) return text;
  } else if (first >= ZERO && first <= NINE && end - start <= 15) {
    const integer = readInteger(frame, start, end);
    if (integer !== undefined) return integer;
  }
  return parse(frame.slice(start, end));
}

/** Saves the detour through a string and JSON.parse, which doubles what reading a head costs. */
function readInteger(frame: string, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = frame.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** Printable ASCII that JSON writes as it is: what nearly every URI is made of. */
const PLAIN = /^[ !#-[\]-~]*$/;

function writeElement(element: unknown, maxDepth: number): string {
  if (typeof element === 'number') return String(element);
  if (typeof element === 'string' && PLAIN.test(element)) return `"${element}"`;
  if (element === EMPTY_DICT || (isDict(element) && isEmpty(element))) return '{}';
  return stringify(element, maxDepth);
}

function isEmpty(dict: Dict): boolean {
  for (const _key in dict) return false;
  return true;
}

/**
 * The payload behind the fixed places. A null where a list or a dictionary belongs counts as absent: some routers write
 * one for what they do not have.
 */
function payloadFrom(frame: string, bounds: readonly number[], type: MessageType): Payload | undefined {
  const args = textAt(frame, bounds, 0);
  const kwargs = textAt(frame, bounds, 2);
  const bare = args?.startsWith('"\\u0000') ?? false;
  if (args !== undefined && !bare && !args.startsWith('[')) throw misplaced(type, 'args', 'a list', args);
  if (kwargs !== undefined && (bare || !kwargs.startsWith('{'))) throw misplaced(type, 'kwargs', bare ? 'nothing' : 'a dictionary', kwargs);
  if (kwargs !== undefined) return new JsonPayload(`${args ?? '[]'},${kwargs}`, bare);
  return args === undefined ? undefined : new JsonPayload(args, bare);
}

function textAt(frame: string, bounds: readonly number[], index: number): string | undefined {
  if (index >= bounds.length) return undefined;
  const text = frame.slice(bounds[index], bounds[index + 1]);
  return text === 'null' ? undefined : text;
}

function misplaced(type: MessageType, name: string, expected: string, text: string): ProtocolViolation {
  return new ProtocolViolation(`${type}.${name}: expected ${expected}, got ${show(parse(text))}`);
}
