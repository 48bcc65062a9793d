import type { Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import type { Message, MessageOf } from 'rocade/protocol';
import { expect } from 'vitest';
import { cborWire, msgpackWire } from '../../src/serializers/index.ts';
import { toHex } from './codecs.ts';

export const call = (args: readonly unknown[], kwargs?: Record<string, unknown>): MessageOf<'CALL'> => ({
  type: 'CALL',
  request: 1,
  options: {},
  procedure: 'a',
  payload: { args, kwargs },
});
export const encode = (serializer: Serializer, message: Message): Uint8Array =>
  serializer.encode(message) as Uint8Array;
export const decode = (serializer: Serializer, frame: Uint8Array): Message =>
  (serializer.decode(frame) as [Message])[0];
export const argsOf = (message: Message): readonly unknown[] => (message as MessageOf<'CALL'>).payload?.args ?? [];

/** CALL 1, no options, procedure `a`, with a list of one argument. */
export const calls = { msgpack: '95300180a16191', cbor: '8518' + '3001a0616181' } as const;

export const both = [
  { id: 'msgpack', make: msgpack, wire: msgpackWire },
  { id: 'cbor', make: cbor, wire: cborWire },
] as const;
export const readers = [
  { name: 'MessagePack', id: 'msgpack', make: msgpack },
  { name: 'MessagePack that leaves payloads as they came', id: 'msgpack', make: msgpackWire },
  { name: 'CBOR', id: 'cbor', make: cbor },
  { name: 'CBOR that leaves payloads as they came', id: 'cbor', make: cborWire },
] as const;

/** How one argument is written. */
export function hexOf(make: () => Serializer, value: unknown): string {
  const frame = toHex(encode(make(), call([value])));
  const { id } = make();
  const before = calls[id as 'msgpack'];
  expect(frame.slice(0, before.length)).toBe(before.replace(/^95/, '95'));
  return frame.slice(before.length);
}

/** Each value, and how MessagePack and CBOR have it. */
export const FORMS: readonly (readonly [value: unknown, msgpack: string, cbor: string])[] = [
  [null, 'c0', 'f6'],
  [undefined, 'c0', 'f6'],
  [false, 'c2', 'f4'],
  [true, 'c3', 'f5'],
  [0, '00', '00'],
  [23, '17', '17'],
  [24, '18', '1818'],
  [127, '7f', '187f'],
  [128, 'cc80', '1880'],
  [255, 'ccff', '18ff'],
  [256, 'cd0100', '190100'],
  [65_535, 'cdffff', '19ffff'],
  [65_536, 'ce00010000', '1a00010000'],
  [2 ** 31, 'ce80000000', '1a80000000'],
  [2 ** 32 - 1, 'ceffffffff', '1affffffff'],
  [2 ** 32, 'cf0000000100000000', '1b0000000100000000'],
  [1_767_225_600_000, 'cf0000019b76daa800', '1b0000019b76daa800'],
  [2 ** 53 - 1, 'cf001fffffffffffff', '1b001fffffffffffff'],
  [2 ** 53, 'cf0020000000000000', '1b0020000000000000'],
  [2n ** 53n + 1n, 'cf0020000000000001', '1b0020000000000001'],
  [2n ** 63n, 'cf8000000000000000', '1b8000000000000000'],
  [2n ** 64n - 1n, 'cfffffffffffffffff', '1bffffffffffffffff'],
  [-1, 'ff', '20'],
  [-24, 'e8', '37'],
  [-25, 'e7', '3818'],
  [-32, 'e0', '381f'],
  [-33, 'd0df', '3820'],
  [-128, 'd080', '387f'],
  [-129, 'd1ff7f', '3880'],
  [-256, 'd1ff00', '38ff'],
  [-257, 'd1feff', '390100'],
  [-32_768, 'd18000', '397fff'],
  [-32_769, 'd2ffff7fff', '398000'],
  [-(2 ** 31), 'd280000000', '3a7fffffff'],
  [-(2 ** 31) - 1, 'd3ffffffff7fffffff', '3a80000000'],
  [-(2 ** 32), 'd3ffffffff00000000', '3affffffff'],
  [-(2 ** 32) - 1, 'd3fffffffeffffffff', '3b0000000100000000'],
  [-(2 ** 53) + 1, 'd3ffe0000000000001', '3b001ffffffffffffe'],
  [-(2n ** 63n), 'd38000000000000000', '3b7fffffffffffffff'],
  [5n, '05', '05'],
  [-5n, 'fb', '24'],
  [-0, 'cb8000000000000000', 'fb8000000000000000'],
  [1.5, 'cb3ff8000000000000', 'fb3ff8000000000000'],
  [2 ** 60, 'cb43b0000000000000', 'fb43b0000000000000'],
  [Number.NaN, 'cb7ff8000000000000', 'fb7ff8000000000000'],
  [Infinity, 'cb7ff0000000000000', 'fb7ff0000000000000'],
  [-Infinity, 'cbfff0000000000000', 'fbfff0000000000000'],
  ['', 'a0', '60'],
  ['a', 'a161', '6161'],
  ['ä🚲', 'a6c3a4f09f9ab2', '66c3a4f09f9ab2'],
  ['x'.repeat(23), `b7${'78'.repeat(23)}`, `77${'78'.repeat(23)}`],
  ['x'.repeat(24), `b8${'78'.repeat(24)}`, `7818${'78'.repeat(24)}`],
  ['x'.repeat(31), `bf${'78'.repeat(31)}`, `781f${'78'.repeat(31)}`],
  ['x'.repeat(32), `d920${'78'.repeat(32)}`, `7820${'78'.repeat(32)}`],
  ['x'.repeat(255), `d9ff${'78'.repeat(255)}`, `78ff${'78'.repeat(255)}`],
  ['x'.repeat(256), `da0100${'78'.repeat(256)}`, `790100${'78'.repeat(256)}`],
  ['x'.repeat(65_536), `db00010000${'78'.repeat(65_536)}`, `7a00010000${'78'.repeat(65_536)}`],
  // Fewer characters than a short head has room for, more octets.
  ['ä'.repeat(20), `d928${'c3a4'.repeat(20)}`, `7828${'c3a4'.repeat(20)}`],
  ['長'.repeat(100), `da012c${'e995b7'.repeat(100)}`, `79012c${'e995b7'.repeat(100)}`],
  ['長'.repeat(30_000), `db00015f90${'e995b7'.repeat(30_000)}`, `7a00015f90${'e995b7'.repeat(30_000)}`],
  [new Uint8Array(0), 'c400', '40'],
  [new Uint8Array([1, 2]), 'c4020102', '420102'],
  [new Uint8Array(256), `c50100${'00'.repeat(256)}`, `590100${'00'.repeat(256)}`],
  [new Uint8Array(65_536), `c600010000${'00'.repeat(65_536)}`, `5a00010000${'00'.repeat(65_536)}`],
  [[], '90', '80'],
  [Array.from({ length: 16 }, () => 0), `dc0010${'00'.repeat(16)}`, `90${'00'.repeat(16)}`],
  [Array.from({ length: 70_000 }, () => 0), `dd00011170${'00'.repeat(70_000)}`, `9a00011170${'00'.repeat(70_000)}`],
  [{}, '80', 'a0'],
  [{ a: 1, b: undefined }, '81a16101', 'a1616101'],
  [
    Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index % 10}${index}`, 0])),
    `de0010${Array.from({ length: 16 }, (_, index) => `a${`k${index % 10}${index}`.length}${toHex(Buffer.from(`k${index % 10}${index}`))}00`).join('')}`,
    `b0${Array.from({ length: 16 }, (_, index) => `6${`k${index % 10}${index}`.length}${toHex(Buffer.from(`k${index % 10}${index}`))}00`).join('')}`,
  ],
  [
    new Date(0),
    `b8${toHex(Buffer.from('1970-01-01T00:00:00.000Z'))}`,
    `7818${toHex(Buffer.from('1970-01-01T00:00:00.000Z'))}`,
  ],
  [{ toJSON: () => ({ a: new Uint8Array([0]) }) }, '81a161c40100', 'a161614100'],
];
