import fc from 'fast-check';
import { json, PayloadError, ProtocolViolation } from 'rocade';
import type { Message, MessageOf } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';
import { plain, sampleMessages } from '../../src/testing/sample-messages.ts';

const call = (args: readonly unknown[], kwargs?: Record<string, unknown>): MessageOf<'CALL'> => ({
  type: 'CALL',
  request: 1,
  options: {},
  procedure: 'a.b',
  payload: { args, kwargs },
});
const text = (...args: unknown[]): string => json().encode(call(args)) as string;
const read = (frame: string, serializer = json()): Message => (serializer.decode(frame) as [Message])[0];
const argsOf = (frame: string, serializer = json()): readonly unknown[] | undefined =>
  (read(frame, serializer) as MessageOf<'CALL'>).payload?.args;
const both = [
  ['json', json],
  ['jsonWire', jsonWire],
] as const;

describe('Basic Profile, Binary conversion of JSON Strings', () => {
  // The vector of the specification.
  const bytes = Uint8Array.from(Buffer.from('10e3ff9053075c526f5fc06d4fe37cdb', 'hex'));
  const written = '"\\u0000EOP/kFMHXFJvX8BtT+N82w=="';

  test('octets are written as a string of U+0000 and their base64', () => {
    expect(text(bytes)).toBe(`[48,1,{},"a.b",[${written}]]`);
    expect(text(new Uint8Array(0))).toBe('[48,1,{},"a.b",["\\u0000"]]');
  });

  test.each(both)('%s reads such a string as octets, wherever it stands', (_, make) => {
    expect(argsOf(`[48,1,{},"a.b",[${written},[${written}],{"k":${written}}]]`, make())).toEqual([
      bytes,
      [bytes],
      { k: bytes },
    ]);
  });

  test.each(both)('%s leaves keys alone, and strings that have U+0000 elsewhere', (_, make) => {
    const args = [{ '\u0000AAAA': 1 }, 'a\u0000AAAA'];
    expect(argsOf(JSON.stringify([48, 1, {}, 'a.b', args]), make())).toEqual(args);
  });

  test.each(both)(
    '%s leaves what is no base64 as text, so that no sender can end the session of a receiver',
    (_, make) => {
      for (const value of [
        '\u0000!',
        '\u0000AAA',
        '\u0000A',
        '\u0000AAAA=',
        '\u0000AA-_',
        '\u0000AAAA\n',
        '\u0000\u0000',
      ]) {
        expect(argsOf(JSON.stringify([48, 1, {}, 'a.b', [value]]), make())).toEqual([value]);
      }
    },
  );

  test('octets in options travel too', () => {
    const options = { x_key: bytes };
    expect(read(json().encode({ ...call([]), payload: undefined, options }) as string)).toMatchObject({ options });
  });

  test('every sequence of octets comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const [back] = argsOf(text(octets)) ?? [];
        expect(back).toBeInstanceOf(Uint8Array);
        expect(Buffer.from(back as Uint8Array).equals(octets)).toBe(true);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('a Node buffer is octets and not what its toJSON says', () => {
    expect(argsOf(text(Buffer.from('hello')))).toEqual([new Uint8Array(Buffer.from('hello'))]);
  });
});

describe('Basic Profile, JSON: what is written', () => {
  test('any JSON value comes back equal, through every pair of the two readers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (args, kwargs) => {
          // Those have a meaning of their own and are refused.
          fc.pre(!JSON.stringify([args, Object.values(kwargs)]).includes('"\\u0000'));
          const message = call(args, kwargs);
          const expected = JSON.stringify(plain(message));
          const relayed = jsonWire().encode(read(json().encode(message) as string, jsonWire())) as string;
          expect(JSON.stringify(plain(read(relayed)))).toBe(expected);
          expect(relayed).toBe(json().encode(message));
        },
      ),
      { seed: 8, numRuns: 1000 },
    );
  });

  test('a topic with characters that JSON escapes is escaped', () => {
    const procedure = 'a."b\\c".größe.\u007f';
    expect(JSON.parse(json().encode({ ...call([]), procedure, payload: undefined }) as string)).toEqual([
      48,
      1,
      {},
      procedure,
    ]);
  });

  test('undefined in a list, NaN and infinities become null; undefined in a dictionary is left out', () => {
    expect(text(undefined, Number.NaN, Infinity, -Infinity, -0, { a: undefined })).toBe(
      '[48,1,{},"a.b",[null,null,null,null,0,{}]]',
    );
  });

  test('a value with a toJSON is what that says', () => {
    expect(text(new Date(0), { toJSON: () => ({ a: new Uint8Array([0]) }) })).toBe(
      '[48,1,{},"a.b",["1970-01-01T00:00:00.000Z",{"a":"\\u0000AA=="}]]',
    );
  });

  test('a bigint is a number while it fits one', () => {
    expect(text(1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n)).toBe('[48,1,{},"a.b",[1,9007199254740991,-9007199254740991]]');
  });

  test('an event is written once for all its receivers, and another one anew', () => {
    const serializer = jsonWire();
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
});

describe('Basic Profile, JSON: what is not sent', () => {
  const unsendable: [string, unknown][] = [
    ['a bigint beyond 2^53', 2n ** 53n],
    ['a negative bigint beyond 2^53', -(2n ** 53n)],
    ['a string that starts with U+0000', '\u0000AAAA'],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
  ];
  test.each(unsendable)('%s is refused, with a text that says what it is', (_, value) => {
    for (const args of [[value], [[{ a: value }]]]) expect(() => text(...args)).toThrow(PayloadError);
    expect(() => json().encode(call([], { value }))).toThrow(/^cannot send /);
  });

  test('a value is refused one level beyond the limit, the message included, and taken at it', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    // The message is one level and the list of arguments the second.
    expect(() => text(nested(62))).not.toThrow();
    expect(() => text(nested(63))).toThrow(PayloadError);
    expect(() => json({ maxDepth: 3 }).encode(call([[1]]))).not.toThrow();
    expect(() => json({ maxDepth: 3 }).encode(call([[[1]]]))).toThrow(PayloadError);
  });

  test('what one end accepts to send, a router accepts to pass on', () => {
    let value: unknown = 1;
    for (let level = 0; level < 70; level++) {
      value = level % 2 === 0 ? { value } : [value];
      let frame: string;
      try {
        frame = text(value);
      } catch {
        break;
      }
      expect(() => read(frame, jsonWire())).not.toThrow();
    }
  });

  test('a value whose toJSON throws is refused', () => {
    const value = {
      toJSON() {
        throw new TypeError('no');
      },
    };
    expect(() => text(value)).toThrow();
  });
});

describe('Basic Profile, JSON: what is read', () => {
  test('numbers that JSON has not, as Python writes them, are null to a client; texts are left alone', () => {
    const [message] = json().decode('[36,1,2,{},[NaN,-Infinity,[Infinity],"NaN \\" Infinity",1],{"Infinity":NaN}]');
    expect(message).toMatchObject({
      payload: { args: [null, null, [null], 'NaN " Infinity', 1], kwargs: { Infinity: null } },
    });
    expect(() => json().decode('[36,1,2,{},[NaN,]]')).toThrow(ProtocolViolation);
    expect(() => json().decode(`[36,1,2,{},["${'x'.repeat(1e6)}\\`)).toThrow('not JSON');
  });

  test('a text that does not end is told from them in one go, however long it is', () => {
    // In time that grows with the square of the length, this would be hours.
    for (const part of ['\\"', '\\\n"', '"\\', 'a']) {
      expect(() => json().decode(`["${part.repeat(2_000_000)}`)).toThrow(ProtocolViolation);
    }
  });

  test.each(both)('%s refuses octets in the place of text', (_, make) => {
    expect(() => make().decode(new Uint8Array([1, 2]))).toThrow('frame: expected text, got 2 octets of binary');
  });

  test.each(both)('%s shows where a text is no JSON', (_, make) => {
    expect(() => make().decode('[48,1,{},"a.b",[1')).toThrow(ProtocolViolation);
    expect(() => make().decode('[48,1,{},"a.b",[1')).toThrow(/^frame: not JSON/);
  });

  test.each(both)('%s reads with spaces, escapes and exponents everywhere', (_, make) => {
    const frame = ' [ 4.8e1 ,\t1e0 , { "\\u0074imeout" : 1E3 } ,\r\n"a\\u002eb" , [ 1 ] , { "k" : [ ] } ] ';
    expect(plain(read(frame, make()))).toEqual({
      type: 'CALL',
      request: 1,
      options: { timeout: 1000 },
      procedure: 'a.b',
      payload: { args: [1], kwargs: { k: [] }, bare: false },
    });
  });

  test.each(both)('%s takes __proto__ in options as a key like any other', (_, make) => {
    const { options } = read('[48,1,{"__proto__":{"timeout":1},"constructor":1},"a.b"]', make()) as MessageOf<'CALL'>;
    expect(Object.keys(options)).toEqual(['__proto__', 'constructor']);
    expect(options.timeout).toBeUndefined();
  });

  test('the two readers take the same frames and see the same in them', () => {
    const element = fc.oneof(
      fc.constantFrom<unknown[]>(
        1,
        0,
        2 ** 53,
        -1,
        1.5,
        'a.b',
        '',
        '\u0000AAAA',
        '\u0000!!',
        null,
        true,
        {},
        [],
        [1],
        { match: 'exact' },
        { roles: {} },
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const samples = Object.values(sampleMessages).map(
      (message) => JSON.parse(json().encode(message) as string) as unknown[],
    );
    const change = fc.record({
      at: fc.nat({ max: 7 }),
      remove: fc.nat({ max: 1 }),
      insert: fc.array(element, { maxLength: 1 }),
    });
    const kindOf = ({ message }: ProtocolViolation): string =>
      /^\w+\.(options|details)\.\w+: /.test(message) ? 'an attribute' : 'a violation';
    const outcome = (frame: string, serializer: ReturnType<typeof json>): unknown => {
      try {
        return plain(read(frame, serializer));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolViolation);
        return kindOf(error as ProtocolViolation);
      }
    };
    let messages = 0;
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(change, { maxLength: 2 }), (sample, changes) => {
        const elements = [...sample];
        for (const { at, remove, insert } of changes) elements.splice(at, remove, ...insert);
        const frame = JSON.stringify(elements);
        const seen = outcome(frame, json());
        if (typeof seen === 'object') messages++;
        const strict = outcome(frame, jsonWire());
        // Attributes that clients do not read are for routers to judge.
        if (strict !== 'an attribute') expect(seen).toEqual(strict);
      }),
      { seed: 9, numRuns: 10_000 },
    );
    expect(messages).toBeGreaterThan(3000);
    expect(messages).toBeLessThan(7000);
  });
});
