import { type ClientOptions, connect, failover, UsageError } from 'rocade';
import { rawSocket } from 'rocade/node';
import { describe, expect, test, vi } from 'vitest';
import { joined, register, subscribe } from './harness.ts';
import { line, online } from './lines.ts';

// What is no number in a program without types, too.
const wrong: readonly (readonly [unknown, string])[] = [
  [-5, '-5'],
  [Number.NaN, 'NaN'],
  ['5', '"5"'],
  [null, 'null'],
];

describe.each(wrong)('%s', (value, shown) => {
  const number = value as number;

  test.each<[string, ClientOptions, from?: number]>([
    ['timeout', { timeout: number }],
    ['retry.initialDelay', { retry: { initialDelay: number } }],
    ['retry.maxDelay', { retry: { maxDelay: number } }],
    ['retry.resetAfter', { retry: { resetAfter: number } }],
    ['offline.limit', { offline: { limit: number } }],
    ['offline.timeout', { offline: { timeout: number } }],
    ['liveness.interval', { liveness: { interval: number } }, 1],
    ['liveness.timeout', { liveness: { timeout: number } }, 1],
  ])('is refused as %s before anything is connected', async (name, options, from = 0) => {
    const made = line();
    const refused = connect(made.connector, options);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`${name}: expected a number from ${from}, got ${shown}`);
    expect(made.attempts).toBe(0);
  });

  test('is refused as the time of a call, and nothing is sent', async () => {
    const { session, channel } = await joined();
    await expect(session.call('a.b', [], { timeout: number })).rejects.toThrow(
      `timeout: expected a number from 0, got ${shown}`,
    );
    channel.expectNothingSent();
  });

  test('is refused as the bound of a queue, or of calls', async () => {
    const { session } = await joined();
    expect(() => subscribe(session, 'a.b', undefined, { queue: { max: number } })).toThrow(
      `queue.max: expected a number from 1, got ${shown}`,
    );
    expect(() => register(session, 'a.b', vi.fn(), { concurrency: number })).toThrow(
      `concurrency: expected a number from 1, got ${shown}`,
    );
    expect(() => register(session, 'a.b', vi.fn(), { maxWaiting: number })).toThrow(
      `maxWaiting: expected a number from 0, got ${shown}`,
    );
  });

  test('is refused by connectors', () => {
    expect(() => failover(['ws://localhost:1'], { timeout: number })).toThrow(
      `failover: timeout: expected a number from 0, got ${shown}`,
    );
    expect(() => rawSocket('tcp://localhost:1', { pingInterval: number })).toThrow(
      `pingInterval: expected a number from 0, got ${shown}`,
    );
  });
});

describe('what routers would break off for', () => {
  test.each([
    [Infinity, undefined],
    [2.5, 3],
  ])('a concurrency of %s travels as %s', async (concurrency, sent) => {
    const { session, channel } = await joined();
    register(session, 'a.b', vi.fn(), { concurrency }).done.catch(() => {});
    expect(channel.take('REGISTER').options).toEqual(sent === undefined ? {} : { concurrency: sent });
  });

  test('a time-out longer than clocks go is none to the router', async () => {
    const { session, channel } = await joined({ roles: { dealer: { features: { call_timeout: true } } } });
    session.call('a.b', [], { timeout: 2 ** 60 }).catch(() => {});
    expect(channel.take('CALL').options).toEqual({});
  });
});

describe('Infinity', () => {
  test('is for ever', async () => {
    const made = line();
    const { client, channel } = await online(made, {
      timeout: Infinity,
      offline: { limit: Infinity, timeout: Infinity },
      liveness: { interval: Infinity },
      retry: { resetAfter: Infinity },
    });
    const call = client.call('a.b', [], { timeout: Infinity });
    const { request, options } = channel.take('CALL');
    expect(options).toEqual({});
    made.clock.advance(1e12);
    channel.deliver({ type: 'RESULT', request, details: {} });
    expect(await call).toBe(undefined);
    channel.lose();
    await client.close();
  });
});
