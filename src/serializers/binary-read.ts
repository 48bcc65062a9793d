import { MAX_ID } from '../protocol/index.ts';
import { BINARY, type BinaryFormat, DICT, LIST, newHead, NOTHING, TEXT, UNDEFINED } from './binary-format.ts';
import { readText } from './utf8.ts';

/**
 * Reads the value that begins at `start`, in octets that were scanned: exactly as it was meant, where a codec would
 * rename a key `__proto__`, round an integer beyond 2^53 or drop a byte order mark. Also faster than a codec for the
 * small values at the beginning of a message.
 */
export function readValue(format: BinaryFormat, octets: Uint8Array, start: number): unknown {
  return new Reader(format, octets, start).value();
}

class Reader {
  readonly #format: BinaryFormat;
  readonly #octets: Uint8Array;
  readonly #head = newHead();
  #at: number;

  constructor(format: BinaryFormat, octets: Uint8Array, at: number) {
    this.#format = format;
    this.#octets = octets;
    this.#at = at;
  }

  value(): unknown {
    const at = this.#at;
    this.#format.head(this.#octets, at, this.#head);
    const { kind, size, next } = this.#head;
    this.#at = next;
    switch (kind) {
      case UNDEFINED:
        return undefined;
      case NOTHING:
        return null;
      case TEXT:
        this.#at = next + size;
        return readText(this.#octets, next, this.#at);
      case BINARY:
        this.#at = next + size;
        return this.#octets.slice(next, this.#at);
      case LIST:
        return Array.from({ length: size }, () => this.value() ?? null);
      case DICT:
        return this.#dict(size);
      default:
        return this.#format.scalar(this.#octets, at);
    }
  }

  #dict(size: number): object {
    const dict: Record<string, unknown> = {};
    for (let count = size; count > 0; count--) {
      const key = this.value() as string;
      const value = this.value();
      if (value === undefined) continue;
      // Assigned, it would be the prototype.
      if (key === '__proto__')
        Object.defineProperty(dict, key, { value, writable: true, enumerable: true, configurable: true });
      else dict[key] = value;
    }
    return dict;
  }
}

/** The largest id does not fit the safe integers. Specification: Basic Profile, "IDs". */
export const asId = (value: unknown): unknown => (value === BigInt(MAX_ID) ? MAX_ID : value);
