import { Decoder } from 'cbor-x';
import fc from 'fast-check';
import { Unpackr } from 'msgpackr';
import { json, PayloadError, ProtocolViolation, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { type Message, type MessageOf, MESSAGES, type MessageSpec } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { plain, sampleMessages } from '../../src/testing/sample-messages.ts';
import { fromHex, toHex, written } from './codecs.ts';

const call = (args: readonly unknown[], kwargs?: Record<string, unknown>): MessageOf<'CALL'> => ({
  type: 'CALL',
  request: 1,
  options: {},
  procedure: 'a',
  payload: { args, kwargs },
});
const encode = (serializer: Serializer, message: Message): Uint8Array => serializer.encode(message) as Uint8Array;
const decode = (serializer: Serializer, frame: Uint8Array): Message => (serializer.decode(frame) as [Message])[0];
const argsOf = (message: Message): readonly unknown[] => (message as MessageOf<'CALL'>).payload?.args ?? [];

/** CALL 1, no options, procedure `a`, with a list of one argument. */
const calls = { msgpack: '95300180a16191', cbor: '8518' + '3001a0616181' } as const;

const both = [
  { id: 'msgpack', make: msgpack, wire: msgpackWire },
  { id: 'cbor', make: cbor, wire: cborWire },
] as const;
const readers = [
  { name: 'MessagePack', id: 'msgpack', make: msgpack },
  { name: 'MessagePack that leaves payloads as they came', id: 'msgpack', make: msgpackWire },
  { name: 'CBOR', id: 'cbor', make: cbor },
  { name: 'CBOR that leaves payloads as they came', id: 'cbor', make: cborWire },
] as const;

/** How one argument is written. */
function hexOf(make: () => Serializer, value: unknown): string {
  const frame = toHex(encode(make(), call([value])));
  const { id } = make();
  const before = calls[id as 'msgpack'];
  expect(frame.slice(0, before.length)).toBe(before.replace(/^95/, '95'));
  return frame.slice(before.length);
}

/** Each value, and how MessagePack and CBOR have it. */
const FORMS: readonly (readonly [value: unknown, msgpack: string, cbor: string])[] = [
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
  [new Array(16).fill(0), `dc0010${'00'.repeat(16)}`, `90${'00'.repeat(16)}`],
  [new Array(70_000).fill(0), `dd00011170${'00'.repeat(70_000)}`, `9a00011170${'00'.repeat(70_000)}`],
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

describe('Basic Profile, MessagePack and CBOR: what is written', () => {
  const short = (hex: string): string => (hex.length > 40 ? `${hex.slice(0, 40)}…` : hex);
  for (const { id, make } of both) {
    const place = id === 'msgpack' ? 1 : 2;
    test.each(FORMS.map((form) => [short(form[place]), form[0], form[place]] as const))(
      `${id}: the shortest form, %s`,
      (_, value, hex) => {
        expect(hexOf(make, value)).toBe(hex);
      },
    );
  }

  test.each(both)('$id: a codec reads it as it was meant', ({ id, make }) => {
    const options = { useRecords: false, mapsAsObjects: true, int64AsType: 'number', int64AsNumber: true } as const;
    const codec = id === 'msgpack' ? new Unpackr(options) : new Decoder(options);
    const list = fc
      .array(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }))
      // Without -0, which a codec writes as 0.
      .map((args) => JSON.parse(JSON.stringify(args)) as unknown[]);
    fc.assert(
      fc.property(list, (args) => {
        const frame = encode(make(), call(args));
        expect((codec.decode(frame) as unknown[])[4]).toEqual(args);
        // No larger than what the codec itself would write.
        expect(frame.length).toBeLessThanOrEqual(written[id]([48, 1, {}, 'a', args]).length);
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  test.each(both)('$id: anything comes back equal, through every pair of the two readers', ({ id, make, wire }) => {
    const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString'));
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          fc.constantFrom(null, true, false),
          fc.maxSafeInteger(),
          fc.double(),
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((big) => !Number.isSafeInteger(Number(big))),
          fc.string({ unit: 'binary', maxLength: 50 }),
          fc.uint8Array({ maxLength: 20 }),
        ),
        fc.array(tie('value'), { maxLength: 6 }),
        fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.dictionary(key, value, { maxKeys: 3 }), (args, kwargs) => {
        const message = call(args, { ...kwargs });
        const frame = encode(make(), message);
        const relayed = encode(wire(), decode(wire(), frame));
        expect(relayed).toEqual(frame);
        for (const serializer of [make(), wire()]) {
          const back = plain(decode(serializer, relayed)) as { payload: { args: unknown; kwargs: object } };
          expect(back.payload.args).toEqual(args);
          expect(Object.entries(back.payload.kwargs)).toEqual(Object.entries(kwargs));
        }
        expect(id).toBe(make().id);
      }),
      { seed: 22, numRuns: 300 },
    );
  });

  test.each(both)('$id: every sequence of octets comes back, as a plain Uint8Array', ({ make }) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const [back] = argsOf(decode(make(), encode(make(), call([Buffer.from(octets)]))));
        expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype);
        expect(back).toEqual(octets);
      }),
      { seed: 23, numRuns: 200 },
    );
  });

  test.each(both)(
    '$id: a dictionary without a prototype, of a class, or with odd keys is what it holds',
    ({ make }) => {
      class Point {
        readonly x = 1;
        readonly #secret = 2;
        get secret(): number {
          return this.#secret;
        }
      }
      const bare = Object.assign(Object.create(null) as object, { a: 1 });
      const odd = { hasOwnProperty: 1, constructor: { name: 'x' }, length: 3, then: 'no' };
      expect(argsOf(decode(make(), encode(make(), call([bare, new Point(), odd]))))).toEqual([{ a: 1 }, { x: 1 }, odd]);
    },
  );

  test.each(both)('$id: a list of a class of its own, or with holes, is a list', ({ make }) => {
    class Stack extends Array<number> {}
    // oxlint-disable-next-line no-sparse-arrays
    expect(argsOf(decode(make(), encode(make(), call([Stack.of(1, 2), [1, , 3]]))))).toEqual([
      [1, 2],
      [1, null, 3],
    ]);
  });

  test.each(both)('$id: an event is written once for all its receivers, and another one anew', ({ wire }) => {
    const serializer = wire();
    let reads = 0;
    const payload = {
      kwargs: undefined,
      get args() {
        reads++;
        return [reads];
      },
    };
    const event = { type: 'EVENT', subscription: 1, publication: 1, details: {}, payload } as const;
    const frames = [serializer.encode(event), serializer.encode(event), serializer.encode(event)];
    expect(new Set(frames).size).toBe(1);
    const once = reads;
    serializer.encode({ ...event });
    expect(reads).toBe(2 * once);
  });

  test.each(both)('$id: what was written does not change when more is written', ({ make }) => {
    const serializer = make();
    const frames = [10, 10_000, 100_000, 20, 5_000_000, 30].map((size) => ({
      size,
      frame: encode(serializer, call([new Uint8Array(size).fill(size & 255)])),
    }));
    for (const { size, frame } of frames) {
      const [back] = argsOf(decode(make(), frame)) as [Uint8Array];
      expect(Buffer.alloc(size, size & 255).equals(back)).toBe(true);
    }
  });

  test.each(both)('$id: a value whose toJSON sends a message of its own disturbs nothing', ({ make }) => {
    const serializer = make();
    const inner: Uint8Array[] = [];
    const value = {
      toJSON() {
        inner.push(encode(serializer, call(['inner'])));
        return 'outer';
      },
    };
    const outer = encode(serializer, call([1, value, 2]));
    expect(argsOf(decode(serializer, outer))).toEqual([1, 'outer', 2]);
    expect(argsOf(decode(serializer, inner[0] as Uint8Array))).toEqual(['inner']);
  });
});

describe('Basic Profile, MessagePack and CBOR: what is not sent', () => {
  const changing = {
    reads: 0,
    get sometimes() {
      this.reads++;
      return this.reads % 2 === 1 ? 1 : undefined;
    },
  };
  const unsendable: [string, unknown][] = [
    ['a bigint of more than 64 bits', 2n ** 64n],
    ['a negative bigint of more than 64 bits', -(2n ** 64n) - 1n],
    ['half of a surrogate pair', 'a\ud800'],
    ['the other half, in a long text', `${'x'.repeat(100)}\udc00`],
    ['half of a surrogate pair in a very long text', `${'x'.repeat(10_000)}\udc00`],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a key with half of a surrogate pair', { '\ud800': 1 }],
    ['a dictionary that changes while it is read', changing],
  ];
  describe.each(both)('$id', ({ make }) => {
    test.each(unsendable)('%s is refused, with a text that says what it is', (_, value) => {
      for (const args of [[value], [[{ a: value }]]]) expect(() => encode(make(), call(args))).toThrow(PayloadError);
      expect(() => encode(make(), call([], { value }))).toThrow(/^cannot send /);
    });

    test('a value is refused one level beyond the limit, the message included, and taken at it', () => {
      const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
      expect(() => encode(make(), call([nested(62)]))).not.toThrow();
      expect(() => encode(make(), call([nested(63)]))).toThrow(PayloadError);
      expect(() => encode(make({ maxDepth: 3 }), call([[1]]))).not.toThrow();
      expect(() => encode(make({ maxDepth: 3 }), call([[[1]]]))).toThrow(PayloadError);
      expect(() => decode(make({ maxDepth: 3 }), encode(make(), call([[[1]]])))).toThrow('frame: nested too deep');
    });
  });

  test('CBOR goes one bit further below zero than MessagePack', () => {
    expect(hexOf(cbor, -(2n ** 64n))).toBe('3bffffffffffffffff');
    expect(() => encode(msgpack(), call([-(2n ** 63n) - 1n]))).toThrow(PayloadError);
  });
});

describe.each(readers)('Basic Profile, $name: what is read', ({ id, make }) => {
  const one = (hex: string): unknown => argsOf(decode(make(), fromHex(calls[id] + hex)))[0];

  test('text in the place of octets is a violation', () => {
    expect(() => make().decode('[48,1,{},"a"]')).toThrow('frame: expected binary, got 13 characters of text');
  });

  test('integers are numbers while those are exact, and bigints beyond', () => {
    const forms = FORMS.filter(([value]) => ['number', 'bigint'].includes(typeof value));
    for (const [value, ...hex] of forms) {
      const back = one(hex[id === 'msgpack' ? 0 : 1] as string);
      const number = Number(value);
      const asNumber = !Number.isInteger(number) || Number.isSafeInteger(number) || value === 2 ** 60;
      expect([value, back]).toEqual([value, asNumber ? number : BigInt(value as number)]);
      expect(Object.is(back, -0)).toBe(Object.is(value, -0));
    }
  });

  test('integers may be longer than they need, and floating point numbers shorter', () => {
    const forms: [string, unknown][] =
      id === 'msgpack'
        ? [
            ['cc05', 5],
            ['cf0000000000000005', 5],
            ['d30000000000000005', 5],
            ['d3fffffffffffffffb', -5],
            ['d0fb', -5],
            ['ca3fc00000', 1.5],
            ['d90161', 'a'],
            ['dd0000000101', [1]],
            ['df00000001a16101', { a: 1 }],
            ['c60000000101', Uint8Array.of(1)],
          ]
        : [
            ['1805', 5],
            ['1b0000000000000005', 5],
            ['3b0000000000000004', -5],
            ['f93e00', 1.5],
            ['f98000', -0],
            ['f90001', 2 ** -24],
            ['f97c00', Infinity],
            ['f97e00', Number.NaN],
            ['fa3fc00000', 1.5],
            ['780161', 'a'],
            ['9b000000000000000101', [1]],
            ['bb0000000000000001616101', { a: 1 }],
            ['5b000000000000000101', Uint8Array.of(1)],
          ];
    for (const [hex, value] of forms) expect([hex, one(hex)]).toStrictEqual([hex, value]);
  });

  test.runIf(id === 'cbor')('undefined is null', () => {
    expect(one('f7')).toBe(null);
    expect(decode(make(), fromHex('86183001a06161f7f7'))).not.toHaveProperty('payload');
    expect(one('82f7a16161f7')).toEqual([null, { a: null }]);
  });

  test('of a key that comes twice, the last one counts', () => {
    expect(one(id === 'msgpack' ? '82a16101a16102' : 'a2616101616102')).toEqual({ a: 2 });
    const proto = '5f5f70726f746f5f5f';
    const twice = one(id === 'msgpack' ? `82a9${proto}01a9${proto}02` : `a269${proto}0169${proto}02`) as object;
    expect(Object.entries(twice)).toEqual([['__proto__', 2]]);
    expect(Object.getPrototypeOf(twice)).toBe(Object.prototype);
  });

  test('__proto__ in options is a key like any other', () => {
    const options = JSON.parse('{"__proto__":{"timeout":1},"constructor":1}') as Record<string, unknown>;
    const frame = encode(id === 'msgpack' ? msgpack() : cbor(), { ...call([]), options });
    const back = decode(make(), frame) as MessageOf<'CALL'>;
    expect(Object.keys(back.options)).toEqual(['__proto__', 'constructor']);
    expect(back.options.timeout).toBeUndefined();
  });

  test('what is read is no part of the frame, and does not change with it', () => {
    const writer = id === 'msgpack' ? msgpack() : cbor();
    const frame = Buffer.from(encode(writer, call([Uint8Array.of(1, 2, 3), { a: Uint8Array.of(4) }, 2n ** 60n])));
    const around = Buffer.concat([Buffer.from([0xc1, 0xc1]), frame, Buffer.from([0xc1])]);
    const message = decode(make(), around.subarray(2, 2 + frame.length));
    const args = argsOf(message);
    around.fill(0xff);
    expect(args).toStrictEqual([Uint8Array.of(1, 2, 3), { a: Uint8Array.of(4) }, 2n ** 60n]);
    expect((args[0] as Uint8Array).buffer.byteLength).toBe(3);
  });

  test('ids of all sizes are ids, the largest too', () => {
    for (const request of [1, 255, 65_536, 2 ** 32, 2 ** 53 - 1, 2 ** 53]) {
      for (const payload of [undefined, { args: [2n ** 60n], kwargs: undefined }]) {
        const frame = encode(id === 'msgpack' ? msgpack() : cbor(), { ...call([]), request, payload });
        expect((decode(make(), frame) as MessageOf<'CALL'>).request).toBe(request);
      }
    }
    const tooLarge = written[id]([48, 2n ** 53n + 1n, {}, 'a']);
    expect(() => decode(make(), tooLarge)).toThrow('CALL.request: expected id');
    expect(() => decode(make(), written[id]([48, 1.5, {}, 'a']))).toThrow('CALL.request: expected id, got 1.5');
  });

  test('null in the place of arguments counts as absent', () => {
    const list = [48, 1, {}, 'a'];
    const payloadOf = (...rest: unknown[]): object | undefined =>
      (plain(decode(make(), written[id]([...list, ...rest]))) as { payload?: object }).payload;
    expect(payloadOf(null)).toBeUndefined();
    expect(payloadOf(null, null)).toBeUndefined();
    expect(payloadOf([1], null)).toEqual({ args: [1], kwargs: undefined, bare: false });
    expect(payloadOf(null, { a: 1 })).toEqual({ args: [], kwargs: { a: 1 }, bare: false });
    expect(payloadOf(Uint8Array.of(1))).toEqual({ args: [Uint8Array.of(1)], kwargs: undefined, bare: true });
    for (const [rest, message] of [
      [['text'], 'CALL.args: expected list, got "text"'],
      [[{ a: 1 }], 'CALL.args: expected list, got {"a":1}'],
      [[[], []], 'CALL.kwargs: expected dictionary, got []'],
      [[[], 2n ** 60n], 'CALL.kwargs: expected dictionary'],
    ] as const)
      expect(() => payloadOf(...rest)).toThrow(message);
    expect(() => payloadOf(Uint8Array.of(1), { a: 1 })).toThrow(/^CALL.kwargs: expected /);
  });

  test('a payload goes on to the same format and to the others', () => {
    const message = call([1, 'ä', Uint8Array.of(1, 2), 2 ** 40, null, { a: [-0.5] }], { k: [true] });
    const frame = encode(id === 'msgpack' ? msgpack() : cbor(), message);
    for (const target of [jsonWire, msgpackWire, cborWire, json, msgpack, cbor]) {
      const received = decode(make(), frame);
      const passed = target().encode(received);
      expect(plain((target().decode(passed) as [Message])[0])).toEqual(plain(message));
      expect(passed).toEqual(target().encode(message));
    }
    const nothing = decode(make(), written[id]([48, 1, {}, 'a', null, { a: 1 }]));
    for (const target of [jsonWire, msgpackWire, cborWire])
      expect(target().encode(nothing)).toEqual(target().encode(call([], { a: 1 })));
  });
});

describe.each(both)('Basic Profile, $id: the two readers', ({ id, make, wire }) => {
  const listOf = (message: Message): unknown[] => {
    const { code, fields }: MessageSpec = MESSAGES[message.type];
    const values = message as unknown as Record<string, unknown>;
    const places = fields.map(({ name }) => values[name]).filter((value) => value !== undefined);
    const payload = 'payload' in message ? message.payload : undefined;
    return [code, ...places, ...(payload ? [payload.args, payload.kwargs ?? {}] : [])];
  };
  const outcome = (frame: Uint8Array, serializer: Serializer): unknown => {
    try {
      return plain(decode(serializer, frame));
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolViolation);
      return 'a violation';
    }
  };

  test('take the same frames and see the same in them', () => {
    const element = fc.oneof(
      fc.constantFrom<unknown[]>(
        ...[1, 0, 2 ** 53 - 1, 2n ** 53n, 2n ** 60n, -1, 1.5, 'a.b', '', null, true, {}, [], [1]],
        ...[{ match: 'exact' }, { roles: {} }, Uint8Array.of(1, 2)],
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const change = fc.record({
      at: fc.nat({ max: 7 }),
      remove: fc.nat({ max: 1 }),
      insert: fc.array(element, { maxLength: 1 }),
    });
    let messages = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(sampleMessages).map(listOf)),
        fc.array(change, { maxLength: 2 }),
        (sample, changes) => {
          const elements = [...sample];
          for (const { at, remove, insert } of changes) elements.splice(at, remove, ...insert);
          const frame = written[id](elements);
          const seen = outcome(frame, make());
          if (typeof seen === 'object') messages++;
          expect(outcome(frame, wire())).toEqual(seen);
        },
      ),
      { seed: 24, numRuns: 3000 },
    );
    expect(messages).toBeGreaterThan(900);
    expect(messages).toBeLessThan(2100);
  });
});
