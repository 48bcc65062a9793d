import { CallStream, QueueFullError, Result, type StreamOptions, TimeoutError, UsageError, WampError } from 'rocade';
import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { deferred, type Driven, joined, payload, stateOf } from './harness.ts';

const rolesWith = (...features: string[]) => ({
  broker: {},
  dealer: { features: Object.fromEntries(features.map((feature) => [feature, true])) },
});

const result = (request: number, value: unknown, progress = false): MessageOf<'RESULT'> => ({
  type: 'RESULT',
  request,
  details: progress ? { progress } : {},
  payload: payload(value),
});
const failure = (request: number, error: string): MessageOf<'ERROR'> => ({
  type: 'ERROR',
  requestType: MESSAGES.CALL.code,
  request,
  details: {},
  error,
});

/** What was made for `client.stream`, on a session. */
function stream({ session }: Driven, options: StreamOptions & { report?: (error: Error) => void } = {}) {
  return new CallStream<number>({
    report: () => {},
    ...options,
    procedure: 'a.b',
    call: (own) => session.call('a.b', [], own),
  });
}

describe('options of CALL', () => {
  test('travel by their names on the wire, and only those that are for the router', async () => {
    const { session, channel } = await joined();
    const options = {
      kwargs: { k: 1 },
      timeout: 50,
      signal: new AbortController().signal,
      cancelMode: 'skip',
      discloseMe: true,
      rkey: 'r',
      runmode: 'partition',
    } as const;
    session.call('a.b', [1], options).catch(() => {});
    const message = channel.take('CALL');
    expect(message.options).toEqual({ disclose_me: true, rkey: 'r', runmode: 'partition' });
    expect(message.payload?.kwargs).toEqual({ k: 1 });
  });

  test.each([
    [[], undefined],
    // Routers take whole numbers only, and break off for others.
    [['call_timeout'], 50],
  ])('a router that announces %j is told a time-out of %s', async (features, told) => {
    const { session, channel, clock } = await joined({ roles: rolesWith(...features) });
    const calling = session.call('a.b', [], { timeout: 49.5 });
    expect(channel.take('CALL').options['timeout']).toBe(told);
    // Kept on this side, too.
    clock.advance(50);
    await expect(calling).rejects.toThrow(TimeoutError);
  });

  test('when the router is the first to notice that the time is up, the error is the same', async () => {
    const { session, channel } = await joined({ roles: rolesWith('call_timeout') });
    const calling = session.call('a.b', [], { timeout: 50 });
    channel.deliver(failure(channel.take('CALL').request, errorUris.timeout));
    await expect(calling).rejects.toBeInstanceOf(TimeoutError);
    await expect(calling).rejects.toMatchObject({ cause: { uri: errorUris.timeout } });
    // Not so when it is the callee that has set a time.
    const other = session.call('a.b');
    channel.deliver(failure(channel.take('CALL').request, errorUris.timeout));
    await expect(other).rejects.toBeInstanceOf(WampError);
  });

  test('no time-out is told that is none', async () => {
    const { session, channel } = await joined({ roles: rolesWith('call_timeout') });
    session.call('a.b', [], { timeout: 0 }).catch(() => {});
    session.call('a.b', [], { discloseMe: true }).catch(() => {});
    expect([channel.take('CALL').options, channel.take('CALL').options]).toEqual([{}, { disclose_me: true }]);
  });
});

describe('Advanced Profile, Call Canceling: the caller', () => {
  test.each(['skip', 'kill', 'killnowait', undefined] as const)(
    'an abort sends CANCEL with mode %s, rejects at once, and what comes late is ignored',
    async (cancelMode) => {
      const driven = await joined();
      const controller = new AbortController();
      const calling = driven.session.call('a.b', [], { signal: controller.signal, ...(cancelMode && { cancelMode }) });
      const { request } = driven.channel.take('CALL');
      controller.abort(new Error('enough'));
      await expect(calling).rejects.toThrow('enough');
      expect(driven.channel.take('CANCEL')).toMatchObject({ request, options: { mode: cancelMode ?? 'killnowait' } });
      driven.channel.deliver(result(request, 1, true), result(request, 2), failure(request, errorUris.canceled));
      expect([driven.channel.closedWith, driven.errors]).toEqual([undefined, []]);
    },
  );
});

describe('Advanced Profile, Progressive Call Results: the caller', () => {
  test('parts are asked for by `onProgress` only, and go there; the result resolves the promise', async () => {
    const driven = await joined();
    const onProgress = vi.fn();
    const calling = driven.session.call('a.b', [], { onProgress });
    const { request, options } = driven.channel.take('CALL');
    expect(options).toEqual({ receive_progress: true });
    driven.channel.deliver(
      result(request, 1, true),
      { ...result(request, 0, true), payload: { args: [1, 2], kwargs: { k: 3 } } },
      { ...result(request, 0, true), payload: undefined },
      result(request, 'end'),
      result(request, 'late', true),
    );
    expect(await calling).toBe('end');
    expect(onProgress.mock.calls).toEqual([[1], [new Result([1, 2], { k: 3 })], [undefined]]);
  });

  test('parts that nobody has asked for are left out', async () => {
    const driven = await joined();
    const calling = driven.session.call('a.b');
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), result(request, 2));
    expect(await calling).toBe(2);
  });

  test('each part starts the time anew', async () => {
    const driven = await joined();
    const calling = driven.session.call('a.b', [], { onProgress: () => {}, timeout: 100 });
    const { request } = driven.channel.take('CALL');
    for (let index = 0; index < 3; index++) {
      driven.clock.advance(99);
      driven.channel.deliver(result(request, index, true));
    }
    driven.clock.advance(99);
    expect(await stateOf(calling)).toBe('pending');
    driven.clock.advance(1);
    await expect(calling).rejects.toThrow(TimeoutError);
    driven.channel.take('CANCEL');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
  ])('a listener that %s is reported, and the call goes on', async (_, onProgress) => {
    const driven = await joined();
    const calling = driven.session.call('a.b', [], { onProgress });
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), result(request, 2));
    expect(await calling).toBe(2);
    expect(driven.errors.map(({ message }) => message)).toEqual(['oops']);
  });

  test('a part for what is no call ends the session', async () => {
    const driven = await joined();
    driven.session.publish('a.b', [], { acknowledge: true }).catch(() => {});
    driven.channel.deliver(result(driven.channel.take('PUBLISH').request, 1, true));
    expect(driven.endings).toEqual([expect.objectContaining({ code: 'protocol_violation' })]);
  });
});

describe('a stream', () => {
  test('gives the parts, and then the result', async () => {
    const driven = await joined();
    const parts = stream(driven);
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), result(request, 2, true), result(request, 3));
    const seen: number[] = [];
    for await (const part of parts) seen.push(part);
    expect([seen, await parts.result, parts.dropped]).toEqual([[1, 2], 3, 0]);
  });

  test('ends with the error that the call ends with, which needs no other listener', async () => {
    const driven = await joined();
    const parts = stream(driven);
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), failure(request, 'com.example.oops'));
    const seen: number[] = [];
    const looping = (async () => {
      for await (const part of parts) seen.push(part);
    })();
    await expect(looping).rejects.toBeInstanceOf(WampError);
    expect(seen).toEqual([1]);
    await expect(parts.result).rejects.toMatchObject({ uri: 'com.example.oops' });
  });

  test.each([undefined, new AbortController().signal])('is cancelled when its loop is left', async (signal) => {
    const driven = await joined();
    const parts = stream(driven, { cancelMode: 'kill', ...(signal && { signal }) });
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true));
    for await (const part of parts) {
      expect(part).toBe(1);
      break;
    }
    expect(driven.channel.take('CANCEL')).toMatchObject({ request, options: { mode: 'kill' } });
    await expect(parts.result).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('is cancelled by its signal, too', async () => {
    const driven = await joined();
    const controller = new AbortController();
    const parts = stream(driven, { signal: controller.signal });
    const { request } = driven.channel.take('CALL');
    controller.abort(new Error('enough'));
    expect(driven.channel.take('CANCEL').request).toBe(request);
    await expect(parts[Symbol.asyncIterator]().next()).rejects.toThrow('enough');
  });

  test('that nobody reads is cancelled when it is full: no part is lost in silence', async () => {
    const driven = await joined();
    const parts = stream(driven, { queue: { max: 1 } });
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), result(request, 2, true));
    driven.channel.take('CANCEL');
    await expect(parts.result).rejects.toBeInstanceOf(QueueFullError);
    const iterator = parts[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    await expect(iterator.next()).rejects.toBeInstanceOf(QueueFullError);
  });

  test('may drop parts instead, which it counts and tells', async () => {
    const driven = await joined();
    const report = vi.fn();
    const parts = stream(driven, { queue: { max: 1, whenFull: 'dropOldest' }, report });
    const { request } = driven.channel.take('CALL');
    driven.channel.deliver(result(request, 1, true), result(request, 2, true), result(request, 3));
    const seen: number[] = [];
    for await (const part of parts) seen.push(part);
    expect([seen, parts.dropped, await parts.result]).toEqual([[2], 1, 3]);
    expect(report).toHaveBeenCalledExactlyOnceWith(expect.any(QueueFullError));
  });
});

describe('Advanced Profile, Progressive Call Invocations: the caller', () => {
  const roles = rolesWith('progressive_call_invocations', 'call_canceling');
  const sent = ({ request, options, payload: given }: MessageOf<'CALL'>): unknown => [request, options, given?.args];

  test('the arguments go out first, then each value of the input under the same id, and the end without one', async () => {
    const driven = await joined({ roles });
    const calling = driven.session.call('a.b', ['first'], { input: ['x', new Result(['y', 'z'])], rkey: 'r' });
    const messages = [driven.channel.take('CALL')];
    for (let index = 0; index < 3; index++) messages.push(await driven.channel.next('CALL'));
    const { request } = messages[0] as MessageOf<'CALL'>;
    expect(messages.map(sent)).toEqual([
      [request, { rkey: 'r', progress: true }, ['first']],
      [request, { rkey: 'r', progress: true }, ['x']],
      [request, { rkey: 'r', progress: true }, ['y', 'z']],
      [request, { rkey: 'r', progress: false }, undefined],
    ]);
    driven.channel.deliver(result(request, 'done'));
    expect(await calling).toBe('done');
  });

  test('a router that does not announce it gets nothing, since a second CALL of one id breaks some', async () => {
    const driven = await joined();
    await expect(driven.session.call('a.b', [], { input: [1] })).rejects.toThrow(UsageError);
    await expect(driven.session.call('a.b', [], { input: [1] })).rejects.toThrow(/progressive_call_invocations/);
    driven.channel.expectNothingSent();
  });

  test('a call that is answered early takes no more input, and closes it', async () => {
    const driven = await joined({ roles });
    const [gate, closed] = [deferred<void>(), deferred<void>()];
    const input = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
        await gate.promise;
        yield 2;
      } finally {
        closed.resolve();
      }
    };
    const calling = driven.session.call('a.b', [], { input: input() });
    const { request } = driven.channel.take('CALL');
    await driven.channel.next('CALL');
    driven.channel.deliver(result(request, 'enough'));
    expect(await calling).toBe('enough');
    gate.resolve();
    await closed.promise;
    driven.channel.expectNothingSent();
  });

  test('input that throws cancels the call, which rejects with that', async () => {
    const driven = await joined({ roles });
    const calling = driven.session.call('a.b', [], {
      input: (async function* () {
        yield 1;
        throw new Error('no more');
      })(),
    });
    await expect(calling).rejects.toThrow('no more');
    const [first, second] = [driven.channel.take('CALL'), driven.channel.take('CALL')];
    expect(driven.channel.take('CANCEL').request).toBe(first.request);
    expect(second.request).toBe(first.request);
  });

  test('input that cannot be sent does the same', async () => {
    const driven = await joined({ roles });
    await expect(driven.session.call('a.b', [], { input: [() => 1] })).rejects.toMatchObject({ code: 'payload' });
    driven.channel.take('CALL');
    driven.channel.take('CANCEL');
  });

  test('a call with an id of its own follows: ids of later calls are not those of the input', async () => {
    const driven = await joined({ roles });
    driven.session.call('a.b', [], { input: [1] }).catch(() => {});
    const { request } = driven.channel.take('CALL');
    driven.session.call('c.d').catch(() => {});
    expect(driven.channel.take('CALL').request).toBe(request + 1);
    expect((await driven.channel.next('CALL')).request).toBe(request);
  });
});

describe('after GOODBYE', () => {
  test('nothing follows it, not even an ABORT for what is no message', async () => {
    const driven = await joined();
    const leaving = driven.session.leave();
    driven.channel.take('GOODBYE');
    driven.channel.violate();
    await leaving;
    driven.channel.expectNothingSent();
    expect(driven.endings).toHaveLength(1);
  });
});
