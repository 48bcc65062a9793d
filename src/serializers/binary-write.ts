import { show } from '../base/index.ts';
import {
  type Dict,
  isDict,
  MAX_ID,
  SHAPES,
  type Message,
  type Payload,
  PayloadError,
  withoutNulls,
} from '../protocol/index.ts';
import type { BinaryFormat } from './binary-format.ts';
import { Octets } from './octets.ts';
import { encodeText, isWellFormed, writeText } from './utf8.ts';
import { type Binary, hasToJson, isBinary, NO_LIST, refuse, toBytes, TOO_DEEP } from './values.ts';

/** A payload that is in wire form already: one or two values, one after the other. */
export interface Spliced {
  readonly octets: Uint8Array;
  readonly count: number;
}

/** A loop beats the call into the engine for texts up to this length. */
const SHORT_TEXT = 40;
/** Beyond this, room for three octets per character would be a waste. */
const LONG_TEXT = 8192;

/** Writes messages in one format. */
export class MessageWriter {
  readonly #format: BinaryFormat;
  readonly #maxDepth: number;
  #out: Octets | undefined = new Octets();

  /** `maxDepth` counts the message itself. */
  constructor(format: BinaryFormat, maxDepth: number) {
    this.#format = format;
    this.#maxDepth = maxDepth;
  }

  write(message: Message, spliced?: Spliced): Uint8Array {
    // A toJSON of the payload may write another message meanwhile.
    const out = this.#out ?? new Octets();
    this.#out = undefined;
    try {
      new Writing(this.#format, out).message(message, this.#maxDepth, spliced);
      return out.take();
    } finally {
      out.at = 0;
      this.#out = out;
    }
  }
}

/** One message that is being written. */
class Writing {
  readonly #format: BinaryFormat;
  readonly #out: Octets;

  constructor(format: BinaryFormat, out: Octets) {
    this.#format = format;
    this.#out = out;
  }

  message(message: Message, maxDepth: number, spliced: Spliced | undefined): void {
    const { code, fields } = SHAPES[message.type];
    const values = message as unknown as Dict;
    const payload = 'payload' in message ? message.payload : undefined;
    let places = 1;
    while (places <= fields.length && values[fields[places - 1] as string] !== undefined) places++;
    this.#format.list(this.#out, places + (payload ? (spliced?.count ?? (payload.kwargs === undefined ? 1 : 2)) : 0));
    this.#format.integer(this.#out, code);
    for (let index = 1; index < places; index++) {
      const name = fields[index - 1] as string;
      this.#element(name, values[name], maxDepth - 1);
    }
    if (spliced) this.#out.copy(spliced.octets);
    else if (payload) this.#payload(payload, maxDepth - 1);
  }

  /** One of the fixed places: a number, a string, or a dictionary, which is nearly always empty. */
  #element(name: string, element: unknown, room: number): void {
    // What goes with a login may be specified to be null.
    this.#value(isDict(element) && name !== 'extra' ? withoutNulls(element) : element, room);
  }

  #payload({ args, kwargs, bare }: Payload, room: number): void {
    this.#value(bare ? args[0] : args, room);
    if (kwargs !== undefined) this.#value(kwargs, room);
  }

  /** `room` is how many levels may still open. */
  #value(value: unknown, room: number): void {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        break;
      case 'number':
        this.#number(value);
        break;
      case 'bigint':
        this.#bigint(value);
        break;
      case 'boolean':
        this.#out.octet(value ? this.#format.true : this.#format.false);
        break;
      case 'undefined':
        this.#out.octet(this.#format.null);
        break;
      case 'object':
        if (value === null) this.#out.octet(this.#format.null);
        else if (isBinary(value)) this.#binary(value);
        else this.#compound(value, room);
        break;
      case 'function':
      case 'symbol':
        refuse(`a ${typeof value}`);
    }
  }

  #compound(value: object, room: number): void {
    if (room === 0) refuse(TOO_DEEP);
    if (hasToJson(value)) this.#value(value.toJSON(), room - 1);
    else if (Array.isArray(value)) this.#list(value, room - 1);
    else if (Symbol.iterator in value) refuse(NO_LIST);
    else this.#dict(value as Dict, room - 1);
  }

  #list(list: readonly unknown[], room: number): void {
    const { length } = list;
    this.#format.list(this.#out, length);
    for (let index = 0; index < length; index++) this.#value(list[index], room);
  }

  #dict(dict: Dict, room: number): void {
    const keys = Object.keys(dict);
    let size = keys.length;
    for (const key of keys) if (dict[key] === undefined) size--;
    this.#format.dict(this.#out, size);
    for (const key of keys) {
      const value = dict[key];
      if (value === undefined) continue;
      size--;
      this.#text(key);
      this.#value(value, room);
    }
    if (size !== 0) refuse('a dictionary that changes while it is read');
  }

  #number(value: number): void {
    // Not -0, which has no integer form.
    if (Number.isInteger(value) && Math.abs(value) <= MAX_ID && (value !== 0 || 1 / value > 0))
      this.#format.integer(this.#out, value);
    else this.#out.float(this.#format.float, value);
  }

  #bigint(value: bigint): void {
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.#format.integer(this.#out, number);
    else if (!this.#format.bigint(this.#out, value))
      refuse(`an integer of more than 64 bits as ${this.#format.name}; send a string`);
  }

  #binary(value: Binary): void {
    const octets = toBytes(value);
    this.#out.reserve(octets.length + 5);
    this.#format.binary(this.#out, octets.length);
    this.#out.copy(octets);
  }

  #text(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT && this.#ascii(text)) return;
    if (!isWellFormed(text)) throw new PayloadError(`cannot send ${show(text)}: it has half of a surrogate pair`);
    const out = this.#out;
    if (length > LONG_TEXT) {
      const octets = encodeText(text);
      this.#format.text(out, octets.length);
      out.copy(octets);
      return;
    }
    out.reserve(5 + 3 * length);
    const start = out.at;
    // The head comes first and is as long as the octets say, so it is guessed, and what follows is moved if wrong.
    const guessed = start + this.#format.textHead(length);
    const end = writeText(text, out.buffer, guessed);
    const size = end - guessed;
    const head = this.#format.textHead(size);
    if (start + head !== guessed) out.buffer.copyWithin(start + head, guessed, end);
    this.#format.text(out, size);
    out.at += size;
  }

  /** Writes a short text if it is ASCII. */
  #ascii(text: string): boolean {
    const out = this.#out;
    const { length } = text;
    out.reserve(5 + length);
    const { buffer } = out;
    const start = out.at;
    let at = start + this.#format.textHead(length);
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      buffer[at++] = code;
    }
    this.#format.text(out, length);
    out.at = at;
    return true;
  }
}
