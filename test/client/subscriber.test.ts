import { ConnectionLostError, TimeoutError, UsageError } from 'rocade';
import { errorUris, MESSAGES } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { event, joined, subscribe, subscribed } from './harness.ts';

const argsOf = (handler: ReturnType<typeof vi.fn>): unknown[] =>
  handler.mock.calls.map(([args]) => (args as unknown[])[0]);

describe('Basic Profile, Subscribing and Unsubscribing: the subscriber', () => {
  test('SUBSCRIBED resolves the promise; events of the subscription go to the handler, with what came along', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await subscribed(driven, handler);
    driven.channel.deliver({
      type: 'EVENT',
      subscription: 10,
      publication: 77,
      details: { publisher: 3, x: 1 },
      payload: { args: [1, 2], kwargs: { k: 3 } },
    });
    expect(handler).toHaveBeenCalledExactlyOnceWith([1, 2], {
      kwargs: { k: 3 },
      topic: 'a.topic',
      publication: 77,
      publisher: 3,
      retained: false,
      details: { publisher: 3, x: 1 },
    });
  });

  test('an event without a payload has an empty list and no keyword arguments', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await subscribed(driven, handler);
    driven.channel.deliver({
      type: 'EVENT',
      subscription: 10,
      publication: 77,
      details: { topic: 'a.topic.more', retained: true },
    });
    expect(handler).toHaveBeenCalledExactlyOnceWith(
      [],
      expect.objectContaining({ kwargs: {}, topic: 'a.topic.more', retained: true, publisher: undefined }),
    );
  });

  test('an event that follows SUBSCRIBED at once is not missed', async () => {
    const { session, channel } = await joined();
    const handler = vi.fn();
    const { done } = subscribe(session, 'a.topic', handler);
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 }, event([1]));
    expect(argsOf(handler)).toEqual([1]);
    await done;
  });

  test("an ERROR rejects, and later events are nobody's", async () => {
    const { session, channel } = await joined();
    const handler = vi.fn();
    const { done } = subscribe(session, 'a.topic', handler);
    const { request } = channel.take('SUBSCRIBE');
    channel.deliver(
      { type: 'ERROR', requestType: MESSAGES.SUBSCRIBE.code, request, details: {}, error: errorUris.notAuthorized },
      event([1]),
    );
    await expect(done).rejects.toMatchObject({ uri: errorUris.notAuthorized });
    expect(handler).not.toHaveBeenCalled();
  });

  test('a topic that is no URI is refused here', async () => {
    const { session, channel } = await joined();
    expect(() => subscribe(session, 'a b', () => {})).toThrow(UsageError);
    channel.expectNothingSent();
  });

  test('UNSUBSCRIBE names the subscription, and the handler is not called from that moment on', async () => {
    const driven = await joined();
    const handler = vi.fn();
    const subscription = await subscribed(driven, handler);
    const { channel } = driven;
    const unsubscribing = subscription.unsubscribe();
    channel.deliver(event(['crossed']));
    const { request, subscription: id } = channel.take('UNSUBSCRIBE');
    expect(id).toBe(10);
    channel.deliver({ type: 'UNSUBSCRIBED', request }, event(['late']));
    await unsubscribing;
    expect(handler).not.toHaveBeenCalled();
    await subscription.unsubscribe();
    channel.expectNothingSent();
  });

  test('an ERROR to UNSUBSCRIBE rejects, and the handler stays uncalled', async () => {
    const driven = await joined();
    const handler = vi.fn();
    const subscription = await subscribed(driven, handler);
    const unsubscribing = subscription.unsubscribe();
    const { request } = driven.channel.take('UNSUBSCRIBE');
    driven.channel.deliver(
      {
        type: 'ERROR',
        requestType: MESSAGES.UNSUBSCRIBE.code,
        request,
        details: {},
        error: errorUris.noSuchSubscription,
      },
      event([1]),
    );
    await expect(unsubscribing).rejects.toMatchObject({ uri: errorUris.noSuchSubscription });
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('several handlers on one topic', () => {
  test('each gets each event once, in the order of subscribing', async () => {
    const driven = await joined();
    const order: string[] = [];
    for (const name of ['first', 'second', 'third'])
      await subscribed(driven, ([value]) => order.push(`${name} ${value}`));
    driven.channel.deliver(event([1]), event([2]));
    expect(order).toEqual(['first 1', 'second 1', 'third 1', 'first 2', 'second 2', 'third 2']);
  });

  test('the same function twice is called twice', async () => {
    const driven = await joined();
    const handler = vi.fn();
    const [first] = [await subscribed(driven, handler), await subscribed(driven, handler)];
    driven.channel.deliver(event([1]));
    expect(handler).toHaveBeenCalledTimes(2);
    await first.unsubscribe();
    driven.channel.deliver(event([2]));
    expect(handler).toHaveBeenCalledTimes(3);
  });

  test('UNSUBSCRIBE is sent for the last one only', async () => {
    const driven = await joined();
    const [first, second] = [vi.fn(), vi.fn()];
    const subscriptions = [await subscribed(driven, first), await subscribed(driven, second)];
    await subscriptions[0]?.unsubscribe();
    driven.channel.expectNothingSent();
    driven.channel.deliver(event([1]));
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
    subscriptions[1]?.unsubscribe().catch(() => {});
    driven.channel.take('UNSUBSCRIBE');
  });

  test('one that ends itself or another within an event does not disturb the rest', async () => {
    const driven = await joined();
    const order: string[] = [];
    const first = await subscribed(driven, () => {
      order.push('first');
      void first.unsubscribe();
      void second.unsubscribe();
    });
    const second = await subscribed(driven, () => order.push('second'));
    await subscribed(driven, () => order.push('third'));
    driven.channel.deliver(event([1]), event([2]));
    expect(order).toEqual(['first', 'third', 'third']);
  });

  test('a subscription ended while another to the topic is under way leaves that one alive', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const [first, second] = [vi.fn(), vi.fn()];
    const subscription = await subscribed(driven, first);
    const { done } = subscribe(session, 'a.topic', second);
    const { request } = channel.take('SUBSCRIBE');
    await subscription.unsubscribe();
    // An UNSUBSCRIBE now would reach the router after the SUBSCRIBE, and end what that asked for.
    channel.expectNothingSent();
    channel.deliver({ type: 'SUBSCRIBED', request, subscription: 10 }, event([1]));
    await done;
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
  });

  test('one made while an UNSUBSCRIBE is under way is confirmed after it, and works', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const subscription = await subscribed(driven, vi.fn());
    const unsubscribing = subscription.unsubscribe();
    const handler = vi.fn();
    const { done } = subscribe(session, 'a.topic', handler);
    channel.deliver({ type: 'UNSUBSCRIBED', request: channel.take('UNSUBSCRIBE').request });
    channel.deliver(
      { type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 11 },
      event([1], 11),
    );
    await Promise.all([unsubscribing, done]);
    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('what comes late, or is not expected', () => {
  test('an event of a subscription that is not known is ignored', async () => {
    const { channel, errors } = await joined();
    channel.deliver(event([1], 99));
    expect([channel.closedWith, errors]).toEqual([undefined, []]);
  });

  test('a SUBSCRIBED after the time is over is undone', async () => {
    const { session, channel, clock } = await joined();
    const handler = vi.fn();
    const { done } = subscribe(session, 'a.topic', handler);
    const { request } = channel.take('SUBSCRIBE');
    clock.advance(1000);
    await expect(done).rejects.toThrow(TimeoutError);
    channel.deliver({ type: 'SUBSCRIBED', request, subscription: 10 }, event([1]));
    expect(channel.take('UNSUBSCRIBE').subscription).toBe(10);
    expect(handler).not.toHaveBeenCalled();
  });

  test('also when another topic is asked for meanwhile: as soon as that is answered', async () => {
    const driven = await joined();
    const { session, channel, clock } = driven;
    const first = subscribe(session, 'a.topic', vi.fn());
    const late = channel.take('SUBSCRIBE').request;
    clock.advance(1000);
    await expect(first.done).rejects.toThrow(TimeoutError);
    const second = subscribe(session, 'b.topic', vi.fn());
    const { request } = channel.take('SUBSCRIBE');
    channel.deliver({ type: 'SUBSCRIBED', request: late, subscription: 10 }, event(['for nobody']));
    channel.expectNothingSent();
    channel.deliver({ type: 'SUBSCRIBED', request, subscription: 11 });
    expect(channel.take('UNSUBSCRIBE').subscription).toBe(10);
    channel.expectNothingSent();
    await second.done;
    expect(driven.errors).toEqual([]);
  });

  test('and when the other one is refused', async () => {
    const { session, channel, clock } = await joined();
    const first = subscribe(session, 'a.topic', vi.fn());
    const late = channel.take('SUBSCRIBE').request;
    clock.advance(1000);
    await expect(first.done).rejects.toThrow(TimeoutError);
    const second = subscribe(session, 'a.topic', vi.fn());
    const { request } = channel.take('SUBSCRIBE');
    channel.deliver(
      { type: 'SUBSCRIBED', request: late, subscription: 10 },
      { type: 'ERROR', requestType: MESSAGES.SUBSCRIBE.code, request, details: {}, error: errorUris.notAuthorized },
    );
    await expect(second.done).rejects.toMatchObject({ uri: errorUris.notAuthorized });
    expect(channel.take('UNSUBSCRIBE').subscription).toBe(10);
  });

  test('but not when the topic was asked for again meanwhile, as both share one subscription', async () => {
    const { session, channel, clock } = await joined();
    const first = subscribe(session, 'a.topic', vi.fn());
    const late = channel.take('SUBSCRIBE').request;
    clock.advance(1000);
    await expect(first.done).rejects.toThrow(TimeoutError);
    const handler = vi.fn();
    const second = subscribe(session, 'a.topic', handler);
    const { request } = channel.take('SUBSCRIBE');
    channel.deliver(
      { type: 'SUBSCRIBED', request: late, subscription: 10 },
      { type: 'SUBSCRIBED', request, subscription: 10 },
    );
    await second.done;
    channel.expectNothingSent();
    channel.deliver(event([1]));
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('one ended before its SUBSCRIBED came is not called, and undone when that comes', async () => {
    const { session, channel } = await joined();
    const handler = vi.fn();
    const { what, done } = subscribe(session, 'a.topic', handler);
    const { request } = channel.take('SUBSCRIBE');
    const ended = what.unsubscribe();
    channel.deliver({ type: 'SUBSCRIBED', request, subscription: 10 }, event([1]));
    await Promise.all([done, ended]);
    expect(channel.take('UNSUBSCRIBE').subscription).toBe(10);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a subscription that the router revokes is told, with the router's reason, and gets no more events", async () => {
    const driven = await joined();
    const [first, second] = [vi.fn(), vi.fn()];
    const subscriptions = [await subscribed(driven, first), await subscribed(driven, second)];
    driven.channel.deliver(
      { type: 'UNSUBSCRIBED', request: 0, details: { subscription: 10, reason: 'com.example.moved' } },
      event([1]),
    );
    expect(driven.revoked).toEqual(subscriptions.map((subscription) => [subscription, 'com.example.moved']));
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 0]);
    driven.channel.deliver(
      { type: 'UNSUBSCRIBED', request: 0, details: { subscription: 99 } },
      { type: 'UNSUBSCRIBED', request: 0 },
    );
    expect([driven.revoked.length, driven.channel.closedWith]).toEqual([2, undefined]);
  });

  test('everything under way is rejected when the connection is lost', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const subscription = await subscribed(driven, vi.fn());
    const pending = [subscribe(session, 'b.topic', vi.fn()).done, subscription.unsubscribe()];
    channel.lose();
    await expect(pending[0]).rejects.toThrow(/^SUBSCRIBE b\.topic /);
    for (const promise of pending) await expect(promise).rejects.toThrow(ConnectionLostError);
    await subscription.unsubscribe();
  });
});

describe('handlers that fail', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    [
      'throws a text',
      () => {
        throw 'oops' as unknown as Error;
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('one that %s is reported, and keeps nothing from the others', async (_, failing) => {
    const driven = await joined();
    const handler = vi.fn();
    await subscribed(driven, failing);
    await subscribed(driven, handler);
    driven.channel.deliver(event([1]), event([2]));
    await vi.waitFor(() => expect(driven.errors).toHaveLength(2));
    expect(driven.errors.map(({ message }) => message)).toEqual(['oops', 'oops']);
    expect(argsOf(handler)).toEqual([1, 2]);
    expect(driven.channel.closedWith).toBeUndefined();
  });
});
