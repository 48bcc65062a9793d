import { WampError } from 'rocade';
import {
  closeUris,
  errorUris,
  hasFeature,
  isDict,
  isId,
  isUri,
  payloadOf,
  RequestIds,
  randomIds,
  withoutNulls,
} from 'rocade/protocol';
import { describe, expect, test } from 'vitest';

describe('Basic Profile, IDs', () => {
  test('an id is an integer from 1 to 2^53', () => {
    expect([1, 2, 2 ** 53 - 1, 2 ** 53].every(isId)).toBe(true);
    expect([0, -1, 0.5, 2 ** 53 + 2, Number.NaN, Infinity, '1', 1n, null, undefined, [1]].some(isId)).toBe(false);
  });

  test('ids of session scope count from 1', () => {
    const ids = new RequestIds();
    expect([ids.next(), ids.next(), ids.next()]).toEqual([1, 2, 3]);
  });

  test('a session knows which ids it has given out, and the newest can be given back', () => {
    const ids = new RequestIds();
    expect([ids.next(), ids.next(), ids.last]).toEqual([1, 2, 2]);
    ids.last--;
    expect(ids.next()).toBe(2);
  });

  test('behind the largest id comes the first', () => {
    const ids = new RequestIds();
    ids.last = Number.MAX_SAFE_INTEGER;
    expect(ids.next()).toBe(1);
  });

  test('ids of global scope use all 53 bits, and are never 0', () => {
    const ones = randomIds((bytes) => bytes.fill(0xff));
    expect(ones()).toBe(2 ** 53 - 1);
    let octet = 0;
    const first = randomIds((bytes) => bytes.fill(octet++ === 0 ? 0 : 1));
    expect(first()).toBe(0x01_01_01_01_01_01_01);
  });

  test('ids of global scope are spread evenly', () => {
    const draw = randomIds((bytes) => globalThis.crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
    const ids = Array.from({ length: 4000 }, draw);
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    const upper = ids.filter((id) => id >= 2 ** 52).length;
    // Six standard deviations around one half.
    expect(Math.abs(upper - 2000)).toBeLessThan(190);
  });
});

describe('dictionaries', () => {
  test('are objects, and neither lists nor octets nor null', () => {
    expect([{}, Object.create(null), { a: 1 }].every(isDict)).toBe(true);
    expect([[], null, undefined, 'x', 1, new Uint8Array(1), new DataView(new ArrayBuffer(1))].some(isDict)).toBe(false);
  });

  test('lose what is undefined or null, and keep what only looks like nothing', () => {
    const dict = { a: null, b: undefined, c: 0, d: '', e: false, f: { g: [null] } };
    expect(JSON.stringify(withoutNulls(dict))).toBe('{"c":0,"d":"","e":false,"f":{"g":[null]}}');
    expect(dict).toHaveProperty('a', null);
  });

  test('that have nothing to lose stay the same object', () => {
    const dict = { a: 1, b: { c: [null] } };
    expect(withoutNulls(dict)).toBe(dict);
  });

  test('keep __proto__ as a key when others are left out', () => {
    const dict = JSON.parse('{"__proto__":{"admin":true},"gone":null}') as Record<string, unknown>;
    const clean = withoutNulls(dict);
    expect(JSON.stringify(clean)).toBe('{"__proto__":{"admin":true}}');
    expect((clean as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe('Basic Profile, Messages: payloads', () => {
  test('empty ones are left out, and keyword arguments alone bring an empty list', () => {
    expect([payloadOf(undefined), payloadOf([]), payloadOf([], {}), payloadOf(undefined, {})]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(payloadOf(undefined, { a: 1 })).toEqual({ args: [], kwargs: { a: 1 } });
    expect(payloadOf([1], {})).toEqual({ args: [1], kwargs: undefined });
  });
});

describe('features', () => {
  test('are announced only by the value true, under a role that is there', () => {
    const roles = { dealer: { features: { call_canceling: true, call_timeout: false } }, broker: {} };
    expect(hasFeature(roles, 'dealer', 'call_canceling')).toBe(true);
    expect(hasFeature(roles, 'dealer', 'call_timeout')).toBe(false);
    expect(hasFeature(roles, 'dealer', 'toString')).toBe(false);
    expect(hasFeature(roles, 'broker', 'call_canceling')).toBe(false);
    expect(hasFeature({}, 'dealer', 'call_canceling')).toBe(false);
  });
});

describe('Basic Profile, Error URIs', () => {
  test('are URIs of the protocol or of rocade, each under one name', () => {
    const uris: string[] = [...Object.values(errorUris), ...Object.values(closeUris)];
    expect(uris.every((uri) => isUri(uri) && /^(wamp\.close|(wamp|rocade)\.error)\.[a-z_.]+$/.test(uri))).toBe(true);
    expect(new Set(uris).size).toBe(uris.length);
  });

  test('have the spellings of the specification', () => {
    expect(errorUris).toMatchObject({
      canceled: 'wamp.error.canceled',
      noSuchProcedure: 'wamp.error.no_such_procedure',
      procedureAlreadyExists: 'wamp.error.procedure_already_exists',
      protocolViolation: 'wamp.error.protocol_violation',
    });
    expect(closeUris).toMatchObject({
      systemShutdown: 'wamp.close.system_shutdown',
      goodbyeAndOut: 'wamp.close.goodbye_and_out',
    });
  });

  test('an error that travels says its URI and, where the first argument is a text, that', () => {
    const error = new WampError('com.example.denied', ['why', 2], { key: 1 }, { cause: 'x' });
    expect(error).toMatchObject({
      name: 'WampError',
      code: 'wamp_error',
      message: 'com.example.denied: why',
      uri: 'com.example.denied',
      args: ['why', 2],
      kwargs: { key: 1 },
      cause: 'x',
    });
    expect(new WampError('com.example.denied').message).toBe('com.example.denied');
    expect(new WampError('com.example.denied', [1])).toMatchObject({
      message: 'com.example.denied',
      kwargs: {},
      details: {},
    });
  });
});
