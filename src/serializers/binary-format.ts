import { ProtocolViolation } from '../protocol/index.ts';
import type { Octets } from './octets.ts';

// What a value is, as far as a message is concerned.

/** As JSON has it: left out of a dictionary, null in a list. */
export const UNDEFINED = -1;
export const NOTHING = 0;
export const SCALAR = 1;
export const TEXT = 2;
export const BINARY = 3;
export const LIST = 4;
export const DICT = 5;

/** The head of a value, as found in a frame. One is used over and over, as making one costs as much as reading one. */
export interface Head {
  kind: number;
  /** Octets of a text or a binary, elements of a list, entries of a dictionary. */
  size: number;
  /** Where the contents begin; for what has none, where the next value begins. */
  next: number;
  /** The codec would make something else of it. */
  misread: boolean;
  /** What was misread is a form that only JavaScript's codecs know. Set by the format, taken back by whoever has seen it. */
  dialect: boolean;
}

export const newHead = (): Head => ({ kind: NOTHING, size: 0, next: 0, misread: false, dialect: false });

/**
 * A binary encoding: how the heads of values are read and written. What is the same in MessagePack and CBOR stands
 * elsewhere, once: what a message may hold, how deep, and which JavaScript value is what.
 */
export interface BinaryFormat {
  readonly id: string;
  /** For error texts. */
  readonly name: string;

  /**
   * Reads the head of the value at `at`, which may be the end of the frame. Throws a `ProtocolViolation` for what is no
   * value of a message, such as an extension or a tag, and for a head that is cut short.
   */
  head(octets: Uint8Array, at: number, into: Head): void;
  /** The number or boolean at `at`; an integer that a number cannot hold exactly as a bigint. */
  scalar(octets: Uint8Array, at: number): unknown;
  /** The codec: reads octets that hold one value, of which it is known that the codec reads it exactly. */
  decode(octets: Uint8Array): unknown;

  readonly null: number;
  readonly false: number;
  readonly true: number;
  /** Comes before a number of 64 bits. */
  readonly float: number;
  /** At most 2^53, positive or negative, in the shortest form. */
  integer(out: Octets, value: number): void;
  /** False when it does not fit. */
  bigint(out: Octets, value: bigint): boolean;
  text(out: Octets, size: number): void;
  /** Octets of the head of a text of that size. */
  textHead(size: number): number;
  binary(out: Octets, size: number): void;
  list(out: Octets, size: number): void;
  dict(out: Octets, size: number): void;
}

/** The violation of octets that are not what they should be. */
export function notThat(
  name: string,
  octets: Uint8Array,
  [at, expected]: readonly [number, string],
): ProtocolViolation {
  const got = at < octets.length ? `0x${(octets[at] as number).toString(16).padStart(2, '0')}` : 'the end';
  return new ProtocolViolation(`frame: not ${name} at octet ${at}: expected ${expected}, got ${got}`);
}
