import { ClosedError, ConnectionLostError, json, UsageError } from 'rocade';
import { Client } from '../../src/client/index.ts';
import { describe, expect, test, vi } from 'vitest';
import { stateOf } from './harness.ts';
import { admit, comeBack, line, once, online } from './lines.ts';

describe('requests while there is no connection', () => {
  test('wait for it, and go out in their order behind what is restored', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const subscribing = client.subscribe('held.topic', vi.fn());
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 1 });
    await subscribing;
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    const call = client.call('a.procedure', [1]);
    const published = client.publish('a.topic', [2]);
    const acknowledged = client.publish('b.topic', [3], { acknowledge: true });
    const subscription = client.subscribe('c.topic', vi.fn());
    const registration = client.register('d.procedure', vi.fn());
    client.on('joined', () => void client.publish('last.topic'));
    await comeBack(made, reconnecting);
    const next = await admit(await made.next(), 2);
    expect(next.take('SUBSCRIBE').topic).toBe('held.topic');
    const called = next.take('CALL');
    expect([called.procedure, called.payload?.args, next.take('PUBLISH').topic]).toEqual([
      'a.procedure',
      [1],
      'a.topic',
    ]);
    const [second, third, fourth] = [next.take('PUBLISH'), next.take('SUBSCRIBE'), next.take('REGISTER')];
    expect(next.take('PUBLISH').topic).toBe('last.topic');
    next.deliver(
      { type: 'RESULT', request: called.request, details: {}, payload: { args: [4], kwargs: undefined } },
      { type: 'PUBLISHED', request: second.request, publication: 5 },
      { type: 'SUBSCRIBED', request: third.request, subscription: 6 },
      { type: 'REGISTERED', request: fourth.request, registration: 7 },
    );
    expect(await Promise.all([call, published, acknowledged])).toEqual([4, undefined, 5]);
    expect([(await subscription).topic, (await registration).procedure]).toEqual(['c.topic', 'd.procedure']);
  });

  test('are refused at once when they can never be sent', async () => {
    const made = line();
    const { client, channel } = await online(made);
    channel.lose();
    client.on('error', () => {});
    const nothing = vi.fn();
    for (const [what, refused] of [
      ['call', client.call('no uri')],
      ['call', client.call('no uri', [], { idempotent: true })],
      ['call', client.stream('no uri').result],
      ['publish', client.publish('no uri')],
      ['publish', client.publish('no uri', [], { acknowledge: true })],
      ['subscribe', client.subscribe('no uri', nothing)],
      ['register', client.register('no uri', nothing)],
    ] as const) {
      await expect(refused).rejects.toThrow(UsageError);
      await expect(refused).rejects.toThrow(`${what}: expected a URI such as`);
    }
    const late = client.call('a.uri', [], { timeout: '5' as never });
    await expect(late).rejects.toThrow('timeout: expected a number from 0, got "5"');
    expect(channel.sent.map(({ type }) => type)).toEqual(['HELLO']);
    await client.close();
  });

  test('also before the first one', async () => {
    const made = line();
    const client = new Client(made.connector, { clock: made.clock, serializers: [json()] });
    const call = client.call('a.procedure');
    const opening = client.open();
    const channel = await admit(await made.next());
    channel.deliver({ type: 'RESULT', request: channel.take('CALL').request, details: {} });
    await Promise.all([opening, call]);
  });

  test('are kept until the time is up, then reject as never sent', async () => {
    const made = line();
    made.failures = 1000;
    const { client, channel } = await online(Object.assign(made, { failures: 0 }), { offline: { timeout: 5000 } });
    made.failures = 1000;
    channel.lose();
    const waiting = client.call('a.procedure');
    const impatient = client.call('b.procedure', [], { timeout: 100 });
    made.clock.advance(100);
    await expect(impatient).rejects.toMatchObject({
      name: 'ConnectionLostError',
      maybeDelivered: false,
      message: 'call of b.procedure was not sent: no connection within 100 ms',
    });
    made.clock.advance(4899);
    expect(await stateOf(waiting)).toBe('pending');
    made.clock.advance(1);
    await expect(waiting).rejects.toThrow('no connection within 5000 ms');
  });

  test('the time of a call is for waiting and answer together', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    const call = client.call('a.procedure', [], { timeout: 1000 });
    await comeBack(made, reconnecting);
    (await admit(await made.next(), 2)).take('CALL');
    made.clock.advance(1000);
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('beyond the limit reject at once', async () => {
    const { client, channel } = await online(line(), { offline: { limit: 2 } });
    channel.lose();
    const waiting = [client.call('a.procedure'), client.publish('a.topic', [], { acknowledge: true })];
    await expect(client.call('b.procedure')).rejects.toThrow(
      'call of b.procedure was not sent: only 2 requests may wait',
    );
    const settled = Promise.allSettled(waiting);
    await client.close();
    for (const outcome of await settled)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(ClosedError) });
  });

  test("with offline: 'reject' reject at once, as never sent", async () => {
    const { client, channel } = await online(line(), { offline: 'reject' });
    channel.lose();
    client.on('error', () => {});
    for (const promise of [
      client.call('a.b'),
      client.subscribe('a.b', vi.fn()),
      client.register('a.b', vi.fn()),
      client.publish('a.b'),
    ]) {
      await expect(promise).rejects.toMatchObject({ name: 'ConnectionLostError', maybeDelivered: false });
    }
  });

  test('a call that has waited leaves no listener at its signal', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const call = client.call('a.procedure', [], { signal });
    await comeBack(made, reconnecting);
    const next = await admit(await made.next(), 2);
    next.deliver({ type: 'RESULT', request: next.take('CALL').request, details: {} });
    await call;
    expect([add.mock.calls.length, remove.mock.calls]).toEqual([2, add.mock.calls.map(([, it]) => ['abort', it])]);
  });

  test('a call that waits can be cancelled, and is never sent', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    const stop = new AbortController();
    const call = client.call('a.procedure', [], { signal: stop.signal });
    stop.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
    await expect(client.call('a.procedure', [], { signal: stop.signal })).rejects.toThrow('changed my mind');
    await comeBack(made, reconnecting);
    (await admit(await made.next(), 2)).expectNothingSent();
  });

  test('reject with ClosedError when the client is closed, or gives up', async () => {
    for (const end of ['close', 'fatal']) {
      const made = line();
      const { client, channel } = await online(made, { retry: ({ attempt, delay }) => attempt < 2 && delay });
      made.failures = 1;
      const reconnecting = once(client, 'reconnecting');
      channel.lose();
      const call = expect(client.call('a.procedure')).rejects.toThrow(ClosedError);
      if (end === 'close') await client.close();
      else await comeBack(made, reconnecting);
      await call;
      await client.closed;
      expect(made.clock.pending).toBe(0);
    }
  });
});

describe('calls in flight when the connection is lost', () => {
  test('reject, as they may have been delivered', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const call = client.call('a.procedure');
    channel.lose();
    await expect(call).rejects.toMatchObject({ name: 'ConnectionLostError', maybeDelivered: true });
  });

  test('that are idempotent are sent again with the next session, as often as it takes', async () => {
    const made = line();
    const { client, channel } = await online(made, { offline: 'reject' });
    const call = client.call('a.procedure', [1], { idempotent: true, kwargs: { a: 2 } });
    expect(channel.take('CALL').options).toEqual({});
    let last = channel;
    for (let session = 2; session < 5; session++) {
      const reconnecting = once(client, 'reconnecting');
      last.lose();
      await comeBack(made, reconnecting);
      last = await admit(await made.next(), session);
      const { request, procedure, payload } = last.take('CALL');
      expect([procedure, payload]).toEqual(['a.procedure', { args: [1], kwargs: { a: 2 } }]);
      if (session === 4)
        last.deliver({ type: 'RESULT', request, details: {}, payload: { args: [3], kwargs: undefined } });
    }
    expect(await call).toBe(3);
  });

  test('that are idempotent reject when the client gives up', async () => {
    const { client, channel } = await online(line(), { retry: false });
    const call = client.call('a.procedure', [], { idempotent: true });
    channel.lose();
    await expect(call).rejects.toThrow(ConnectionLostError);
  });

  test('that are idempotent reject with what the router answers', async () => {
    const { client, channel } = await online(line());
    const call = client.call('a.procedure', [], { idempotent: true });
    const { request } = channel.take('CALL');
    channel.deliver({ type: 'ERROR', requestType: 48, request, details: {}, error: 'com.example.no' });
    await expect(call).rejects.toMatchObject({ uri: 'com.example.no' });
  });
});
