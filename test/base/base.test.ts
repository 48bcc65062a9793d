import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  backoffDelay,
  Emitter,
  fromBase64,
  show,
  systemClock,
  toBase64,
  toError,
  UsageError,
} from '../../src/base/index.ts';

describe('back-off', () => {
  test('is uniform below a bound that doubles from 200 ms up to 30 s', () => {
    expect([1, 2, 3, 4, 8, 9, 100, 10_000].map((attempt) => backoffDelay(attempt, 0.5))).toEqual([
      100, 200, 400, 800, 12_800, 15_000, 15_000, 15_000,
    ]);
    expect([backoffDelay(5, 0), backoffDelay(1, 0.999, { initialDelay: 1000, maxDelay: 500 })]).toEqual([0, 499.5]);
  });
});

describe('base64', () => {
  afterEach(() => vi.unstubAllGlobals());

  const VECTORS = {
    '': '',
    f: 'Zg==',
    fo: 'Zm8=',
    foo: 'Zm9v',
    foob: 'Zm9vYg==',
    fooba: 'Zm9vYmE=',
    foobar: 'Zm9vYmFy',
  };

  test.each(['with Buffer', 'without Buffer'])('has the vectors of RFC 4648, %s', (how) => {
    if (how === 'without Buffer') vi.stubGlobal('Buffer', undefined);
    for (const [text, base64] of Object.entries(VECTORS)) {
      const octets = new TextEncoder().encode(text);
      expect(toBase64(octets)).toBe(base64);
      expect(fromBase64(base64)).toEqual(octets);
    }
  });

  test.each(['with Buffer', 'without Buffer'])('knows every octet and any length, %s', (how) => {
    const octets = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7919) % 256);
    const expected = Buffer.from(octets).toString('base64');
    if (how === 'without Buffer') vi.stubGlobal('Buffer', undefined);
    expect(toBase64(octets) === expected).toBe(true);
    expect(fromBase64(expected)?.every((octet, index) => octet === octets[index])).toBe(true);
    expect(fromBase64(expected)).toHaveLength(octets.length);
  });

  test('of a part of a buffer is of that part', () => {
    expect(toBase64(new TextEncoder().encode('xfoox').subarray(1, 4))).toBe('Zm9v');
  });

  test.each(['with Buffer', 'without Buffer'])('refuses what is none, %s', (how) => {
    if (how === 'without Buffer') vi.stubGlobal('Buffer', undefined);
    for (const text of [
      'A',
      'AA',
      'AAA',
      'AA=',
      'A===',
      '====',
      'AAAA=',
      'AA==AA==',
      'AA-_',
      'AA AA',
      'AAAA\n',
      'ÄÄÄÄ',
    ])
      expect(fromBase64(text)).toBeUndefined();
  });
});

describe('errors', () => {
  test('what is thrown is an Error in the end, itself where it is one', () => {
    const error = new UsageError('x');
    expect(toError(error)).toBe(error);
    expect([
      toError('text').message,
      toError({ a: 1 }).message,
      toError(undefined).message,
      toError(null).message,
    ]).toEqual(['text', 'thrown: {"a":1}', 'thrown: undefined', 'thrown: null']);
  });

  test('have a name and a stable code', () => {
    expect(new UsageError('x')).toMatchObject({ name: 'UsageError', code: 'usage', message: 'x' });
  });

  test('a picture of a value is short, whatever the value is', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const values = [
      'a"b',
      1,
      null,
      undefined,
      true,
      5n,
      () => 1,
      Symbol('x'),
      [1, { a: 2 }],
      cyclic,
      {
        get a() {
          throw new Error('no');
        },
      },
      'x'.repeat(1000),
    ];
    const pictures = values.map(show);
    expect(pictures.slice(0, 5)).toEqual(['"a\\"b"', '1', 'null', 'undefined', 'true']);
    expect(pictures[8]).toBe('[1,{"a":2}]');
    for (const picture of pictures) expect(picture.length).toBeLessThanOrEqual(60);
  });
});

describe('the clock of the system', () => {
  test('runs once after a time, unless that is taken back', async () => {
    const taken = vi.fn();
    const start = systemClock.now();
    const take = systemClock.after(1, taken);
    take();
    await new Promise<void>((resolve) => void systemClock.after(5, resolve));
    expect(taken).not.toHaveBeenCalled();
    expect(systemClock.now()).toBeGreaterThan(start);
  });

  test.each([2 ** 31, Number.MAX_SAFE_INTEGER, Infinity])(
    'waits for %s ms too, which runtimes take for none',
    (delayMs) => {
      vi.useFakeTimers();
      try {
        const run = vi.fn();
        systemClock.after(delayMs, run);
        vi.advanceTimersByTime(1e9);
        expect(run).not.toHaveBeenCalled();
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

describe('an emitter', () => {
  interface Events {
    readonly said: readonly [word: string, loud: boolean];
    readonly done: readonly [];
  }

  test('calls the listeners of an event in their order, and says whether there are any', () => {
    const emitter = new Emitter<Events>(vi.fn());
    const heard: string[] = [];
    expect(emitter.emit('done')).toBe(false);
    emitter.on('said', (word, loud) => heard.push(`first ${word} ${loud}`));
    emitter.on('said', (word) => heard.push(`second ${word}`));
    expect(emitter.emit('said', 'x', true)).toBe(true);
    expect(heard).toEqual(['first x true', 'second x']);
  });

  test('a listener that was taken back is not called; taking it back again does nothing', () => {
    const emitter = new Emitter<Events>(vi.fn());
    const listener = vi.fn();
    const stop = emitter.on('done', listener);
    stop();
    stop();
    expect([emitter.emit('done'), listener.mock.calls.length]).toEqual([false, 0]);
  });

  test('one that comes or goes within an event changes the next one', () => {
    const emitter = new Emitter<Events>(vi.fn());
    const late = vi.fn();
    const stop = emitter.on('done', () => {
      stop();
      emitter.on('done', late);
    });
    emitter.emit('done');
    expect(late).not.toHaveBeenCalled();
    emitter.emit('done');
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('what a listener throws goes to the one who sees to that, and the others are called', () => {
    const [onFailure, other] = [vi.fn(), vi.fn()];
    const emitter = new Emitter<Events>(onFailure);
    const error = new Error('x');
    emitter.on('done', () => {
      throw error;
    });
    emitter.on('done', other);
    expect(emitter.emit('done')).toBe(true);
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(error);
    expect(other).toHaveBeenCalledTimes(1);
  });
});
