import type { Payload, Traits } from './party.ts';

/** What must cross between any two clients without change, over any router. */
export const payloads: Readonly<Record<string, Payload>> = {
  'nothing at all': { args: [], kwargs: {} },
  'positional values of every JSON kind': {
    args: [
      'text',
      0,
      -1,
      1.5,
      1e-7,
      Number.MAX_SAFE_INTEGER,
      true,
      false,
      null,
      [],
      {},
      [[1], { deep: [{ er: 'x' }] }],
    ],
    kwargs: {},
  },
  'keyword values alone': { args: [], kwargs: { name: 'alice', tags: ['a', 'b'], nested: { ok: true } } },
  'both kinds of values': { args: [1, 'two'], kwargs: { three: 3 } },
  'text of all scripts': {
    args: [
      '😀👩‍👩‍👧‍👦',
      'שלום عالم',
      'e\u0301 \u1e0b\u0323',
      '日本語',
      '\u2028\u2029',
      '"quoted" \\ back',
      'tab\tnew\nline',
      '\u0001\u007f',
    ],
    kwargs: { ключ: 'значение', '🔑': '𓀀' },
  },
  'keys that mean something to JavaScript': {
    args: [JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "toString": "x"}')],
    kwargs: { length: 3, hasOwnProperty: 'kept' },
  },
  'integers of more than 32 bits': {
    args: [2 ** 32, 1_767_225_600_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -(2 ** 32)],
    kwargs: { at: 1_767_225_600_000 },
  },
  'a megabyte': { args: ['x'.repeat(1_000_000)], kwargs: {} },
};

/** Those that both clients leave as they are. */
export function payloadsBetween(one: Traits, other: Traits): [string, Payload][] {
  const lossy = one.losesProto || other.losesProto;
  return Object.entries(payloads).filter(([name]) => !lossy || !name.startsWith('keys that mean something'));
}

/** All bytes there are, with a length that base64 has to pad. */
export const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

/** Binary values in all the places where a payload can hold them. */
export const binaryPayload: Payload = {
  args: [bytes, [new Uint8Array(0), { inside: bytes.subarray(0, 2) }]],
  kwargs: { blob: bytes.subarray(0, 255) },
};

/** What `to` gets when `from` sends this payload in JSON. */
export function carried(payload: Payload, from: Traits, to: Traits): Payload {
  return mapPayload(
    mapPayload(payload, (value) => written(value, from)),
    (value) => read(value, to),
  );
}

function written(value: unknown, { writesBinary }: Traits): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return writesBinary === 'binary' ? `\0${Buffer.from(value).toString('base64')}` : Object.fromEntries(value.entries());
}

function read(value: unknown, { readsBinary }: Traits): unknown {
  if (!readsBinary || typeof value !== 'string' || !value.startsWith('\0')) return value;
  return new Uint8Array(Buffer.from(value.slice(1), 'base64'));
}

function mapPayload({ args, kwargs }: Payload, change: (value: unknown) => unknown): Payload {
  return { args: mapDeep(args, change) as unknown[], kwargs: mapDeep(kwargs, change) as Record<string, unknown> };
}

function mapDeep(value: unknown, change: (value: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== value || changed instanceof Uint8Array) return changed;
  if (Array.isArray(value)) return value.map((item) => mapDeep(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapDeep(item, change)]));
}
