import { PayloadError, Result, TimeoutError, UsageError, WampError } from 'rocade';
import { errorUris, MESSAGES } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { joined, payload, ROUTER_ROLES, stateOf } from './harness.ts';

describe('Basic Profile, Calling and Invocations: the caller', () => {
  test('CALL carries the arguments and the keyword arguments, and RESULT settles the promise', async () => {
    const { session, channel } = await joined();
    const call = session.call('math.add', [2, 3], { kwargs: { exact: true } });
    const { request, procedure, options, payload: sent } = channel.take('CALL');
    expect([procedure, options, sent?.args, sent?.kwargs]).toEqual(['math.add', {}, [2, 3], { exact: true }]);
    channel.deliver({ type: 'RESULT', request, details: {}, payload: payload(5) });
    expect(await call).toBe(5);
  });

  test.each([
    ['no payload', undefined, undefined],
    ['an empty list', { args: [], kwargs: undefined }, undefined],
    ['one value', { args: [[1, 2]], kwargs: undefined }, [1, 2]],
    ['null', { args: [null], kwargs: undefined }, null],
    ['several values', { args: [1, 2], kwargs: undefined }, new Result([1, 2])],
    ['keyword values', { args: [], kwargs: { a: 1 } }, new Result([], { a: 1 })],
    ['one value and keyword values', { args: [1], kwargs: { a: 1 } }, new Result([1], { a: 1 })],
    ['one value and no keyword values', { args: [1], kwargs: {} }, 1],
  ])('a RESULT with %s', async (_, given, expected) => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    channel.deliver({ type: 'RESULT', request: channel.take('CALL').request, details: {}, payload: given });
    expect(await call).toEqual(expected);
  });

  test('ERROR rejects with its URI, arguments, keyword arguments and details', async () => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.CALL.code,
      request,
      details: { x: 1 },
      error: 'com.example.denied',
      payload: { args: ['why'], kwargs: { key: 1 } },
    });
    await expect(call).rejects.toBeInstanceOf(WampError);
    await expect(call).rejects.toMatchObject({
      uri: 'com.example.denied',
      args: ['why'],
      kwargs: { key: 1 },
      details: { x: 1 },
      message: 'com.example.denied: why',
    });
  });

  test('answers in any order settle each its own call', async () => {
    const { session, channel } = await joined();
    const calls = [1, 2, 3].map((number) => session.call('a.b', [number]));
    const sent = calls.map(() => channel.take('CALL'));
    for (const { request, payload: given } of sent.reverse())
      channel.deliver({ type: 'RESULT', request, details: {}, payload: given });
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
  });

  test('requests of all kinds share one sequence of ids', async () => {
    const { session, channel } = await joined();
    void session.publish('a.b');
    session.call('a.b').catch(() => {});
    session.publish('a.b', [], { acknowledge: true }).catch(() => {});
    expect([channel.take('PUBLISH').request, channel.take('CALL').request, channel.take('PUBLISH').request]).toEqual([
      1, 2, 3,
    ]);
  });

  test('a part of a result that nobody asked for is skipped', async () => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    channel.deliver({ type: 'RESULT', request, details: { progress: true }, payload: payload('part') });
    expect(await stateOf(call)).toBe('pending');
    channel.deliver({ type: 'RESULT', request, details: {}, payload: payload('whole') });
    expect(await call).toBe('whole');
  });

  test.each(['RESULT', 'ERROR'])('a second answer, a late %s, changes nothing', async (type) => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    channel.deliver({ type: 'RESULT', request, details: {}, payload: payload(1) });
    if (type === 'RESULT') channel.deliver({ type: 'RESULT', request, details: {}, payload: payload(2) });
    else channel.deliver({ type: 'ERROR', requestType: MESSAGES.CALL.code, request, details: {}, error: 'a.b' });
    expect(await call).toBe(1);
    expect(channel.closedWith).toBeUndefined();
  });

  test.each(['', 'a b', 'a#b', 'a..b', 1, undefined])(
    'the procedure %j is refused here, and nothing is sent',
    async (procedure) => {
      const { session, channel } = await joined();
      await expect(session.call(procedure as string)).rejects.toThrow(UsageError);
      channel.expectNothingSent();
    },
  );

  test('arguments that cannot be written are refused, nothing is sent, and no id is used up', async () => {
    const { session, channel } = await joined();
    await expect(session.call('a.b', [() => 1])).rejects.toThrow(PayloadError);
    await expect(session.call('a.b', [], { kwargs: { a: 2n ** 60n } })).rejects.toThrow(PayloadError);
    await expect(session.publish('a.b', ['\u0000AAAA'])).rejects.toThrow(PayloadError);
    channel.expectNothingSent();
    session.call('a.b').catch(() => {});
    expect(channel.take('CALL').request).toBe(1);
  });

  test('options go out by the names of the protocol, and our own do not', async () => {
    const { session, channel } = await joined();
    const { signal } = new AbortController();
    session.call('a.b', [], { timeout: 10, signal, discloseMe: true }).catch(() => {});
    expect(channel.take('CALL').options).toEqual({ disclose_me: true });
  });
});

describe('time-outs', () => {
  test('a call rejects when its time is over, and the router is told', async () => {
    const { session, channel, clock } = await joined({ timeoutMs: 1000 });
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    clock.advance(999);
    expect(await stateOf(call)).toBe('pending');
    clock.advance(1);
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    await expect(call).rejects.toMatchObject({ code: 'timeout', message: 'no answer to CALL a.b within 1000 ms' });
    expect(channel.take('CANCEL')).toMatchObject({ request, options: { mode: 'killnowait' } });
    expect(clock.pending).toBe(0);
  });

  test('a router that cannot cancel is not told', async () => {
    const { session, channel, clock } = await joined({ roles: { broker: {}, dealer: {} } });
    const call = session.call('a.b', [], { timeout: 5 });
    channel.take('CALL');
    clock.advance(5);
    await expect(call).rejects.toThrow(TimeoutError);
    channel.expectNothingSent();
  });

  test('a call may have a time of its own, shorter or longer or none', async () => {
    const { session, clock } = await joined({ timeoutMs: 1000 });
    const [short, usual, long, none] = [10, undefined, 5000, 0].map((timeout) =>
      session.call('a.b', [], timeout === undefined ? {} : { timeout }),
    );
    const states = (): Promise<string[]> =>
      Promise.all([short, usual, long, none].map((call) => stateOf(call as Promise<unknown>)));
    clock.advance(10);
    expect(await states()).toEqual(['rejected', 'pending', 'pending', 'pending']);
    clock.advance(990);
    expect(await states()).toEqual(['rejected', 'rejected', 'pending', 'pending']);
    clock.advance(4000);
    expect(await states()).toEqual(['rejected', 'rejected', 'rejected', 'pending']);
    clock.advance(1e9);
    expect(await states()).toEqual(['rejected', 'rejected', 'rejected', 'pending']);
    expect(clock.pending).toBe(0);
  });

  test('one timer serves any number of requests', async () => {
    const { session, clock } = await joined();
    const calls = Array.from({ length: 100 }, () => session.call('a.b'));
    expect(clock.pending).toBe(1);
    clock.advance(1000);
    for (const call of calls) await expect(call).rejects.toThrow(TimeoutError);
  });

  test('an answer after the time is over is tolerated', async () => {
    const { session, channel, clock } = await joined();
    const [call, publish] = [session.call('a.b'), session.publish('a.b', [], { acknowledge: true })];
    const [{ request }, { request: published }] = [channel.take('CALL'), channel.take('PUBLISH')];
    clock.advance(1000);
    await expect(call).rejects.toThrow(TimeoutError);
    await expect(publish).rejects.toThrow('no answer to PUBLISH a.b within 1000 ms');
    channel.take('CANCEL');
    channel.deliver(
      { type: 'RESULT', request, details: {} },
      { type: 'PUBLISHED', request: published, publication: 1 },
    );
    expect(channel.closedWith).toBeUndefined();
  });
});

describe('Advanced Profile, Call Canceling: the caller', () => {
  test('an abort rejects with its reason, tells the router, and tolerates the answers', async () => {
    const { session, channel, clock } = await joined();
    const controller = new AbortController();
    const call = session.call('a.b', [], { signal: controller.signal });
    const { request } = channel.take('CALL');
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(channel.take('CANCEL')).toMatchObject({ request, options: { mode: 'killnowait' } });
    channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.CALL.code,
      request,
      details: {},
      error: errorUris.canceled,
    });
    channel.expectNothingSent();
    expect([channel.closedWith, clock.pending]).toEqual([undefined, 1]);
  });

  test('a signal that is aborted already sends nothing', async () => {
    const { session, channel } = await joined();
    await expect(session.call('a.b', [], { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    channel.expectNothingSent();
  });

  test('an abort after the answer does nothing, and no listener is left behind', async () => {
    const { session, channel } = await joined();
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const calls = [session.call('a.b', [], { signal }), session.call('a.b', [], { signal })];
    channel.deliver({ type: 'RESULT', request: channel.take('CALL').request, details: {} });
    channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.CALL.code,
      request: channel.take('CALL').request,
      details: {},
      error: 'a.b',
    });
    await Promise.allSettled(calls);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([2, 2]);
  });

  test('the end of the session leaves no listener behind', async () => {
    const { session, channel } = await joined();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const call = session.call('a.b', [], { signal });
    channel.lose();
    await expect(call).rejects.toThrow('CALL a.b');
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test('a router that cannot cancel is not told, and the promise rejects all the same', async () => {
    const { session, channel } = await joined({ roles: { ...ROUTER_ROLES, dealer: {} } });
    const controller = new AbortController();
    const call = session.call('a.b', [], { signal: controller.signal });
    channel.take('CALL');
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    channel.expectNothingSent();
  });
});

describe('Basic Profile, Publishing and Events: the publisher', () => {
  test('without acknowledge the promise resolves at once, with undefined', async () => {
    const { session, channel, clock } = await joined();
    expect(await session.publish('a.topic', [1], { kwargs: { k: 2 } })).toBeUndefined();
    const { topic, options, payload: sent } = channel.take('PUBLISH');
    expect([topic, options, sent?.args, sent?.kwargs, clock.pending]).toEqual(['a.topic', {}, [1], { k: 2 }, 0]);
  });

  test('with acknowledge it resolves with the id of the publication', async () => {
    const { session, channel } = await joined();
    const publish = session.publish('a.topic', [], { acknowledge: true });
    const { request, options } = channel.take('PUBLISH');
    expect(options).toEqual({ acknowledge: true });
    expect(await stateOf(publish)).toBe('pending');
    channel.deliver({ type: 'PUBLISHED', request, publication: 4711 });
    expect(await publish).toBe(4711);
  });

  test('with acknowledge an ERROR rejects it', async () => {
    const { session, channel } = await joined();
    const publish = session.publish('a.topic', [], { acknowledge: true });
    const { request } = channel.take('PUBLISH');
    channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.PUBLISH.code,
      request,
      details: {},
      error: errorUris.notAuthorized,
    });
    await expect(publish).rejects.toMatchObject({ uri: errorUris.notAuthorized });
  });

  test('options go out by the names of the protocol', async () => {
    const { session, channel } = await joined();
    await session.publish('a.topic', [], {
      excludeMe: false,
      exclude: [1],
      excludeAuthid: ['a'],
      excludeAuthrole: ['b'],
      eligible: [2],
      eligibleAuthid: ['c'],
      eligibleAuthrole: ['d'],
      discloseMe: true,
      acknowledge: false,
    });
    expect(channel.take('PUBLISH').options).toEqual({
      exclude_me: false,
      exclude: [1],
      exclude_authid: ['a'],
      exclude_authrole: ['b'],
      eligible: [2],
      eligible_authid: ['c'],
      eligible_authrole: ['d'],
      disclose_me: true,
      acknowledge: false,
    });
  });

  test.each(['eligible', 'eligibleAuthid', 'eligibleAuthrole'])(
    'an empty list of %s means nobody, so nothing is sent',
    async (name) => {
      const { session, channel } = await joined();
      expect(await session.publish('a.topic', [1], { [name]: [], acknowledge: true })).toBeUndefined();
      channel.expectNothingSent();
    },
  );

  test.each([5, 'ab', { 0: 1 }, null])('arguments that are no list, such as %j, are refused here', async (args) => {
    const { session, channel } = await joined();
    for (const request of [session.publish('a.b', args as never), session.call('a.b', args as never)])
      await expect(request).rejects.toThrow(`args: expected a list, got ${JSON.stringify(args)}`);
    channel.expectNothingSent();
  });

  test.each([[1], 'ab', 5, null, true, new Uint8Array(2)])(
    'keyword arguments that are no object, such as %j, are refused here',
    async (kwargs) => {
      const { session, channel } = await joined();
      const options = { kwargs } as never;
      for (const request of [session.publish('a.b', [], options), session.call('a.b', [], options)])
        await expect(request).rejects.toThrow(`kwargs: expected an object, got ${JSON.stringify(kwargs)}`);
      channel.expectNothingSent();
    },
  );

  test.each(['exclude', 'excludeAuthid', 'excludeAuthrole', 'eligible', 'eligibleAuthid', 'eligibleAuthrole'])(
    'what is no list is refused here as %s',
    async (name) => {
      const { session, channel } = await joined();
      for (const value of [5, 'joe', true, { 0: 1 }]) {
        const refused = session.publish('a.topic', [1], { [name]: value });
        await expect(refused).rejects.toThrow(`${name}: expected a list, got ${JSON.stringify(value)}`);
        await expect(refused).rejects.toThrow(UsageError);
      }
      channel.expectNothingSent();
    },
  );

  test("an option by the protocol's own name goes out as it is", async () => {
    const { session, channel } = await joined();
    await session.publish('a.topic', [1], { exclude_me: false } as object);
    expect(channel.take('PUBLISH').options).toEqual({ exclude_me: false });
  });

  test('a topic that is no URI is refused here', async () => {
    const { session, channel } = await joined();
    await expect(session.publish('a b')).rejects.toThrow(UsageError);
    channel.expectNothingSent();
  });
});
