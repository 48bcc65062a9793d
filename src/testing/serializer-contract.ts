import { type Message, type MessageOf, type MessageType, PayloadError, ProtocolViolation } from '../protocol/index.ts';
import type { MemoryOptions } from '../transports/index.ts';
import { plain, sampleMessages } from './sample-messages.ts';
import type { TestApi } from './test-api.ts';

type Serializer = NonNullable<MemoryOptions['serializer']>;
type Frame = ReturnType<Serializer['encode']>;

const samples = Object.entries(sampleMessages) as [MessageType, Message][];

const call = (args: readonly unknown[], kwargs?: Record<string, unknown>): MessageOf<'CALL'> => ({
  type: 'CALL',
  request: 1,
  options: {},
  procedure: 'com.example.echo',
  payload: { args, kwargs },
});

/** Values that come back equal from any serializer, each under a name for the test's title. */
const VALUES: Readonly<Record<string, unknown>> = {
  'null, true and false': [null, true, false],
  'integers up to 2^53 - 1': [0, 1, -1, 23, 24, 255, 256, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1],
  'floating point numbers': [0.5, -1.25, 1e300, 5e-324, Math.PI],
  'strings of any alphabet': [
    '',
    'Straße',
    'путь',
    '長い',
    '🚲',
    'quote " and \\ and /',
    'line\nbreak\ttab',
    '\u2028\u007f\ufeff',
  ],
  'strings that begin with a byte order mark': ['\ufeff', '\ufeffa', `\ufeff${'x'.repeat(100)}`, { '\ufeffa': 1 }],
  'strings that look like something else': ['null', '1', '[]', '{}', 'a\u0000b', '__proto__'],
  'lists in lists and dictionaries in dictionaries': [[], {}, [[[]]], { a: { b: { c: [{}] } } }],
  'keys of any alphabet': { '': 1, 'a.b': 2, größe: 3, '🚲': 4, '1': 5 },
  octets: [new Uint8Array([0, 1, 2, 250, 255]), new Uint8Array(0), { deep: [new Uint8Array(300).fill(7)] }],
};

/** Small, fast and always the same: a failure can be run again. */
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function damaged(frame: Frame, random: (below: number) => number): Frame {
  const octets = typeof frame === 'string' ? new TextEncoder().encode(frame) : frame.slice();
  for (let times = random(3); times >= 0; times--) octets[random(octets.length)] = random(256);
  return typeof frame === 'string' ? new TextDecoder().decode(octets) : octets;
}

/** What decoding led to: true for messages, false for a violation. Anything else is thrown on. */
function accepts(serializer: Serializer, frame: Frame): boolean {
  try {
    // Also what is read later has to be sound.
    for (const message of serializer.decode(frame)) plain(message);
    return true;
  } catch (error) {
    if (error instanceof ProtocolViolation) return false;
    throw error;
  }
}

function refuses(serializer: Serializer, message: Message): boolean {
  try {
    serializer.encode(message);
    return false;
  } catch (error) {
    if (error instanceof PayloadError) return true;
    throw error;
  }
}

/**
 * What every serializer has to do, as a test suite. `makeSerializer` is called once per test.
 *
 * @example
 * import { describe, expect, test } from 'vitest';
 * serializerContract({ describe, expect, test }, () => json());
 */
export function serializerContract({ describe, expect, test }: TestApi, makeSerializer: () => Serializer): void {
  const there = (serializer: Serializer, message: Message): Message => {
    const messages = serializer.decode(serializer.encode(message));
    expect(messages.length).toBe(1);
    return messages[0] as Message;
  };
  const argsOf = (message: Message): readonly unknown[] | undefined =>
    message.type === 'CALL' ? message.payload?.args : undefined;

  describe('messages', () => {
    for (const [type, message] of samples) {
      test(`${type} comes back as it was`, () => {
        expect(plain(there(makeSerializer(), message))).toEqual(plain(message));
      });
    }

    test('its frames are of the kind that it says', () => {
      const serializer = makeSerializer();
      for (const [, message] of samples)
        expect(typeof serializer.encode(message) === 'string').toBe(!serializer.binary);
    });

    // Advanced Profile, "Cryptosign-based Authentication" and "Salted Challenge Response Authentication".
    test('what goes with a login may be null', () => {
      const extra = { challenge: 'ab', channel_binding: null };
      const challenge = there(makeSerializer(), { type: 'CHALLENGE', authmethod: 'cryptosign', extra });
      expect(challenge.type === 'CHALLENGE' && challenge.extra).toEqual(extra);
      const proof = { nonce: 'ab', channel_binding: null, cbind_data: null };
      const answer = there(makeSerializer(), { type: 'AUTHENTICATE', signature: '', extra: proof });
      expect(answer.type === 'AUTHENTICATE' && answer.extra).toEqual(proof);
    });

    test('options that are undefined or null are not sent', () => {
      const options = {
        acknowledge: undefined,
        rkey: null,
        exclude_me: false,
      } as unknown as MessageOf<'PUBLISH'>['options'];
      const back = there(makeSerializer(), { type: 'PUBLISH', request: 1, options, topic: 'com.example.topic' });
      expect(back.type === 'PUBLISH' && Object.keys(back.options)).toEqual(['exclude_me']);
    });

    test('options that are not known are kept', () => {
      const options = { x_mine: [1, { deep: 'yes' }] };
      const back = there(makeSerializer(), { type: 'CALL', request: 1, options, procedure: 'com.example.echo' });
      expect(back.type === 'CALL' && back.options).toEqual(options);
    });

    test('a message that was decoded is encoded again to the same content', () => {
      const serializer = makeSerializer();
      for (const [, message] of samples)
        expect(plain(there(serializer, there(serializer, message)))).toEqual(plain(message));
    });

    test('a message goes from one serializer to another with its payload', () => {
      const [one, other] = [makeSerializer(), makeSerializer()];
      const back = there(other, there(one, call([new Uint8Array([1, 2]), 'x'], { k: [null] })));
      expect(plain(back)).toEqual(plain(call([new Uint8Array([1, 2]), 'x'], { k: [null] })));
    });
  });

  describe('payloads', () => {
    for (const [name, value] of Object.entries(VALUES)) {
      test(`${name} come back as they were, as arguments and as keyword arguments`, () => {
        const serializer = makeSerializer();
        expect(plain(there(serializer, call([value], { value })))).toEqual(plain(call([value], { value })));
      });
    }

    test('octets come back as Uint8Array, whatever view they were sent as', () => {
      const memory = new Uint8Array([0, 1, 2, 3, 4, 5]);
      const views = [memory.subarray(1, 3), new DataView(memory.buffer, 2, 2), memory.buffer];
      const args = argsOf(there(makeSerializer(), call(views))) ?? [];
      expect(args.map((value) => value instanceof Uint8Array && [...value])).toEqual([
        [1, 2],
        [2, 3],
        [0, 1, 2, 3, 4, 5],
      ]);
    });

    test('a bare binary in the place of the arguments comes back as one', () => {
      const bytes = new Uint8Array([130, 165, 99]);
      const message = { ...call([]), payload: { args: [bytes], kwargs: undefined, bare: true } };
      expect(plain(there(makeSerializer(), message))).toEqual(plain(message));
    });

    test('keyword arguments alone come with an empty list of arguments', () => {
      expect(plain(there(makeSerializer(), call([], { a: 1 })))).toEqual(plain(call([], { a: 1 })));
    });

    test('__proto__ and constructor are keys like any other', () => {
      const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1}';
      const value = JSON.parse(text) as Record<string, unknown>;
      const [back] = argsOf(there(makeSerializer(), call([value], value))) ?? [];
      expect(JSON.stringify(back)).toBe(text);
      expect(Object.getPrototypeOf(back) === Object.prototype || Object.getPrototypeOf(back) === null).toBe(true);
      expect((back as { admin?: unknown }).admin).toBe(undefined);
      expect(({} as { admin?: unknown }).admin).toBe(undefined);
    });
  });

  describe('what cannot be sent', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    const unsendable: Readonly<Record<string, unknown>> = {
      'a function': () => 1,
      'a symbol': Symbol('s'),
      'a value that contains itself': cyclic,
      'a value nested ten thousand deep': deep,
    };
    for (const [name, value] of Object.entries(unsendable)) {
      test(`${name} is refused with a PayloadError, wherever it stands`, () => {
        const serializer = makeSerializer();
        for (const message of [call([value]), call([1, [{ value }]]), call([], { value })])
          expect(refuses(serializer, message)).toBe(true);
        // And the refusal leaves nothing behind.
        expect(plain(there(serializer, call([1])))).toEqual(plain(call([1])));
      });
    }

    test('what it accepts to send, it accepts to receive, at every depth', () => {
      const serializer = makeSerializer();
      let value: unknown = 1;
      for (let level = 0; level < 200; level++) {
        value = level % 2 === 0 ? [value] : { value };
        if (!refuses(serializer, call([value])))
          expect(accepts(serializer, serializer.encode(call([value])))).toBe(true);
        if (!refuses(serializer, call([], { value })))
          expect(accepts(serializer, serializer.encode(call([], { value })))).toBe(true);
      }
    });
  });

  describe('what is no message', () => {
    test('every frame that was cut short is a violation', () => {
      const serializer = makeSerializer();
      for (const [, message] of samples) {
        const frame = serializer.encode(message);
        for (let length = 0; length < frame.length; length++)
          expect(accepts(serializer, frame.slice(0, length))).toBe(false);
      }
    });

    test('a frame of the other kind is a violation', () => {
      const serializer = makeSerializer();
      expect(
        accepts(serializer, serializer.binary ? '[6,{},"wamp.close.normal"]' : new Uint8Array([0x93, 6, 0x80])),
      ).toBe(false);
    });

    test('something after the message is a violation', () => {
      const serializer = makeSerializer();
      const frame = serializer.encode(sampleMessages.PUBLISHED);
      // Not a whole one more, which a batch may well have.
      const more = frame.slice(0, -1);
      const longer =
        typeof frame === 'string' ? frame + String(more) : new Uint8Array([...frame, ...(more as Uint8Array)]);
      expect(accepts(serializer, longer)).toBe(false);
    });

    test('a damaged frame is a message or a violation, and never any other error', () => {
      const serializer = makeSerializer();
      const random = pseudoRandom(20_260_101);
      let violations = 0;
      for (const [, message] of samples) {
        const frame = serializer.encode(message);
        for (let round = 0; round < 200; round++) if (!accepts(serializer, damaged(frame, random))) violations++;
      }
      expect(violations > samples.length * 20).toBe(true);
    });
  });
}
