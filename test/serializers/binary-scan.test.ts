import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import fc from 'fast-check';
import { ProtocolViolation } from 'rocade';
import { describe, expect, test } from 'vitest';
import type { BinaryFormat } from '../../src/serializers/binary-format.ts';
import { readValue } from '../../src/serializers/binary-read.ts';
import { scanList } from '../../src/serializers/binary-scan.ts';
import { cborFormat } from '../../src/serializers/cbor-format.ts';
import { msgpackFormat } from '../../src/serializers/msgpack-format.ts';
import { cborWire, msgpackWire } from '../../src/serializers/index.ts';
import { fromHex, written } from './codecs.ts';
import { strict } from './strict.ts';

const formats = [
  { name: 'MessagePack', format: msgpackFormat, write: written.msgpack, read: strict.msgpack },
  { name: 'CBOR', format: cborFormat, write: written.cbor, read: strict.cbor },
];

/** What is in a frame by the plain reader; undefined when it takes offence. */
function expected(read: (typeof formats)[number]['read'], octets: Uint8Array, maxDepth = 10): unknown[] | undefined {
  try {
    return read(octets, maxDepth);
  } catch {
    return undefined;
  }
}

/** What is in it by the scanner and by what reads behind it; undefined for a violation. */
function found(format: BinaryFormat, octets: Uint8Array, maxDepth = 10): unknown[] | undefined {
  try {
    const { bounds, exact } = scanList(format, octets, maxDepth);
    const values = bounds.flatMap((start, index) =>
      index % 2 === 0 ? [readValue(format, octets, start) ?? null] : [],
    );
    for (let index = 1; index < values.length; index++) expect(bounds[2 * index]).toBe(bounds[2 * index - 1]);
    expect(bounds.at(-1)).toBe(octets.length);
    // Where the codec may read, it reads the same.
    if (exact) expect(format.decode(octets)).toEqual(values);
    return values;
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined;
    throw error;
  }
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom('__proto__', 'constructor', '\ufeff', `\ufeff${'x'.repeat(100)}`, 'ä'.repeat(70), '🚲'.repeat(20)),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.double(),
      text,
      fc.uint8Array({ maxLength: 40 }),
    ),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(text, tie('value'), { maxKeys: 8 }),
  ),
})).value;
const list = fc.array(value, { minLength: 1, maxLength: 4 });
/** First octets that matter in one format or the other. */
const octet = fc.oneof(
  fc.nat({ max: 255 }),
  fc.constantFrom(
    ...[0xa1, 0xc0, 0xc1, 0xc4, 0xc7, 0xd4, 0xd6, 0xd9, 0xdb, 0xdd, 0xdf, 0xe0],
    ...[0x1b, 0x3b, 0x5f, 0x7f, 0x9f, 0xbf, 0xc2, 0xd8, 0xf4, 0xf7, 0xf8, 0xf9, 0xff],
  ),
);
/** Mostly one octet in the place of another, which leaves more of the frame sound than something more or less does. */
const changes = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ at: fc.nat(), remove: fc.constant(1), insert: octet.map((value) => [value]) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ at: fc.nat(), remove: fc.nat({ max: 2 }), insert: fc.array(octet, { maxLength: 2 }) }),
    },
  ),
  { minLength: 1, maxLength: 2 },
);

describe.each(formats)('Basic Profile, $name: the scanner', ({ format, write, read }) => {
  test('finds what is in any list that a codec writes', () => {
    fc.assert(
      fc.property(list, (values) => {
        const octets = write(values);
        const seen = found(format, octets);
        expect(seen).toBeDefined();
        expect(seen).toEqual(expected(read, octets));
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test('takes a damaged frame exactly when a strict reader takes it, and both see the same in it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(list, changes, (values, damage) => {
        let octets = write(values);
        for (const { at, remove, insert } of damage) {
          const start = at % (octets.length + 1);
          octets = Uint8Array.of(...octets.subarray(0, start), ...insert, ...octets.subarray(start + remove));
        }
        const right = expected(read, octets);
        if (right) accepted++;
        expect(found(format, octets)).toEqual(right);
      }),
      { seed: 12, numRuns: 1500 },
    );
    // Both sides of the comparison have had their share.
    expect(accepted).toBeGreaterThan(200);
    expect(accepted).toBeLessThan(1300);
  });

  test('takes octets put together at random exactly when a strict reader takes them', () => {
    const first = format === msgpackFormat ? 0x93 : 0x83;
    let accepted = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 12 }), (rest) => {
        const octets = Uint8Array.of(first, ...rest);
        const right = expected(read, octets);
        if (right) accepted++;
        expect(found(format, octets)).toEqual(right);
      }),
      { seed: 13, numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(15);
  });

  test('takes every first octet exactly when a strict reader takes it', () => {
    for (let first = 0; first < 256; first++) {
      for (const rest of [
        [],
        [0],
        [0, 0],
        [1, 0x61],
        [0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        Array.from({ length: 40 }, () => 0x61),
      ]) {
        const octets = Uint8Array.of(format === msgpackFormat ? 0x91 : 0x81, first, ...(rest as number[]));
        expect([first, found(format, octets)]).toEqual([first, expected(read, octets)]);
      }
    }
  });

  test('counts the levels that stand inside each other, and not their number', () => {
    const [oneList, oneDict] = format === msgpackFormat ? ['91', '81a161'] : ['81', 'a16161'];
    for (const [open, end] of [
      [oneList, '01'],
      [oneDict, '01'],
    ] as const) {
      const nested = (levels: number): Uint8Array => fromHex(`${oneList}${open.repeat(levels - 1)}${end}`);
      expect(() => scanList(format, nested(10), 10)).not.toThrow();
      expect(() => scanList(format, nested(11), 10)).toThrow('frame: nested too deep');
      // Far deeper than the stack of the process would bear.
      expect(() => scanList(format, nested(100_000), 64)).toThrow('frame: nested too deep');
    }
    expect(found(format, write([Array.from({ length: 1000 }, () => [[]])]), 4)).toHaveLength(1);
  });

  test('reads megabytes in a time that grows with their length only', () => {
    const started = performance.now();
    for (const values of [
      ['x'.repeat(4_000_000)],
      ['ä'.repeat(2_000_000)],
      [new Uint8Array(4_000_000)],
      Array.from({ length: 300_000 }, (_, index) => index),
      Array.from({ length: 60_000 }, (_, index) => ({ key: index })),
    ]) {
      scanList(format, write(values), 10);
    }
    // With the square of the length it would be many minutes; a busy machine is slow as well.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('says where the codec would read something else than what is there', () => {
    const exact = (...values: unknown[]): boolean => scanList(format, write(values), 10).exact;
    expect(
      exact(1, 2 ** 53 - 1, -(2 ** 53) + 1, 'a', { proto: 1, constructor: 2, __proto_: 3 }, new Uint8Array(9)),
    ).toBe(true);
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n, '\ufeff', `\ufeff${'x'.repeat(100)}`, { '\ufeffa': 1 }])
      expect([value, exact([value])]).toEqual([value, false]);
    expect(exact(JSON.parse('{"a":{"__proto__":1}}'))).toBe(false);
  });
});

/** Each with what the violation says; the octets stand in the place of the argument list. */
const hostile: Readonly<Record<'msgpack' | 'cbor', [what: string, octets: string, message: string][]>> = {
  msgpack: [
    ['0xc1, which is never used', 'c1', 'at octet 6: expected no extension, got 0xc1'],
    ['a record', 'd4 72 40 91 a1 61 01', 'at octet 6: expected no extension, got 0xd4'],
    ['a reference', 'd6 70 00000001', 'at octet 6: expected no extension, got 0xd6'],
    ['a timestamp', 'd6 ff 00000001', 'at octet 6: expected no extension, got 0xd6'],
    ['an extension of any size', 'c7 01 05 00', 'at octet 6: expected no extension, got 0xc7'],
    ['a list of four thousand million', 'dd ffffffff', 'at octet 6: 4294967295 more announced, 0 octets left'],
    ['a dictionary of as many', 'df ffffffff', 'at octet 6: 4294967295 entries announced, 0 octets left'],
    ['a text of as many octets', 'db ffffffff', 'at octet 6: 4294967295 more announced, 0 octets left'],
    ['a binary of as many', 'c6 ffffffff', 'at octet 6: 4294967295 more announced, 0 octets left'],
    ['a list that is longer than the frame', '93 01 02', 'at octet 6: 3 more announced, 2 octets left'],
    ['a number that is cut short', '91 cd 01', 'at octet 9: expected the rest of a value, got the end'],
    ['a key that is a number', '91 81 01 01', 'at octet 8: expected text as a key, got 0x01'],
    ['a key that is a list', '91 81 90 01', 'at octet 8: expected text as a key, got 0x90'],
    ['a key that is binary', '91 81 c4 01 61 01', 'at octet 8: expected text as a key, got 0xc4'],
    ['text that is no UTF-8', '91 a2 61 ff', 'at octet 9: expected UTF-8, got 0xff'],
    ['half of a surrogate pair', '91 a3 ed a0 80', 'at octet 8: expected UTF-8, got 0xed'],
    ['a slash in two octets', '91 a2 c0 af', 'at octet 8: expected UTF-8, got 0xc0'],
    ['text that ends within a character', '91 a1 c3', 'at octet 8: expected UTF-8, got 0xc3'],
  ],
  cbor: [
    ['a tag: a Uint8Array that is none', '81 d8 40 01', 'at octet 7: expected no tag, got 0xd8'],
    ['a tag: a Uint8Array within one', '81 d8 40 d8 40 41 00', 'at octet 7: expected no tag, got 0xd8'],
    ['a tag: a Uint8Array without its octets', '81 d8 40', 'at octet 7: expected no tag, got 0xd8'],
    ['a tag: a Uint8Array that is cut short', '81 d8 40 42 00', 'at octet 7: 2 more announced, 1 octets left'],
    ['a tag: an array of 16 bits', '81 d8 41 42 00 00', 'at octet 7: expected no tag, got 0xd8'],
    ['a key that is a Uint8Array', '81 a1 d8 40 41 61 01', 'at octet 8: expected text as a key, got 0xd8'],
    ['a tag: a big number', '81 c2 41 01', 'at octet 7: expected no tag, got 0xc2'],
    ['a tag: a record', 'd9 dfff 83 00 81 61 61 01', 'at octet 6: expected no tag, got 0xd9'],
    ['a tag: a value that contains itself', 'd8 1c 81 d8 1d 00', 'at octet 6: expected no tag, got 0xd8'],
    ['a list of a length left open', '9f 01 ff', 'at octet 6: expected a definite length, got 0x9f'],
    ['a dictionary of a length left open', '81 bf 61 61 01 ff', 'at octet 7: expected a definite length, got 0xbf'],
    ['a text of a length left open', '81 7f 61 61 ff', 'at octet 7: expected a definite length, got 0x7f'],
    ['a binary of a length left open', '5f 41 00 ff', 'at octet 6: expected a definite length, got 0x5f'],
    ['the end of one that was never begun', '81 ff', 'at octet 7: expected no simple value, got 0xff'],
    ['a list of 2^64 - 1', '9b ffffffffffffffff', 'at octet 6: 18446744073709552000 more announced, 0 octets left'],
    ['a dictionary of as many', 'bb ffffffffffffffff', 'at octet 6: 18446744073709552000 entries announced'],
    ['a text of as many octets', '7b ffffffffffffffff', 'at octet 6: 18446744073709552000 more announced'],
    ['a list that is longer than the frame', '83 01 02', 'at octet 6: 3 more announced, 2 octets left'],
    ['a number that is cut short', '81 19 01', 'at octet 9: expected the rest of a value, got the end'],
    ['a first octet that is reserved', '81 1c', 'at octet 7: expected a value, got 0x1c'],
    ['a simple value', '81 f8 20', 'at octet 7: expected no simple value, got 0xf8'],
    ['a key that is a number', '81 a1 01 01', 'at octet 8: expected text as a key, got 0x01'],
    ['a key that is binary', '81 a1 41 61 01', 'at octet 8: expected text as a key, got 0x41'],
    ['text that is no UTF-8', '81 62 61 ff', 'at octet 9: expected UTF-8, got 0xff'],
    ['half of a surrogate pair', '81 63 ed a0 80', 'at octet 8: expected UTF-8, got 0xed'],
  ],
};

/** CALL 1, no options, procedure `a`, and what comes then. */
const calls = { msgpack: '95 30 01 80 a1 61', cbor: '85 18 30 01 a0 61 61' };

describe.each([
  ['msgpack', msgpack],
  ['msgpack', msgpackWire],
  ['cbor', cbor],
  ['cbor', cborWire],
] as const)('hostile frames in %s', (id, make) => {
  const call = calls[id];
  // CBOR takes two octets to say CALL.
  const shift = (message: string): string =>
    id === 'cbor' ? message.replace(/octet (\d+)/, (_, at: string) => `octet ${Number(at) + 1}`) : message;

  test.each(hostile[id])('%s is a violation', (_, octets, message) => {
    expect(() => make().decode(fromHex(`${call} ${octets}`))).toThrow(ProtocolViolation);
    expect(() => make().decode(fromHex(`${call} ${octets}`))).toThrow(shift(message));
  });

  test('an empty frame, an empty list, no list, and something after the list are violations', () => {
    const empty = id === 'msgpack' ? '90' : '80';
    const name = id === 'msgpack' ? 'MessagePack' : 'CBOR';
    expect(() => make().decode(new Uint8Array())).toThrow(
      `frame: not ${name} at octet 0: expected a value, got the end`,
    );
    expect(() => make().decode(fromHex(empty))).toThrow('frame: expected a message, got an empty list');
    expect(() => make().decode(fromHex('01'))).toThrow(`frame: not ${name} at octet 0: expected a list, got 0x01`);
    expect(() => make().decode(fromHex(`${call} ${empty} 00`))).toThrow('expected nothing more, got 0x00');
    expect(() => make().decode(written[id]([6, {}, 'wamp.close.normal', [], {}]))).toThrow(
      'GOODBYE: expected at most 3 elements, got 5',
    );
  });

  test('fifty thousand lists inside each other are a violation, and so is a list of that many in one octet each', () => {
    const open = id === 'msgpack' ? '91' : '81';
    expect(() => make().decode(fromHex(`${call} ${open.repeat(50_000)} 01`))).toThrow('frame: nested too deep');
    expect(() => make().decode(fromHex(open.repeat(50_000)))).toThrow(ProtocolViolation);
  });

  test('a few hundred octets that would become a hundred megabytes are refused at once', () => {
    // Each value is a list of two references to the one before it.
    const doubling =
      id === 'msgpack'
        ? `92 d6 69 00000001 01${' 92 d6 70 00000001 d6 70 00000001'.repeat(20)}`
        : `82 d8 1c 01${' 82 d8 1d 00 d8 1d 00'.repeat(20)}`;
    const before = process.memoryUsage().arrayBuffers;
    expect(() => make().decode(fromHex(`${call} ${doubling}`))).toThrow(/expected no (extension|tag)/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test('lists that each announce what the whole frame has room for are refused, not made room for', () => {
    const announce = id === 'msgpack' ? 'dd 0000ffff' : '9a 0000ffff';
    const frame = fromHex(`${call} ${announce.repeat(30)} ${'01'.repeat(65_535)}`);
    expect(() => make().decode(frame)).toThrow(ProtocolViolation);
  });
});
