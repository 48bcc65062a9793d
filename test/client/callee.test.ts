import { ConnectionLostError, PayloadError, Result, TimeoutError, UsageError, WampError } from 'rocade';
import { errorUris, MESSAGES } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { deferred, type Driven, invocation, joined, register, registered } from './harness.ts';

/** The next message sent has to be an ERROR for this invocation. */
function takeError({ channel }: Driven, request: number): { uri: string; args: unknown; kwargs: unknown } {
  const error = channel.take('ERROR');
  expect([error.requestType, error.request, error.details]).toEqual([MESSAGES.INVOCATION.code, request, {}]);
  return { uri: error.error, args: error.payload?.args, kwargs: error.payload?.kwargs };
}

describe('Basic Profile, Registering and Unregistering: the callee', () => {
  test('REGISTERED resolves the promise; an ERROR rejects it', async () => {
    const driven = await joined();
    await registered(driven, vi.fn());
    const { done } = register(driven.session, 'b.procedure', vi.fn());
    const { request, procedure } = driven.channel.take('REGISTER');
    expect(procedure).toBe('b.procedure');
    driven.channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.REGISTER.code,
      request,
      details: {},
      error: errorUris.procedureAlreadyExists,
    });
    await expect(done).rejects.toMatchObject({ uri: errorUris.procedureAlreadyExists });
  });

  test('an invocation that follows REGISTERED at once is answered', async () => {
    const { session, channel } = await joined();
    const { done } = register(session, 'a.procedure', () => 'here');
    channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 }, invocation(1));
    expect(channel.take('YIELD').payload?.args).toEqual(['here']);
    await done;
  });

  test('a procedure that is no URI is refused here', async () => {
    const { session, channel } = await joined();
    expect(() => register(session, '', vi.fn())).toThrow(UsageError);
    channel.expectNothingSent();
  });

  test('until UNREGISTERED has come calls are still answered, and none after it', async () => {
    const driven = await joined();
    const registration = await registered(driven, () => 'here');
    const { channel } = driven;
    const unregistering = registration.unregister();
    const { request, registration: id } = channel.take('UNREGISTER');
    expect(id).toBe(20);
    channel.deliver(invocation(1));
    channel.take('YIELD');
    channel.deliver({ type: 'UNREGISTERED', request });
    await unregistering;
    channel.deliver(invocation(2));
    expect(takeError(driven, 2).uri).toBe(errorUris.noSuchProcedure);
    await registration.unregister();
    channel.expectNothingSent();
  });

  test('one that is made anew, with the same id, right behind UNREGISTERED is answered', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const first = await registered(driven, () => 'first');
    const ended = first.unregister();
    const { done } = register(session, 'a.procedure', () => 'second');
    // Others have the procedure too, so that the id stays.
    channel.deliver(
      { type: 'UNREGISTERED', request: channel.take('UNREGISTER').request },
      { type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 },
    );
    await Promise.all([ended, done]);
    channel.deliver(invocation(1));
    expect(channel.take('YIELD').payload?.args).toEqual(['second']);
  });

  test('two of a shared procedure that have one id: the first is called, and the second goes on without it', async () => {
    const driven = await joined();
    const { channel } = driven;
    const first = await registered(driven, () => 'first', { invoke: 'roundrobin' });
    const second = await registered(driven, () => 'second', { invoke: 'roundrobin' });
    channel.deliver(invocation(1));
    expect(channel.take('YIELD').payload?.args).toEqual(['first']);
    await first.unregister();
    channel.expectNothingSent();
    channel.deliver(invocation(2));
    expect(channel.take('YIELD').payload?.args).toEqual(['second']);
    void second.unregister();
    expect(channel.take('UNREGISTER').registration).toBe(20);
  });

  test('one that ends while the same is asked for does not end that', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const first = await registered(driven, () => 'first', { invoke: 'roundrobin' });
    const { done } = register(session, 'a.procedure', () => 'second', { invoke: 'roundrobin' });
    const { request } = channel.take('REGISTER');
    await first.unregister();
    channel.expectNothingSent();
    channel.deliver({ type: 'REGISTERED', request, registration: 20 });
    await done;
    channel.deliver(invocation(1));
    expect(channel.take('YIELD').payload?.args).toEqual(['second']);
  });

  test('a REGISTERED after the time is over is undone', async () => {
    const { session, channel, clock } = await joined();
    const { done } = register(session, 'a.procedure', vi.fn());
    const { request } = channel.take('REGISTER');
    clock.advance(1000);
    await expect(done).rejects.toThrow(TimeoutError);
    channel.deliver({ type: 'REGISTERED', request, registration: 20 });
    expect(channel.take('UNREGISTER').registration).toBe(20);
  });

  test('also when another procedure is asked for meanwhile', async () => {
    const { session, channel, clock } = await joined();
    const first = register(session, 'a.procedure', vi.fn());
    const late = channel.take('REGISTER').request;
    clock.advance(1000);
    await expect(first.done).rejects.toThrow(TimeoutError);
    const second = register(session, 'b.procedure', vi.fn());
    const { request } = channel.take('REGISTER');
    channel.deliver(
      { type: 'REGISTERED', request: late, registration: 20 },
      { type: 'REGISTERED', request, registration: 21 },
    );
    await second.done;
    expect(channel.take('UNREGISTER').registration).toBe(20);
    channel.expectNothingSent();
  });

  test('one ended before its REGISTERED came is undone when that comes', async () => {
    const { session, channel } = await joined();
    const { what, done } = register(session, 'a.procedure', vi.fn());
    const { request } = channel.take('REGISTER');
    const ended = what.unregister();
    channel.deliver({ type: 'REGISTERED', request, registration: 20 });
    await Promise.all([done, ended]);
    expect(channel.take('UNREGISTER').registration).toBe(20);
  });

  test("a registration that the router revokes is told, with the router's reason", async () => {
    const driven = await joined();
    const registration = await registered(driven, vi.fn());
    driven.channel.deliver({
      type: 'UNREGISTERED',
      request: 0,
      details: { registration: 20, reason: 'com.example.moved' },
    });
    driven.channel.deliver(
      { type: 'UNREGISTERED', request: 0, details: { registration: 99 } },
      { type: 'UNREGISTERED', request: 0 },
    );
    expect(driven.revoked).toEqual([[registration, 'com.example.moved']]);
  });
});

describe('Basic Profile, Calling and Invocations: the callee', () => {
  test('the handler gets the arguments and what came along', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await registered(driven, handler);
    driven.channel.deliver({
      type: 'INVOCATION',
      request: 1,
      registration: 20,
      details: { caller: 3, procedure: 'a.other' },
      payload: { args: [1, 2], kwargs: { k: 3 } },
    });
    driven.channel.deliver({ type: 'INVOCATION', request: 2, registration: 20, details: {} });
    expect(handler).toHaveBeenNthCalledWith(
      1,
      [1, 2],
      expect.objectContaining({
        kwargs: { k: 3 },
        procedure: 'a.other',
        caller: 3,
        details: { caller: 3, procedure: 'a.other' },
      }),
    );
    expect(handler).toHaveBeenNthCalledWith(
      2,
      [],
      expect.objectContaining({ kwargs: {}, procedure: 'a.procedure', caller: undefined }),
    );
  });

  test.each([
    ['a value', 5, { args: [5], kwargs: undefined }],
    ['a list, which is one value', [1, 2], { args: [[1, 2]], kwargs: undefined }],
    ['null', null, { args: [null], kwargs: undefined }],
    ['nothing', undefined, undefined],
    ['a Result', new Result([1, 2], { a: 3 }), { args: [1, 2], kwargs: { a: 3 } }],
    ['an empty Result', new Result(), undefined],
    ['keyword values alone', new Result([], { a: 3 }), { args: [], kwargs: { a: 3 } }],
  ])('%s, returned or resolved, is yielded', async (_, value, expected) => {
    for (const handler of [() => value, () => Promise.resolve(value)]) {
      const driven = await joined();
      await registered(driven, handler);
      driven.channel.deliver(invocation(7));
      const { request, options, payload } = await driven.channel.next('YIELD');
      expect([request, options]).toEqual([7, {}]);
      expect(payload && { args: payload.args, kwargs: payload.kwargs }).toEqual(expected);
    }
  });

  test('a plain value is yielded within the delivery, so that order is kept', async () => {
    const driven = await joined();
    await registered(driven, ([value]) => value);
    driven.channel.deliver(invocation(1, ['a']), invocation(2, ['b']));
    expect([driven.channel.take('YIELD').payload?.args, driven.channel.take('YIELD').payload?.args]).toEqual([
      ['a'],
      ['b'],
    ]);
  });

  test('invocations may have any ids, in any order', async () => {
    const driven = await joined();
    await registered(driven, () => 1);
    for (const request of [2 ** 53, 3, 1]) {
      driven.channel.deliver(invocation(request));
      expect(driven.channel.take('YIELD').request).toBe(request);
    }
  });

  test('a registration that is not known is answered with an error', async () => {
    const driven = await joined();
    driven.channel.deliver(invocation(1, [], 99));
    expect(takeError(driven, 1).uri).toBe(errorUris.noSuchProcedure);
  });
});

describe('Basic Profile, Call Errors: the callee', () => {
  test('a WampError reaches the caller as it is, and is nothing to report', async () => {
    for (const handler of [
      () => {
        throw new WampError('com.example.denied', ['why', { a: 1 }], { key: 2 });
      },
      () => Promise.reject(new WampError('com.example.denied', ['why', { a: 1 }], { key: 2 })),
    ]) {
      const driven = await joined();
      await registered(driven, handler);
      driven.channel.deliver(invocation(1));
      await vi.waitFor(() => expect(driven.channel.sent.at(-1)?.type).toBe('ERROR'));
      expect(takeError(driven, 1)).toEqual({ uri: 'com.example.denied', args: ['why', { a: 1 }], kwargs: { key: 2 } });
      expect(driven.errors).toEqual([]);
    }
  });

  test.each([
    ['an Error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'just a text', 'just a text'],
    ['an object', { secret: 1 }, 'thrown: {"secret":1}'],
    ['undefined', undefined, 'thrown: undefined'],
  ])(
    '%s reaches the caller as runtime_error with its message and no stack, and is reported here',
    async (_, thrown, message) => {
      const driven = await joined();
      await registered(driven, () => {
        throw thrown as Error;
      });
      driven.channel.deliver(invocation(1));
      expect(takeError(driven, 1)).toEqual({ uri: errorUris.runtimeError, args: [message], kwargs: undefined });
      expect(driven.errors.map((error) => error.message)).toEqual([message]);
      expect(
        JSON.stringify(driven.channel.sent.map((sent) => ('payload' in sent ? sent.payload?.args : 0))),
      ).not.toContain('.ts');
    },
  );

  test('so does one of another copy of this library', async () => {
    const driven = await joined();
    const code = 'wamp_error' as const;
    const other = Object.assign(new Error('denied'), { code, uri: 'com.example.denied', args: [1], kwargs: { a: 2 } });
    expect(other).not.toBeInstanceOf(WampError);
    await registered(driven, () => {
      throw other;
    });
    driven.channel.deliver(invocation(1));
    expect(takeError(driven, 1)).toEqual({ uri: 'com.example.denied', args: [1], kwargs: { a: 2 } });
    expect(driven.errors).toEqual([]);
  });

  test('a WampError whose URI is none becomes a runtime_error', async () => {
    const driven = await joined();
    await registered(driven, () => {
      throw new WampError('not a uri', [1]);
    });
    driven.channel.deliver(invocation(1));
    expect(takeError(driven, 1).uri).toBe(errorUris.runtimeError);
  });

  test('a result that cannot be written becomes an error at the caller, and is reported here', async () => {
    const driven = await joined();
    await registered(driven, () => () => 1);
    driven.channel.deliver(invocation(1));
    expect(takeError(driven, 1)).toEqual({
      uri: errorUris.invalidPayload,
      args: ['cannot send a function'],
      kwargs: undefined,
    });
    expect(driven.errors).toEqual([expect.any(PayloadError)]);
  });

  test("an error's arguments that are no list are left out, and reported here", async () => {
    const driven = await joined();
    await registered(driven, () => Promise.reject(new WampError('com.example.no', 'text' as never)));
    driven.channel.deliver(invocation(1));
    expect((await driven.channel.next('ERROR')).error).toBe('com.example.no');
    expect(driven.errors.map(({ message }) => message)).toEqual(['args: expected a list, got "text"']);
  });

  test("an error's arguments that cannot be written are left out, and reported here", async () => {
    const driven = await joined();
    await registered(driven, () => {
      throw new WampError('com.example.denied', [2n ** 60n]);
    });
    driven.channel.deliver(invocation(1));
    expect(takeError(driven, 1)).toEqual({ uri: 'com.example.denied', args: undefined, kwargs: undefined });
    expect(driven.errors).toEqual([expect.any(PayloadError)]);
  });
});

describe('Advanced Profile, Call Canceling: the callee', () => {
  test('INTERRUPT aborts the signal and answers with canceled; the outcome goes nowhere', async () => {
    const driven = await joined();
    const outcome = deferred<string>();
    let signal: AbortSignal | undefined;
    await registered(driven, (_, call) => {
      ({ signal } = call);
      return outcome.promise;
    });
    driven.channel.deliver(invocation(1));
    expect(signal?.aborted).toBe(false);
    driven.channel.deliver({ type: 'INTERRUPT', request: 1, options: { mode: 'kill' } });
    expect(signal?.reason).toMatchObject({ uri: errorUris.canceled });
    expect(takeError(driven, 1).uri).toBe(errorUris.canceled);
    outcome.resolve('late');
    await outcome.promise;
    driven.channel.deliver({ type: 'INTERRUPT', request: 1, options: {} });
    driven.channel.expectNothingSent();
  });

  test('a signal that is first looked at afterwards is aborted too', async () => {
    const driven = await joined();
    const gate = deferred<void>();
    const seen = deferred<boolean>();
    await registered(driven, async (_, call) => {
      await gate.promise;
      seen.resolve(call.signal.aborted);
    });
    driven.channel.deliver(invocation(1), { type: 'INTERRUPT', request: 1, options: {} });
    gate.resolve();
    expect(await seen.promise).toBe(true);
  });

  test('a handler that rejects because it was interrupted is not reported', async () => {
    const driven = await joined();
    await registered(
      driven,
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    driven.channel.deliver(invocation(1), { type: 'INTERRUPT', request: 1, options: {} });
    driven.channel.take('ERROR');
    driven.channel.deliver(invocation(2));
    driven.channel.lose();
    // Both rejections have been seen to by now.
    await new Promise((resolve) => setImmediate(resolve));
    expect(driven.errors).toEqual([]);
  });

  test('an INTERRUPT for what is finished is ignored', async () => {
    const driven = await joined();
    await registered(driven, () => 1);
    driven.channel.deliver(
      invocation(1),
      { type: 'INTERRUPT', request: 1, options: {} },
      { type: 'INTERRUPT', request: 99, options: {} },
    );
    driven.channel.take('YIELD');
    driven.channel.expectNothingSent();
  });

  test.each(['lost', 'left', 'closed by the router'])(
    'when the connection is %s, running handlers are told and their outcomes go nowhere',
    async (how) => {
      const driven = await joined();
      const { session, channel, errors } = driven;
      const outcome = deferred<unknown>();
      const told = deferred<unknown>();
      await registered(driven, (_, { signal }) => {
        signal.addEventListener('abort', () => told.resolve(signal.reason));
        return outcome.promise;
      });
      channel.deliver(invocation(1));
      if (how === 'lost') channel.lose();
      else if (how === 'left') void session.leave();
      else channel.deliver({ type: 'GOODBYE', details: {}, reason: 'wamp.close.system_shutdown' });
      expect(await told.promise).toBeInstanceOf(Error);
      const before = channel.sent.length;
      outcome.reject(new Error('because of that'));
      await outcome.promise.catch(() => {});
      expect([channel.sent.length, errors]).toEqual([before, []]);
    },
  );

  test('everything under way is rejected when the connection is lost', async () => {
    const driven = await joined();
    const registration = await registered(driven, vi.fn());
    const pending = [register(driven.session, 'b.procedure', vi.fn()).done, registration.unregister()];
    driven.channel.lose();
    await expect(pending[0]).rejects.toThrow(/^REGISTER b\.procedure was not answered: /);
    await expect(pending[1]).rejects.toThrow(/^UNREGISTER was not answered: /);
    for (const promise of pending) await expect(promise).rejects.toThrow(ConnectionLostError);
    await registration.unregister();
  });
});
