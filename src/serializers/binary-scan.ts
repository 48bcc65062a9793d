import { ProtocolViolation } from '../protocol/index.ts';
import { type BinaryFormat, BINARY, DICT, type Head, LIST, newHead, notThat, TEXT } from './binary-format.ts';
import { endOfText } from './utf8.ts';

/**
 * Checks a frame to be one list of what messages are made of, and finds the elements of that list, in one pass and
 * without building a value.
 *
 * Codecs take much more than a message may hold (extensions, references, records, keys that are no text), and stumble
 * over lengths and depths that are a lie. None of that gets to one. And a router passes most of a message on as it came,
 * so the rest has to be proved harmless without being read.
 */
export interface Scan {
  /** Start and end of the first element, start and end of the second, and so on. */
  readonly bounds: readonly number[];
  /** Does the codec read every value as it was meant? If not, `readValue` does. */
  readonly exact: boolean;
  /** Where the last form stands that only JavaScript's codecs know; -1 for none. Octets with one are written anew for others. */
  readonly dialectAt: number;
}

const PROTO = '__proto__';
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Throws a {@link ProtocolViolation} that names the place when the frame is not one list, at most `maxDepth` levels deep. */
export function scanList(format: BinaryFormat, octets: Uint8Array, maxDepth: number): Scan {
  return new Scanner(format, octets).list(maxDepth);
}

class Scanner {
  readonly #format: BinaryFormat;
  readonly #octets: Uint8Array;
  readonly #head = newHead();
  #exact = true;
  #dialectAt = -1;

  constructor(format: BinaryFormat, octets: Uint8Array) {
    this.#format = format;
    this.#octets = octets;
  }

  list(maxDepth: number): Scan {
    const head = this.#read(0);
    if (head.kind !== LIST) this.#fail(0, 'a list');
    if (head.size === 0) throw new ProtocolViolation('frame: expected a message, got an empty list');
    const { size } = head;
    const bounds: number[] = [];
    let at = this.#contents(0, size, 1);
    for (let count = size; count > 0; count--) {
      const end = this.#skip(at, maxDepth - 1);
      bounds.push(at, end);
      at = end;
    }
    if (at < this.#octets.length) this.#fail(at, 'nothing more');
    return { bounds, exact: this.#exact, dialectAt: this.#dialectAt };
  }

  /** From the first octet of a value to behind its last. `room` is how many levels may still open. */
  #skip(at: number, room: number): number {
    const { kind, size, next } = this.#read(at);
    switch (kind) {
      case TEXT:
        return this.#text(at, size);
      case BINARY:
        return this.#contents(at, size, 1) + size;
      case LIST:
        return this.#elements(at, size, room);
      case DICT:
        return this.#entries(at, size, room);
      default:
        return next;
    }
  }

  #elements(at: number, size: number, room: number): number {
    if (room === 0) tooDeep();
    let next = this.#contents(at, size, 1);
    for (let count = size; count > 0; count--) next = this.#skip(next, room - 1);
    return next;
  }

  #entries(at: number, size: number, room: number): number {
    if (room === 0) tooDeep();
    let next = this.#contents(at, size, 2);
    for (let count = size; count > 0; count--) {
      const key = this.#read(next);
      if (key.kind !== TEXT) this.#fail(next, 'text as a key');
      const end = this.#text(next, key.size);
      if (key.size === PROTO.length && this.#isProto(end - PROTO.length)) this.#exact = false;
      next = this.#skip(end, room - 1);
    }
    return next;
  }

  /** The head has just been read. */
  #text(at: number, size: number): number {
    const start = this.#contents(at, size, 1);
    const end = start + size;
    const good = endOfText(this.#octets, start, end);
    if (good < end) this.#fail(good, 'UTF-8');
    // The codecs take it for an announcement, and drop it.
    if (size >= 3 && BYTE_ORDER_MARK.every((octet, index) => this.#octets[start + index] === octet))
      this.#exact = false;
    return end;
  }

  #isProto(at: number): boolean {
    for (let index = 0; index < PROTO.length; index++)
      if (this.#octets[at + index] !== PROTO.charCodeAt(index)) return false;
    return true;
  }

  #read(at: number): Head {
    this.#format.head(this.#octets, at, this.#head);
    if (this.#head.misread) {
      this.#exact = false;
      if (this.#head.dialect) this.#dialectAt = at;
      this.#head.dialect = false;
    }
    return this.#head;
  }

  /** Where the contents of what was read last begin, which are there: at least `each` octets for each of `size`. */
  #contents(at: number, size: number, each: number): number {
    const { next } = this.#head;
    if (size * each > this.#octets.length - next) {
      const what = `${size} ${each === 2 ? 'entries' : 'more'}`;
      throw new ProtocolViolation(
        `frame: not ${this.#format.name} at octet ${at}: ${what} announced, ${this.#octets.length - next} octets left`,
      );
    }
    return next;
  }

  #fail(at: number, expected: string): never {
    throw notThat(this.#format.name, this.#octets, [at, expected]);
  }
}

function tooDeep(): never {
  throw new ProtocolViolation('frame: nested too deep');
}
