import { Decoder } from 'cbor-x';
import fc from 'fast-check';
import { Unpackr } from 'msgpackr';
import { PayloadError } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { describe, expect, test } from 'vitest';
import { plain } from '../../src/testing/sample-messages.ts';
import { written } from './codecs.ts';
import { call, encode, decode, argsOf, both, hexOf, FORMS } from './binary-cases.ts';

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
      // Names that code of ours might stumble over.
      // oxlint-disable-next-line unicorn/no-thenable
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
