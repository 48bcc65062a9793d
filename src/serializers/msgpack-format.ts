/// <reference path="./codecs.d.ts" />
import { Unpackr } from 'msgpackr/unpack-no-eval';
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

/** First octets, by the MessagePack specification's names for them. */
const FIXMAP = 0x80;
const FIXARRAY = 0x90;
const FIXSTR = 0xa0;
const NIL = 0xc0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const BIN_8 = 0xc4;
const FLOAT_32 = 0xca;
const FLOAT_64 = 0xcb;
const UINT_8 = 0xcc;
const UINT_64 = 0xcf;
const INT_8 = 0xd0;
const INT_64 = 0xd3;
const FIXEXT_1 = 0xd4;
const STR_8 = 0xd9;
const ARRAY_16 = 0xdc;
const MAP_16 = 0xde;
const NEGATIVE_FIXINT = 0xe0;

/** Octets that begin a head, one after the other from the first one of the row, and the width of the rest of each. */
const ROWS = [
  [NIL, NOTHING, [0]],
  [FALSE, SCALAR, [0, 0]],
  [BIN_8, BINARY, [1, 2, 4]],
  [FLOAT_32, SCALAR, [4, 8]],
  [UINT_8, SCALAR, [1, 2, 4, 8]],
  [INT_8, SCALAR, [1, 2, 4, 8]],
  [STR_8, TEXT, [1, 2, 4]],
  [ARRAY_16, LIST, [2, 4]],
  [MAP_16, DICT, [2, 4]],
] as const;

/** What 0xc0 to 0xdf begin; nothing where that is an extension or never used. */
const SHAPES = /* @__PURE__ */ shapes();

function shapes(): readonly ({ readonly kind: number; readonly width: number } | undefined)[] {
  const table = Array.from(
    { length: NEGATIVE_FIXINT - NIL },
    () => undefined as { kind: number; width: number } | undefined,
  );
  for (const [first, kind, widths] of ROWS)
    for (const [index, width] of widths.entries()) table[first - NIL + index] = { kind, width };
  return table;
}

const codec = /* @__PURE__ */ new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: 'number',
  // The frame may be part of a larger buffer, which would live as long as the value.
  copyBuffers: true,
});

const lengthOf = (octets: Uint8Array, at: number, size: number): number =>
  size === 1 ? (octets[at] as number) : size === 2 ? uint16(octets, at) : uint32(octets, at);

const signed64 = (octets: Uint8Array, at: number): number =>
  (uint32(octets, at) | 0) * 2 ** 32 + uint32(octets, at + 4);

/** Heads of `first`, of `first + 1` with two octets of size, and so on. */
function writeSize(out: Octets, first: number, size: number): void {
  if (size < 0x100) out.number(first, size, 1);
  else if (size < 0x1_0000) out.number(first + 1, size, 2);
  else out.number(first + 2, size, 4);
}

/** The same of lists and dictionaries, which have a short form and none with one octet. */
function writeCount(out: Octets, size: number, [short, long]: readonly [number, number]): void {
  if (size < 16) out.octet(short | size);
  else if (size < 0x1_0000) out.number(long, size, 2);
  else out.number(long + 1, size, 4);
}

const LIST_HEADS = [FIXARRAY, ARRAY_16] as const;
const DICT_HEADS = [FIXMAP, MAP_16] as const;

export const msgpackFormat: BinaryFormat = {
  id: 'msgpack',
  name: 'MessagePack',

  head(octets: Uint8Array, at: number, into: Head): void {
    const first = octets[at];
    if (first === undefined) throw notThat('MessagePack', octets, [at, 'a value']);
    into.kind = SCALAR;
    into.size = 0;
    into.next = at + 1;
    into.misread = false;
    if (first < FIXMAP || first >= NEGATIVE_FIXINT) return;
    if (first < NIL) {
      into.kind = first < FIXARRAY ? DICT : first < FIXSTR ? LIST : TEXT;
      into.size = first & (into.kind === TEXT ? 31 : 15);
      return;
    }
    const shape = SHAPES[first - NIL];
    if (shape === undefined) {
      // The one extension that is taken: JavaScript's codecs write undefined by it, also in options.
      if (first !== FIXEXT_1 || octets[at + 1] !== 0 || octets[at + 2] !== 0)
        throw notThat('MessagePack', octets, [at, 'no extension']);
      into.kind = UNDEFINED;
      into.next = at + 3;
      into.misread = into.dialect = true;
      return;
    }
    const { kind, width } = shape;
    into.kind = kind;
    into.next += width;
    if (into.next > octets.length) throw notThat('MessagePack', octets, [octets.length, 'the rest of a value']);
    if (kind > SCALAR) into.size = lengthOf(octets, at + 1, width);
    else if (first === UINT_64) into.misread = uint64(octets, at + 1) >= MAX_ID;
    else if (first === INT_64) into.misread = !Number.isSafeInteger(signed64(octets, at + 1));
  },

  scalar(octets: Uint8Array, at: number): unknown {
    const first = octets[at] as number;
    const from = at + 1;
    if (first < FIXMAP) return first;
    if (first >= NEGATIVE_FIXINT) return first - 0x100;
    switch (first) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case FLOAT_32:
        return viewOf(octets, from, 4).getFloat32(0);
      case FLOAT_64:
        return viewOf(octets, from, 8).getFloat64(0);
      case UINT_64: {
        const value = uint64(octets, from);
        return Number.isSafeInteger(value) ? value : viewOf(octets, from, 8).getBigUint64(0);
      }
      case INT_8:
        return viewOf(octets, from, 1).getInt8(0);
      case INT_8 + 1:
        return viewOf(octets, from, 2).getInt16(0);
      case INT_8 + 2:
        return viewOf(octets, from, 4).getInt32(0);
      case INT_64: {
        const value = signed64(octets, from);
        return Number.isSafeInteger(value) ? value : viewOf(octets, from, 8).getBigInt64(0);
      }
      default:
        return lengthOf(octets, from, 1 << (first - UINT_8));
    }
  },

  decode(octets: Uint8Array): unknown {
    return codec.unpack(octets);
  },

  null: NIL,
  false: FALSE,
  true: TRUE,
  float: FLOAT_64,

  integer(out: Octets, value: number): void {
    if (value >= 0) {
      if (value < FIXMAP) out.octet(value);
      else if (value < 0x1_0000_0000) writeSize(out, UINT_8, value);
      else out.number(UINT_64, value, 8);
    } else if (value >= -0x20) out.octet(value + 0x100);
    else if (value >= -0x80) out.number(INT_8, value, 1);
    else if (value >= -0x8000) out.number(INT_8 + 1, value, 2);
    else if (value >= -0x8000_0000) out.number(INT_8 + 2, value, 4);
    else out.number(INT_64, value, 8);
  },

  bigint(out: Octets, value: bigint): boolean {
    if (value !== (value < 0n ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value))) return false;
    out.bigint(value < 0n ? INT_64 : UINT_64, value);
    return true;
  },

  text(out: Octets, size: number): void {
    if (size < 32) out.octet(FIXSTR | size);
    else writeSize(out, STR_8, size);
  },
  textHead: (size: number): number => (size < 32 ? 1 : size < 0x100 ? 2 : size < 0x1_0000 ? 3 : 5),
  binary: (out: Octets, size: number): void => writeSize(out, BIN_8, size),
  list: (out: Octets, size: number): void => writeCount(out, size, LIST_HEADS),
  dict: (out: Octets, size: number): void => writeCount(out, size, DICT_HEADS),
};
