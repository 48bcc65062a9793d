import { QueueFullError, UsageError } from 'rocade';
import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { event, joined, subscribe, subscribed } from './harness.ts';
import { line, online, turn } from './lines.ts';

describe('a subscription without a handler', () => {
  test('is iterated over: the arguments of each event, from the first one on', async () => {
    const driven = await joined();
    const events = await subscribed(driven, undefined);
    driven.channel.deliver(event(['a', 1]), event(['b', 2]));
    const seen: unknown[] = [];
    for await (const [name, value] of events) {
      seen.push([name, value]);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  test('gives what came along, too', async () => {
    const driven = await joined();
    const events = await subscribed(driven, undefined);
    driven.channel.deliver({ ...event(['a']), details: { publisher: 7, publisher_authid: 'joe', trustlevel: 2 } });
    for await (const [args, { topic, publisher, publisherAuthid, publisherAuthrole, trustLevel }] of events.entries()) {
      expect([args, topic, publisher, publisherAuthid, publisherAuthrole, trustLevel]).toEqual([
        ['a'],
        'a.topic',
        7,
        'joe',
        undefined,
        2,
      ]);
      break;
    }
  });

  test('ends when its loop is left, and the router is told', async () => {
    const driven = await joined();
    const events = await subscribed(driven, undefined);
    driven.channel.deliver(event([1]));
    for await (const [value] of events) {
      expect(value).toBe(1);
      break;
    }
    const { request, subscription } = driven.channel.take('UNSUBSCRIBE');
    expect(subscription).toBe(10);
    driven.channel.deliver({ type: 'UNSUBSCRIBED', request });
  });

  test('a loop that is left has nothing to tell when the connection goes before the router has answered', async () => {
    const { client, channel } = await online(line());
    const errors = vi.fn();
    client.on('error', errors);
    const subscribing = client.subscribe('a.topic');
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 }, event([1]));
    for await (const _ of await subscribing) break;
    channel.take('UNSUBSCRIBE');
    channel.lose();
    await turn();
    expect(errors).not.toHaveBeenCalled();
  });

  test('unsubscribe() ends a loop that waits', async () => {
    const driven = await joined();
    const events = await subscribed(driven, undefined);
    const seen = (async () => {
      const values: unknown[] = [];
      for await (const [value] of events) values.push(value);
      return values;
    })();
    driven.channel.deliver(event([1]));
    void events.unsubscribe();
    expect(await seen).toEqual([1]);
    driven.channel.take('UNSUBSCRIBE');
  });

  test('ends in peace when the client is closed, and with an error when the router ends that', async () => {
    for (const end of ['close', 'killed']) {
      const { client, channel } = await online(line());
      client.on('closed', () => {});
      const subscribing = client.subscribe('a.topic');
      channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 });
      const events = await subscribing;
      const seen = (async () => {
        for await (const _ of events);
        return 'peace';
      })().catch((error: unknown) => String(error));
      if (end === 'close') void client.close();
      else channel.deliver({ type: 'GOODBYE', details: {}, reason: 'wamp.close.killed' });
      expect(await seen).toBe(
        end === 'close' ? 'peace' : 'ClosedError: the router closed the session: wamp.close.killed',
      );
    }
  });

  test('says what it drops when nobody takes what comes', async () => {
    const driven = await joined();
    const report = vi.fn();
    const events = await subscribed(driven, undefined, { queue: { max: 2 }, report });
    driven.channel.deliver(...[1, 2, 3, 4].map((value) => event([value])));
    expect(events.dropped).toBe(2);
    expect(report).toHaveBeenCalledExactlyOnceWith(expect.any(QueueFullError));
    const entries = events.entries();
    expect([(await entries.next()).value?.[0], (await entries.next()).value?.[0]]).toEqual([[3], [4]]);
  });

  test('that is to close when it is full unsubscribes, and the loop gets the error', async () => {
    const driven = await joined();
    const events = await subscribed(driven, undefined, { queue: { max: 1, whenFull: 'close' } });
    driven.channel.deliver(event([1]), event([2]));
    driven.channel.take('UNSUBSCRIBE');
    const seen: unknown[] = [];
    const looping = (async () => {
      for await (const [value] of events) seen.push(value);
    })();
    await expect(looping).rejects.toBeInstanceOf(QueueFullError);
    expect([seen, events.dropped]).toEqual([[1], 1]);
  });

  test('one with a handler is not iterated over', async () => {
    const driven = await joined();
    const subscription = await subscribed(driven, () => {});
    expect(() => subscription.entries()).toThrow(UsageError);
    expect(subscription.dropped).toBe(0);
  });
});

describe('options of SUBSCRIBE', () => {
  test('travel by their names on the wire, and only those that are for the router', async () => {
    const { session, channel } = await joined();
    subscribe(session, 'a.', () => {}, { match: 'prefix', getRetained: true, nkey: 'n', queue: { max: 1 } }).done.catch(
      () => {},
    );
    expect(channel.take('SUBSCRIBE')).toMatchObject({
      topic: 'a.',
      options: { match: 'prefix', get_retained: true, nkey: 'n' },
    });
    expect(channel.sent.at(-1)).not.toHaveProperty('options.queue');
  });

  test.each([
    ['a..b', 'wildcard', true],
    ['a.', 'prefix', true],
    ['', 'prefix', true],
    ['a.', 'exact', false],
    ['a..b', 'prefix', false],
    ['a b', 'wildcard', false],
    ['a', 'regexp' as 'exact', false],
  ] as const)("'%s' as %s: %s", async (topic, match, fine) => {
    const { session, channel } = await joined();
    const attempt = (): unknown => subscribe(session, topic, () => {}, { match }).done.catch(() => {});
    if (fine) {
      attempt();
      expect(channel.take('SUBSCRIBE').topic).toBe(topic);
    } else {
      expect(attempt).toThrow(UsageError);
      channel.expectNothingSent();
    }
  });

  test('the topic of an event of a pattern is the one it was published to', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await subscribed(driven, handler, { topic: 'a.', match: 'prefix' });
    driven.channel.deliver({ ...event([1]), details: { topic: 'a.b' } });
    expect(handler.mock.calls[0]?.[1]).toMatchObject({ topic: 'a.b' });
  });

  test('the same topic matched otherwise is another subscription of the router, and ends alone', async () => {
    const driven = await joined();
    const [exact, prefix] = [vi.fn(), vi.fn()];
    const first = await subscribed(driven, exact, { topic: 'a', id: 10 });
    await subscribed(driven, prefix, { topic: 'a', match: 'prefix', id: 11 });
    driven.channel.deliver(event([1], 10), event([2], 11));
    expect([exact.mock.calls[0]?.[0], prefix.mock.calls[0]?.[0]]).toEqual([[1], [2]]);
    void first.unsubscribe();
    expect(driven.channel.take('UNSUBSCRIBE').subscription).toBe(10);
  });
});

describe('Advanced Profile, Event Retention: the subscriber', () => {
  const retained = (value: number): MessageOf<'EVENT'> => ({ ...event([value]), details: { retained: true } });

  test('each handler that asks gets the retained event, and those from before do not get it again', async () => {
    const driven = await joined();
    const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
    await subscribed(driven, first, { getRetained: true });
    driven.channel.deliver(retained(1));
    await subscribed(driven, second);
    await subscribed(driven, third, { getRetained: true });
    driven.channel.deliver(retained(1), event([2]));
    expect([first, second, third].map(({ mock }) => mock.calls.map(([args]) => (args as unknown[])[0]))).toEqual([
      [1, 2],
      [2],
      [1, 2],
    ]);
    expect(third.mock.calls[0]?.[1]).toMatchObject({ retained: true });
  });

  test('is not for others when the one that asked has gone', async () => {
    const driven = await joined();
    const other = vi.fn();
    await subscribed(driven, other);
    const asking = await subscribed(driven, vi.fn(), { getRetained: true });
    await asking.unsubscribe();
    driven.channel.deliver(retained(1));
    expect(other).not.toHaveBeenCalled();
  });
});

describe('what is held back', () => {
  test('an UNSUBSCRIBE that waited for a SUBSCRIBE is sent when that fails', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const subscription = await subscribed(driven, vi.fn());
    const { done } = subscribe(session, 'a.topic', vi.fn());
    const { request } = channel.take('SUBSCRIBE');
    await subscription.unsubscribe();
    channel.expectNothingSent();
    const refused = { type: 'ERROR', requestType: MESSAGES.SUBSCRIBE.code, request, details: {} } as const;
    channel.deliver({ ...refused, error: errorUris.notAuthorized });
    await expect(done).rejects.toThrow();
    expect(channel.take('UNSUBSCRIBE').subscription).toBe(10);
  });

  test('one for another topic, or matched otherwise, holds nothing back', async () => {
    const driven = await joined();
    const subscription = await subscribed(driven, vi.fn());
    for (const [topic, match] of [
      ['b.topic', 'exact'],
      ['a.topic', 'prefix'],
    ] as const) {
      subscribe(driven.session, topic, vi.fn(), { match }).done.catch(() => {});
      driven.channel.take('SUBSCRIBE');
    }
    subscription.unsubscribe().catch(() => {});
    expect(driven.channel.take('UNSUBSCRIBE').subscription).toBe(10);
  });
});

test('a handler may return a promise of any library', async () => {
  const driven = await joined();
  // What a thenable is, and no Promise.
  // oxlint-disable-next-line unicorn/no-thenable
  const thenable = { then: (_: unknown, reject: (error: Error) => void) => reject(new Error('oops')) };
  await subscribed(driven, () => thenable);
  driven.channel.deliver(event([1]));
  await vi.waitFor(() => expect(driven.errors.map(({ message }) => message)).toEqual(['oops']));
});
