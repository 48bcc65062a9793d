import { show } from '../base/index.ts';
import {
  checkAttributes,
  type Dict,
  SHAPES,
  type Message,
  type MessageType,
  type Payload,
  parseMessage,
  ProtocolViolation,
  typeOf,
} from '../protocol/index.ts';
import { type JsonOptions, notText } from './json.ts';
import { parse } from './json-binary.ts';
import { scanList } from './json-scan.ts';
import { writeMessage } from './json-write.ts';
import { isMostlyOther } from './piece.ts';
import type { Serializer } from './serializer.ts';
import { encodeText, readText } from './utf8.ts';

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

  get size(): number {
    return this.text.length;
  }

  detach(): Payload {
    return new JsonPayload(anew(this.text), this.bare);
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
 * JSON for routers: reads the first places of a message and leaves the payload as the text it came in, proved to be
 * well-formed and not too deep, until somebody asks for it. Between two peers that speak JSON it is copied.
 */
export function jsonWire({ maxDepth = 64 }: JsonOptions = {}): Serializer {
  // An event goes to its subscribers as one and the same message object: written once, sent many times.
  let lastEvent: Message | undefined;
  let lastFrame = '';

  return {
    id: 'json',
    binary: false,
    encode(message) {
      if (message === lastEvent) return lastFrame;
      const payload = 'payload' in message ? message.payload : undefined;
      const frame = writeMessage(message, maxDepth, payload instanceof JsonPayload ? payload.text : undefined);
      if (message.type === 'EVENT') {
        lastEvent = message;
        lastFrame = frame;
      }
      return frame;
    },
    decode(frame) {
      if (typeof frame !== 'string') throw notText(frame);
      return [read(frame, maxDepth)];
    },
  };
}

function read(frame: string, maxDepth: number): Message {
  const bounds = scanList(frame, maxDepth);
  const length = bounds.length / 2;
  const element = (index: number): unknown =>
    readElement(frame, bounds[2 * index] as number, bounds[2 * index + 1] as number);
  const code = element(0);
  const type = typeOf(code);
  const { fields, payload: carriesPayload } = SHAPES[type];
  const places = Math.min(length, fields.length + 1);
  const head = [code];
  for (let index = 1; index < places; index++) head.push(element(index));
  return parseMessage(
    head,
    length,
    carriesPayload && length > places ? payloadFrom(frame, bounds.slice(2 * places), type) : undefined,
    checkAttributes,
  );
}

/** Written anew, as a piece of a text holds on to the whole text. */
function anew(text: string): string {
  const octets = encodeText(text);
  return readText(octets, 0, octets.length);
}

/** A piece of a frame that may be kept for long: not with a long frame of which it is the smaller part. */
function pieceOf(frame: string, text: string): string {
  return isMostlyOther(frame, text) ? anew(text) : text;
}

/** One of the first elements: nearly always a small integer, a plain string or an empty dictionary. */
function readElement(frame: string, start: number, end: number): unknown {
  const first = frame.charCodeAt(start);
  if (first === OPEN_DICT && end - start === 2) return EMPTY_DICT;
  if (first === QUOTE) {
    const text = frame.slice(start + 1, end - 1);
    if (!text.includes('\\')) return pieceOf(frame, text);
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

/**
 * The payload behind the fixed places. A null where a list or a dictionary belongs counts as absent: some routers write
 * one for what they do not have.
 */
function payloadFrom(frame: string, bounds: readonly number[], type: MessageType): Payload | undefined {
  const args = textAt(frame, bounds, 0);
  const kwargs = textAt(frame, bounds, 2);
  // Looked at here, since a receiver that finds text where a binary should be would blame the router.
  const bare = args !== undefined && args.startsWith('"\\u0000') && parse(args) instanceof Uint8Array;
  if (args !== undefined && !bare && !args.startsWith('[')) throw misplaced(`${type}.args`, 'list', args);
  if (kwargs !== undefined && (bare || !kwargs.startsWith('{')))
    throw misplaced(`${type}.kwargs`, bare ? 'nothing' : 'dictionary', kwargs);
  if (kwargs !== undefined) return new JsonPayload(pieceOf(frame, `${args ?? '[]'},${kwargs}`), bare);
  return args === undefined ? undefined : new JsonPayload(pieceOf(frame, args), bare);
}

function textAt(frame: string, bounds: readonly number[], index: number): string | undefined {
  if (index >= bounds.length) return undefined;
  const text = frame.slice(bounds[index], bounds[index + 1]);
  return text === 'null' ? undefined : text;
}

function misplaced(where: string, expected: string, text: string): ProtocolViolation {
  return new ProtocolViolation(`${where}: expected ${expected}, got ${show(parse(text))}`);
}
