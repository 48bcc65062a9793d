import { Encoder } from 'cbor-x';
import { Packr } from 'msgpackr';

// What other programs might write: the codecs themselves, as oracles for what is read and written here.

const packr = new Packr({ useRecords: false, variableMapSize: true, moreTypes: false, encodeUndefinedAsNil: true });
const encoder = new Encoder({ useRecords: false, tagUint8Array: false, variableMapSize: true });

/** Integers beyond 32 bits as bigints, without which the codecs write them as floating point numbers. */
function withBigints(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && Math.abs(value) > 2 ** 31 ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBigints(item)]));
}

/** A plain copy of what a codec wrote, which is part of a larger buffer. */
export const written = {
  msgpack: (value: unknown): Uint8Array => new Uint8Array(packr.pack(withBigints(value))),
  cbor: (value: unknown): Uint8Array => new Uint8Array(encoder.encode(withBigints(value))),
} as const;

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
export const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
