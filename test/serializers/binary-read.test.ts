import fc from 'fast-check';
import { json, ProtocolViolation, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { type Message, type MessageOf, MESSAGES, type MessageSpec } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { plain, sampleMessages } from '../../src/testing/sample-messages.ts';
import { fromHex, toHex, written } from './codecs.ts';
import { call, encode, decode, argsOf, calls, both, readers, FORMS } from './binary-cases.ts';

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

  test('undefined, which JavaScript writes, is left out of dictionaries and null in lists', () => {
    const nothing = id === 'msgpack' ? 'd40000' : 'f7';
    expect(one(nothing)).toBe(null);
    const value = one(id === 'msgpack' ? `92${nothing}82a161${nothing}a16201` : `82${nothing}a26161${nothing}616201`);
    expect(value).toStrictEqual([null, { b: 1 }]);
    const longer = calls[id].slice(0, -2).replace(/^95/, '96').replace(/^85/, '86');
    expect(decode(make(), fromHex(longer + nothing + nothing))).not.toHaveProperty('payload');
    expect(argsOf(decode(make(), fromHex(`${longer}${id === 'msgpack' ? '9101' : '8101'}${nothing}`)))).toEqual([1]);
    const options =
      id === 'msgpack' ? `942001 81a56d61746368${nothing} a161` : `84182001 a1656d61746368${nothing} 6161`;
    expect(decode(make(), fromHex(options))).toEqual({ type: 'SUBSCRIBE', request: 1, options: {}, topic: 'a' });
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

  test('what only JavaScript understands goes on in the form that all understand', () => {
    const undefinedIn = { msgpack: 'd40000', cbor: 'f7' }[id];
    const [list, dict] = id === 'msgpack' ? ['92', '81a161'] : ['82', 'a16161'];
    const forms: [string, unknown][] = [[`${list}01${dict}${undefinedIn}`, [1, {}]]];
    if (id === 'cbor') forms.push([`8201d840420102`, [1, Uint8Array.of(1, 2)]]);
    for (const [hex, value] of forms) {
      const received = decode(make(), fromHex(calls[id] + hex));
      for (const target of [jsonWire, msgpackWire, cborWire])
        expect(target().encode(received)).toEqual(target().encode(call([value])));
    }
    // In the options it is no reason to touch the payload: these octets are no shortest form.
    const options = id === 'msgpack' ? '953001 81a161 d40000 a161 91cd0001' : '85183001 a16161 f7 6161 81190001';
    const passed = toHex(encode(id === 'msgpack' ? msgpackWire() : cborWire(), decode(make(), fromHex(options))));
    if (make === msgpackWire || make === cborWire) expect(passed).toMatch(id === 'msgpack' ? /91cd0001$/ : /81190001$/);
    else expect(passed).toMatch(/(91|81)01$/);
  });

  test('arguments that are null leave the keyword arguments as they are', () => {
    const nothing = decode(make(), written[id]([48, 1, {}, 'a', null, { a: 1 }]));
    for (const target of [jsonWire, msgpackWire, cborWire])
      expect(target().encode(nothing)).toEqual(target().encode(call([], { a: 1 })));
  });
});

describe.each(readers.filter(({ id }) => id === 'cbor'))('RFC 8746, $name: what is read', ({ make }) => {
  const one = (hex: string): unknown => argsOf(decode(make(), fromHex(calls.cbor + hex)))[0];

  test('a Uint8Array with the tag of one, as JavaScript writes it, is octets like any other', () => {
    for (const [hex, size] of [
      ['d84040', 0],
      ['d840420102', 2],
      [`d8405818${'01'.repeat(24)}`, 24],
      [`d840590100${'01'.repeat(256)}`, 256],
      [`d8405b0000000000000002${'01'.repeat(2)}`, 2],
    ] as const)
      expect(one(hex)).toStrictEqual(
        Uint8Array.from({ length: size }, (_, index) => (hex === 'd840420102' ? index + 1 : 1)),
      );
    expect(one(`82a16161d840420102d84041ff`)).toStrictEqual([{ a: Uint8Array.of(1, 2) }, Uint8Array.of(255)]);
    // In the place of the arguments, as of an encrypted payload.
    const bare = decode(make(), fromHex(`${calls.cbor.slice(0, -2)}d84041ff`));
    expect(plain(bare)).toMatchObject({ payload: { args: [Uint8Array.of(255)], bare: true } });
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
  const kindOf = ({ message }: ProtocolViolation): string =>
    /^\w+\.(options|details)\.\w+: /.test(message) ? 'an attribute' : 'a violation';
  const outcome = (frame: Uint8Array, serializer: Serializer): unknown => {
    try {
      return plain(decode(serializer, frame));
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolViolation);
      return kindOf(error as ProtocolViolation);
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
          const strict = outcome(frame, wire());
          // Attributes that clients do not read are for routers to judge.
          if (strict !== 'an attribute') expect(seen).toEqual(strict);
        },
      ),
      { seed: 24, numRuns: 3000 },
    );
    expect(messages).toBeGreaterThan(900);
    expect(messages).toBeLessThan(2100);
  });
});
