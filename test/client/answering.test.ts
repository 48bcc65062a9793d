import { type CallHandler, PayloadError, Result, UsageError, WampError } from 'rocade';
import { errorUris, type MessageOf } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { deferred, type Driven, invocation, joined, register, registered } from './harness.ts';

const withDetails = (
  request: number,
  details: MessageOf<'INVOCATION'>['details'],
  ...args: unknown[]
): MessageOf<'INVOCATION'> => ({ ...invocation(request, args), details });

/** The YIELDs that are sent, so many and no more. */
async function yields({ channel }: Driven, count: number): Promise<unknown[]> {
  const list: unknown[] = [];
  for (let index = 0; index < count; index++) {
    const { options, payload } = await channel.next('YIELD');
    list.push(options['progress'] ? { part: payload?.args } : { final: payload?.args });
  }
  channel.expectNothingSent();
  return list;
}

describe('options of REGISTER', () => {
  test('travel by their names on the wire, and only those that are for the router', async () => {
    const { session, channel } = await joined();
    register(session, 'a..b', () => {}, {
      match: 'wildcard',
      invoke: 'roundrobin',
      concurrency: 3,
      maxWaiting: 5,
      discloseCaller: true,
      forwardTimeout: true,
      forceReregister: true,
    }).done.catch(() => {});
    const { procedure, options } = channel.take('REGISTER');
    expect([procedure, options]).toEqual([
      'a..b',
      {
        match: 'wildcard',
        invoke: 'roundrobin',
        concurrency: 3,
        disclose_caller: true,
        forward_timeout: true,
        force_reregister: true,
      },
    ]);
  });

  test.each([0, -1, Number.NaN, 'x' as unknown as number])('a concurrency of %s is refused', async (concurrency) => {
    const { session, channel } = await joined();
    expect(() => register(session, 'a.b', () => {}, { concurrency })).toThrow(UsageError);
    channel.expectNothingSent();
  });
});

describe('what a handler is told', () => {
  test('who calls, and what', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await registered(driven, handler);
    const details = { procedure: 'a.b', caller: 3, caller_authid: 'joe', caller_authrole: 'user', trustlevel: 1 };
    driven.channel.deliver(withDetails(1, details));
    expect(handler.mock.calls[0]?.[1]).toMatchObject({
      procedure: 'a.b',
      caller: 3,
      callerAuthid: 'joe',
      callerAuthrole: 'user',
      trustLevel: 1,
    });
  });
});

describe('Advanced Profile, Progressive Call Results: the callee', () => {
  const counting = async function* ([to]: readonly number[]): AsyncGenerator<number, string> {
    for (let value = 0; value < (to ?? 0); value++) yield value;
    return 'done';
  };

  test('each yield of a generator is a part, and what it returns is the result', async () => {
    const driven = await joined();
    await registered(driven, counting);
    driven.channel.deliver(withDetails(1, { receive_progress: true }, 2));
    expect(await yields(driven, 3)).toEqual([{ part: [0] }, { part: [1] }, { final: ['done'] }]);
  });

  test('a caller that wants no parts gets what it returns', async () => {
    const driven = await joined();
    await registered(driven, counting);
    driven.channel.deliver(invocation(1, [2]));
    expect(await yields(driven, 1)).toEqual([{ final: ['done'] }]);
  });

  test('or the list of the parts, when it returns nothing', async () => {
    const driven = await joined();
    await registered(driven, async function* () {
      yield 1;
      yield 2;
    });
    driven.channel.deliver(invocation(1));
    expect(await yields(driven, 1)).toEqual([{ final: [[1, 2]] }]);
    driven.channel.deliver(withDetails(2, { receive_progress: true }));
    expect(await yields(driven, 3)).toEqual([{ part: [1] }, { part: [2] }, { final: undefined }]);
  });

  test('a part may be a Result with several values', async () => {
    const driven = await joined();
    await registered(driven, async function* () {
      yield new Result([1, 2]);
      return 3;
    });
    driven.channel.deliver(withDetails(1, { receive_progress: true }));
    expect(await yields(driven, 2)).toEqual([{ part: [1, 2] }, { final: [3] }]);
  });

  test('progress() sends a part where parts are wanted, and says whether', async () => {
    const driven = await joined();
    const said: boolean[] = [];
    const end = deferred<string>();
    await registered(driven, (_, { progress }) => {
      said.push(progress(1));
      return end.promise.finally(() => said.push(progress(2)));
    });
    driven.channel.deliver(withDetails(1, { receive_progress: true }));
    expect(driven.channel.take('YIELD')).toMatchObject({ request: 1, options: { progress: true } });
    driven.channel.deliver(invocation(2), { type: 'INTERRUPT', request: 1, options: {} });
    driven.channel.take('ERROR');
    end.resolve('end');
    expect(await yields(driven, 1)).toEqual([{ final: ['end'] }]);
    // Wanted; not wanted; interrupted; not wanted.
    expect(said).toEqual([true, false, false, false]);
  });

  test('a generator that is interrupted is closed, and nothing follows the ERROR', async () => {
    const driven = await joined();
    const closed = deferred<void>();
    const gate = deferred<void>();
    let asked = 0;
    await registered(driven, async function* () {
      try {
        yield 1;
        await gate.promise;
        for (; asked < 10; asked++) yield 2;
      } finally {
        closed.resolve();
      }
    });
    driven.channel.deliver(withDetails(1, { receive_progress: true }));
    await driven.channel.next('YIELD');
    driven.channel.deliver({ type: 'INTERRUPT', request: 1, options: {} });
    driven.channel.take('ERROR');
    gate.resolve();
    await closed.promise;
    driven.channel.expectNothingSent();
    expect([driven.errors, asked]).toEqual([[], 0]);
  });

  test('a generator that throws fails the call; so does a part that cannot be written', async () => {
    const driven = await joined();
    const closed = deferred<void>();
    await registered(driven, async function* ([what]) {
      try {
        if (what === 'throw') throw new WampError('com.example.oops');
        yield () => 'no value';
      } finally {
        closed.resolve();
      }
    });
    driven.channel.deliver(withDetails(1, { receive_progress: true }, 'throw'));
    expect((await driven.channel.next('ERROR')).error).toBe('com.example.oops');
    driven.channel.deliver(withDetails(2, { receive_progress: true }));
    expect((await driven.channel.next('ERROR')).error).toBe(errorUris.invalidPayload);
    await closed.promise;
    expect(driven.errors).toEqual([expect.any(PayloadError)]);
  });
});

describe('Advanced Profile, Progressive Call Invocations: the callee', () => {
  const more = (request: number, value: unknown, progress = true): MessageOf<'INVOCATION'> =>
    withDetails(request, progress ? { progress } : {}, value);

  test('the arguments come first, and what follows as `input`', async () => {
    const driven = await joined();
    await registered(driven, async ([first], { input }) => {
      const values = [first];
      for await (const value of input) values.push(value);
      return values;
    });
    driven.channel.deliver(more(1, 'a'), more(1, 'b'), more(1, 'c', false));
    expect(await yields(driven, 1)).toEqual([{ final: [['a', 'b', 'c']] }]);
  });

  test('the last message may be without a value, and has none to hand out then', async () => {
    const driven = await joined();
    const handler = vi.fn(async (_: unknown, { input }: { input: AsyncIterable<unknown> }) => {
      const values: unknown[] = [];
      for await (const value of input) values.push(value);
      return values;
    });
    await registered(driven, handler);
    driven.channel.deliver(more(1, 'a'), more(1, 'b'), { ...invocation(1), payload: undefined });
    expect(await yields(driven, 1)).toEqual([{ final: [['b']] }]);
    expect(handler).toHaveBeenCalledOnce();
  });

  test('an ordinary call has no input', async () => {
    const driven = await joined();
    await registered(driven, async (_, { input }) => {
      for await (const value of input) return value as unknown;
      return 'none';
    });
    driven.channel.deliver(invocation(1));
    expect(await yields(driven, 1)).toEqual([{ final: ['none'] }]);
  });

  test('what comes after the answer is for nobody, also when the handler never looked', async () => {
    const driven = await joined();
    const handler = vi.fn(() => 'enough');
    await registered(driven, handler);
    driven.channel.deliver(more(1, 'a'), more(1, 'b'), more(1, 'c', false));
    expect(await yields(driven, 1)).toEqual([{ final: ['enough'] }]);
    // The id may be used again once the input has ended.
    driven.channel.deliver(invocation(1));
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('of a thousand that were answered early is remembered that more may come, and not of more', async () => {
    const driven = await joined();
    const handler = vi.fn(() => 'enough');
    await registered(driven, handler);
    for (let request = 1; request <= 1001; request++) driven.channel.deliver(more(request, 'a'));
    expect(handler).toHaveBeenCalledTimes(1001);
    driven.channel.deliver(more(2, 'b'), more(1001, 'b'));
    expect(handler).toHaveBeenCalledTimes(1001);
    driven.channel.deliver(more(1, 'b'));
    expect(handler).toHaveBeenCalledTimes(1002);
  });

  test('input that is first looked at after an INTERRUPT ends with its error, too', async () => {
    const driven = await joined();
    const gate = deferred<void>();
    const seen = deferred<unknown>();
    await registered(driven, async (_, invocation) => {
      await gate.promise;
      try {
        for await (const _value of invocation.input);
      } catch (error) {
        seen.resolve(error);
      }
    });
    driven.channel.deliver(more(1, 'a'), { type: 'INTERRUPT', request: 1, options: {} });
    gate.resolve();
    expect(await seen.promise).toMatchObject({ uri: errorUris.canceled });
  });

  test('an INTERRUPT ends the input with its error', async () => {
    const driven = await joined();
    const seen = deferred<unknown>();
    await registered(driven, async (_, { input }) => {
      try {
        for await (const _value of input);
      } catch (error) {
        seen.resolve(error);
      }
    });
    driven.channel.deliver(more(1, 'a'), { type: 'INTERRUPT', request: 1, options: { mode: 'killnowait' } });
    expect(driven.channel.take('ERROR').error).toBe(errorUris.canceled);
    expect(await seen.promise).toMatchObject({ uri: errorUris.canceled });
  });
});

describe('Advanced Profile, Call Timeout: the callee', () => {
  test('the time that is left to it is kept: the signal aborts, and the caller hears of it', async () => {
    const driven = await joined();
    let signal: AbortSignal | undefined;
    await registered(driven, (_, call) => {
      ({ signal } = call);
      return new Promise(() => {});
    });
    driven.channel.deliver(withDetails(1, { timeout: 100 }));
    driven.clock.advance(99);
    expect(signal?.aborted).toBe(false);
    driven.clock.advance(1);
    expect(signal?.reason).toMatchObject({ uri: errorUris.timeout });
    expect(driven.channel.take('ERROR').error).toBe(errorUris.timeout);
  });

  test('a call that is answered in time leaves no timer', async () => {
    const driven = await joined();
    await registered(driven, () => 1);
    driven.channel.deliver(withDetails(1, { timeout: 100 }));
    driven.channel.take('YIELD');
    driven.clock.advance(1000);
    driven.channel.expectNothingSent();
  });

  test('an INTERRUPT with a reason passes that on', async () => {
    const driven = await joined();
    await registered(driven, () => new Promise(() => {}));
    driven.channel.deliver(invocation(1), { type: 'INTERRUPT', request: 1, options: { reason: errorUris.timeout } });
    expect(driven.channel.take('ERROR').error).toBe(errorUris.timeout);
  });
});

describe('a registration with a limit', () => {
  test('runs so many at a time, and the others in their order when there is room', async () => {
    const driven = await joined();
    const gates = new Map<unknown, ReturnType<typeof deferred<unknown>>>();
    const order: unknown[] = [];
    const handler = ([name]: readonly unknown[]): Promise<unknown> => {
      order.push(name);
      const gate = deferred<unknown>();
      gates.set(name, gate);
      return gate.promise;
    };
    await registered(driven, handler, { concurrency: 2 });
    driven.channel.deliver(...['a', 'b', 'c', 'd'].map((name, index) => invocation(index + 1, [name])));
    expect(order).toEqual(['a', 'b']);
    gates.get('b')?.resolve('B');
    expect((await driven.channel.next('YIELD')).request).toBe(2);
    expect(order).toEqual(['a', 'b', 'c']);
    gates.get('a')?.reject(new WampError('com.example.no'));
    expect((await driven.channel.next('ERROR')).request).toBe(1);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('answers any number of those that wait when there is room, also where each is answered at once', async () => {
    const driven = await joined();
    const [first, all] = [deferred<unknown>(), deferred<void>()];
    let count = 0;
    const handler = (): unknown => {
      if (++count === 20_000) all.resolve();
      return count === 1 ? first.promise : count;
    };
    await registered(driven, handler, { concurrency: 1, maxWaiting: 20_000 });
    for (let request = 1; request <= 20_000; request++) driven.channel.deliver(invocation(request));
    first.resolve(1);
    await all.promise;
    expect(driven.errors).toEqual([]);
  });

  test('one that is interrupted when it was about to run does not', async () => {
    const driven = await joined();
    const first = deferred<unknown>();
    const handler = vi.fn<CallHandler>().mockReturnValueOnce(first.promise);
    await registered(driven, handler, { concurrency: 1 });
    driven.channel.deliver(invocation(1), invocation(2), invocation(3, ['third']));
    // Right behind the end of the first.
    const interrupted = first.promise.then(() => {
      driven.channel.deliver({ type: 'INTERRUPT', request: 2, options: {} });
    });
    first.resolve(1);
    await interrupted;
    expect(driven.channel.take('YIELD').request).toBe(1);
    expect(driven.channel.take('ERROR')).toMatchObject({ request: 2, error: errorUris.canceled });
    await driven.channel.next('YIELD');
    expect(handler.mock.calls.map(([args]) => args)).toEqual([[], ['third']]);
  });

  test('refuses more than may wait', async () => {
    const driven = await joined();
    await registered(driven, () => new Promise(() => {}), { concurrency: 1, maxWaiting: 1 });
    driven.channel.deliver(invocation(1), invocation(2), invocation(3));
    expect(driven.channel.take('ERROR')).toMatchObject({ request: 3, error: errorUris.unavailable });
    driven.channel.expectNothingSent();
  });

  test('those that are interrupted make room for others to wait', async () => {
    const driven = await joined();
    await registered(driven, () => new Promise(() => {}), { concurrency: 1, maxWaiting: 1 });
    driven.channel.deliver(invocation(1), invocation(2));
    driven.channel.deliver({ type: 'INTERRUPT', request: 2, options: {} });
    expect(driven.channel.take('ERROR')).toMatchObject({ request: 2, error: errorUris.canceled });
    driven.channel.deliver(invocation(3), invocation(4));
    expect(driven.channel.take('ERROR')).toMatchObject({ request: 4, error: errorUris.unavailable });
    driven.channel.expectNothingSent();
  });

  test('one that is interrupted while it waits never runs; one that runs keeps its place until it has ended', async () => {
    const driven = await joined();
    const order: unknown[] = [];
    const end = deferred<void>();
    await registered(
      driven,
      ([name]) => {
        order.push(name);
        return end.promise;
      },
      { concurrency: 1 },
    );
    driven.channel.deliver(invocation(1, ['a']), invocation(2, ['b']), invocation(3, ['c']));
    for (const request of [2, 1]) {
      driven.channel.deliver({ type: 'INTERRUPT', request, options: {} });
      expect(driven.channel.take('ERROR').request).toBe(request);
    }
    expect(order).toEqual(['a']);
    end.resolve();
    expect((await driven.channel.next('YIELD')).request).toBe(3);
    expect(order).toEqual(['a', 'c']);
  });

  test('counts over sessions: what runs for the last one still takes its place', async () => {
    const driven = await joined();
    const end = deferred<void>();
    const handler = vi.fn(() => end.promise);
    const registration = await registered(driven, handler, { concurrency: 1 });
    driven.channel.deliver(invocation(1), invocation(2));
    driven.channel.lose();
    const next = await joined();
    const adding = next.session.add(registration);
    next.channel.deliver({ type: 'REGISTERED', request: next.channel.take('REGISTER').request, registration: 20 });
    await adding;
    next.channel.deliver(invocation(1));
    expect(handler).toHaveBeenCalledTimes(1);
    end.resolve();
    expect((await next.channel.next('YIELD')).request).toBe(1);
    expect(handler).toHaveBeenCalledTimes(2);
  });
});

describe('Payload Passthru Mode', () => {
  test('a session goes on when its caller cannot read an answer, also while it waits for something of the same id', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    await registered(driven, () => 1);
    channel.deliver(invocation(1));
    const { request } = await channel.next('YIELD');
    const call = session.call('c.d');
    const pending = channel.take('CALL').request;
    const error = errorUris.featureNotSupported;
    for (const about of [request, pending])
      channel.deliver({ type: 'ERROR', requestType: 68, request: about, details: {}, error, payload: undefined });
    channel.deliver({ type: 'RESULT', request: pending, details: {}, payload: { args: [2], kwargs: undefined } });
    expect(await call).toBe(2);
  });
});
