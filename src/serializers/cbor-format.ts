/// <reference path="./codecs.d.ts" />
import { Decoder } from 'cbor-x/decode-no-eval';
import { MAX_ID } from '../protocol/index.ts';
import {
  BINARY,
  type BinaryFormat,
  DICT,
  type Head,
  LIST,
  NOTHING,
  notThat,
  SCALAR,
  TEXT,
  UNDEFINED,
} from './binary-format.ts';
import { type Octets, uint16, uint32, uint64, viewOf } from './octets.ts';

/** Major types (RFC 8949, section 3.1), in the upper three bits of the first octet. */
const NEGATIVE = 1;
const MAJOR_BINARY = 2;
const MAJOR_TEXT = 3;
const MAJOR_LIST = 4;
const MAJOR_DICT = 5;
const MAJOR_TAG = 6;
const MAJOR_SIMPLE = 7;

/** By major type. */
const KINDS = [SCALAR, SCALAR, BINARY, TEXT, LIST, DICT];

/** In the lower five bits: the number itself up to here, then how many octets it takes. */
const LARGEST_SHORT = 23;
const ONE_OCTET = 24;
const EIGHT_OCTETS = 27;
const INDEFINITE = 31;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const SIMPLE_UNDEFINED = 0xf7;
const FLOAT_16 = 0xf9;
const FLOAT_32 = 0xfa;
const FLOAT_64 = 0xfb;
/** RFC 8746, section 2.1: octets with this tag before them are an array of them. So codecs write a `Uint8Array`. */
const TAG = 0xd8;
const UINT8_ARRAY = 64;

const codec = /* @__PURE__ */ new Decoder({
  useRecords: false,
  mapsAsObjects: true,
  int64AsNumber: true,
  // The frame may be part of a larger buffer, which would live as long as the value.
  copyBuffers: true,
});

/** The number in the head at `at`; exact up to 2^53. */
function argument(octets: Uint8Array, at: number): number {
  const info = (octets[at] as number) & 31;
  switch (info) {
    case ONE_OCTET:
      return octets[at + 1] as number;
    case ONE_OCTET + 1:
      return uint16(octets, at + 1);
    case ONE_OCTET + 2:
      return uint32(octets, at + 1);
    case EIGHT_OCTETS:
      return uint64(octets, at + 1);
    default:
      return info;
  }
}

/** RFC 8949, appendix D. */
function float16(octets: Uint8Array, at: number): number {
  const bits = uint16(octets, at);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (fraction + 1024) * 2 ** (exponent - 25);
}

function writeHead(out: Octets, major: number, argument: number): void {
  const first = major << 5;
  if (argument <= LARGEST_SHORT) out.octet(first | argument);
  else if (argument < 0x100) out.number(first | ONE_OCTET, argument, 1);
  else if (argument < 0x1_0000) out.number(first | (ONE_OCTET + 1), argument, 2);
  else if (argument < 0x1_0000_0000) out.number(first | (ONE_OCTET + 2), argument, 4);
  else out.number(first | EIGHT_OCTETS, argument, 8);
}

/** What can be wrong with a first octet; undefined when it may begin a value of a message. */
function objection(first: number): string | undefined {
  const info = first & 31;
  switch (first >> 5) {
    case MAJOR_TAG:
      return 'no tag';
    case MAJOR_SIMPLE:
      return (first >= FALSE && first <= SIMPLE_UNDEFINED) || (first >= FLOAT_16 && first <= FLOAT_64)
        ? undefined
        : 'no simple value';
    default:
      if (info === INDEFINITE) return 'a definite length';
      return info > EIGHT_OCTETS ? 'a value' : undefined;
  }
}

export const cborFormat: BinaryFormat = {
  id: 'cbor',
  name: 'CBOR',

  head(octets: Uint8Array, at: number, into: Head): void {
    const first = octets[at];
    if (first === undefined) throw notThat('CBOR', octets, [at, 'a value']);
    const wrong = objection(first);
    if (wrong !== undefined) {
      if (first !== TAG || octets[at + 1] !== UINT8_ARRAY || (octets[at + 2] ?? 0) >> 5 !== MAJOR_BINARY)
        throw notThat('CBOR', octets, [at, wrong]);
      this.head(octets, at + 2, into);
      into.misread = into.dialect = true;
      return;
    }
    const info = first & 31;
    into.next = at + 1 + (info > LARGEST_SHORT ? 1 << (info - ONE_OCTET) : 0);
    if (into.next > octets.length) throw notThat('CBOR', octets, [octets.length, 'the rest of a value']);
    if (first >= FALSE) {
      into.kind = first === NULL ? NOTHING : first === SIMPLE_UNDEFINED ? UNDEFINED : SCALAR;
      into.size = 0;
      into.misread = first === SIMPLE_UNDEFINED;
      into.dialect ||= into.misread;
    } else {
      into.kind = KINDS[first >> 5] as number;
      into.size = argument(octets, at);
      // A negative integer is -1 minus the size, so that the smallest safe one has a smaller size than the largest.
      into.misread = into.kind === SCALAR && into.size >= MAX_ID - (first >> 5);
    }
  },

  scalar(octets: Uint8Array, at: number): unknown {
    const first = octets[at] as number;
    switch (first) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case FLOAT_16:
        return float16(octets, at + 1);
      case FLOAT_32:
        return viewOf(octets, at + 1, 4).getFloat32(0);
      case FLOAT_64:
        return viewOf(octets, at + 1, 8).getFloat64(0);
      default: {
        const size = argument(octets, at);
        const negative = first >> 5 === NEGATIVE;
        const value = negative ? -1 - size : size;
        if (Number.isSafeInteger(value)) return value;
        const exact = viewOf(octets, at + 1, 8).getBigUint64(0);
        return negative ? -1n - exact : exact;
      }
    }
  },

  decode(octets: Uint8Array): unknown {
    return codec.decode(octets);
  },

  null: NULL,
  false: FALSE,
  true: TRUE,
  float: FLOAT_64,

  integer(out: Octets, value: number): void {
    if (value < 0) writeHead(out, NEGATIVE, -1 - value);
    else writeHead(out, 0, value);
  },

  bigint(out: Octets, value: bigint): boolean {
    const magnitude = value < 0n ? -1n - value : value;
    if (magnitude !== BigInt.asUintN(64, magnitude)) return false;
    out.bigint(((value < 0n ? NEGATIVE : 0) << 5) | EIGHT_OCTETS, magnitude);
    return true;
  },

  text: (out: Octets, size: number): void => writeHead(out, MAJOR_TEXT, size),
  textHead: (size: number): number => (size <= LARGEST_SHORT ? 1 : size < 0x100 ? 2 : size < 0x1_0000 ? 3 : 5),
  binary: (out: Octets, size: number): void => writeHead(out, MAJOR_BINARY, size),
  list: (out: Octets, size: number): void => writeHead(out, MAJOR_LIST, size),
  dict: (out: Octets, size: number): void => writeHead(out, MAJOR_DICT, size),
};
