import { type Client, ClosedError, ConnectionLostError, type Registration, type Subscription } from 'rocade';
import { closeUris, errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import type { RecordingChannel } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { event, invocation } from './harness.ts';
import { admit, type Line, line, namesOf, once, online, record, turn } from './lines.ts';

interface Ends {
  readonly client: Client;
  readonly channel: RecordingChannel;
}

/** Subscribes, and plays the router that confirms it. */
async function subscribed({ client, channel }: Ends, topic: string, handler = vi.fn()): Promise<Subscription> {
  const subscribing = client.subscribe(topic, handler);
  channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 });
  return subscribing;
}

/** Registers, and plays the router that confirms it. */
async function registered({ client, channel }: Ends, procedure: string, handler = vi.fn()): Promise<Registration> {
  const registering = client.register(procedure, handler);
  channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 });
  return registering;
}

/** Breaks the connection and brings the client to ask for the next one. */
async function cutOff(client: Client, channel: RecordingChannel, { clock }: Line): Promise<void> {
  const reconnecting = once(client, 'reconnecting');
  channel.lose();
  clock.advance((await reconnecting).delayMs);
}

const refused = ({ request }: MessageOf<'REGISTER'>): MessageOf<'ERROR'> => ({
  type: 'ERROR',
  requestType: MESSAGES.REGISTER.code,
  request,
  details: {},
  error: errorUris.procedureAlreadyExists,
});

describe('a lost connection', () => {
  test('is told, and come by again after a delay', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    channel.lose();
    expect(heard).toEqual([
      ['left', expect.any(ConnectionLostError)],
      ['reconnecting', { attempt: 1, delayMs: expect.any(Number), error: expect.any(ConnectionLostError) }],
    ]);
    expect([client.session, made.attempts, made.clock.pending]).toEqual([undefined, 1, 1]);
    made.clock.advance(200);
    const joined = once(client, 'joined');
    await admit(await made.next(), 2);
    expect(await joined).toMatchObject({ authid: 'joe' });
    expect([client.session?.id, made.attempts, made.clock.pending]).toEqual([2, 2, 0]);
  });

  test('attempts that fail follow each other with full jitter below a bound that doubles up to the maximum', async () => {
    const made = line();
    const { client, channel } = await online(made, { retry: { initialDelay: 100, maxDelay: 1000 } });
    made.failures = 1000;
    const bounds = [100, 200, 400, 800, 1000, 1000];
    const delays: number[] = [];
    let reconnecting = once(client, 'reconnecting');
    channel.lose();
    for (const [index, bound] of bounds.entries()) {
      const { attempt, delayMs } = await reconnecting;
      expect(attempt).toBe(index + 1);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThan(bound);
      delays.push(delayMs);
      reconnecting = once(client, 'reconnecting');
      made.clock.advance(delayMs);
    }
    await reconnecting;
    expect(new Set(delays).size).toBe(delays.length);
  });

  test.each([
    [0, 0],
    [1 - Number.EPSILON, 199.99],
  ])('the jitter is drawn from the whole range: %i', async (drawn, delay) => {
    const draw = vi.spyOn(Math, 'random').mockReturnValue(drawn);
    const { client, channel } = await online(line());
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    expect((await reconnecting).delayMs).toBeCloseTo(delay, 1);
    draw.mockRestore();
  });

  test.each([
    ['a session that lasted starts the count anew', 5000, 1],
    ['one that was lost soon does not', 4999, 5],
  ])('%s', async (_, lasts, expected) => {
    const made = line();
    const { client, channel } = await online(made);
    made.failures = 3;
    const attempts: number[] = [];
    client.on('reconnecting', ({ attempt, delayMs }) => {
      attempts.push(attempt);
      queueMicrotask(() => made.clock.advance(delayMs));
    });
    const joined = once(client, 'joined');
    channel.lose();
    const next = await admit(await made.next(), 2);
    await joined;
    expect(attempts).toEqual([1, 2, 3, 4]);
    made.clock.advance(lasts);
    next.lose();
    expect(attempts.at(-1)).toBe(expected);
  });

  test('so does a session that lasted and was left by reconnect()', async () => {
    const made = line();
    const { client, channel } = await online(made);
    made.failures = 3;
    client.on('reconnecting', ({ delayMs }) => queueMicrotask(() => made.clock.advance(delayMs)));
    const joined = once(client, 'joined');
    channel.lose();
    await admit(await made.next(), 2);
    await joined;
    made.clock.advance(5000);
    made.failures = 1;
    const connecting = once(client, 'connecting');
    client.reconnect();
    expect(await connecting).toEqual({ attempt: 1 });
  });

  test('a router that does not answer HELLO in time is tried again', async () => {
    const made = line();
    const { client, channel } = await online(made, { timeout: 700 });
    await cutOff(client, channel, made);
    const silent = await made.next();
    await silent.next('HELLO');
    const reconnecting = once(client, 'reconnecting');
    made.clock.advance(700);
    expect(await reconnecting).toMatchObject({ attempt: 2, error: { name: 'TimeoutError' } });
    expect(silent.closedWith).toBeDefined();
  });

  test('with retry: false it closes the client', async () => {
    const made = line();
    const { client, channel } = await online(made, { retry: false });
    const heard = record(client);
    channel.lose();
    expect(namesOf(heard)).toEqual(['left', 'closed']);
    expect(await client.closed).toBeInstanceOf(ConnectionLostError);
    await expect(client.call('a.b')).rejects.toThrow(ClosedError);
    expect([made.attempts, made.clock.pending]).toEqual([1, 0]);
  });

  test('close() ends the trying', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    channel.lose();
    await client.close();
    made.clock.advance(1e6);
    expect(namesOf(heard)).toEqual(['left', 'reconnecting', 'closed']);
    expect([made.attempts, made.clock.pending]).toEqual([1, 0]);
  });
});

describe('reasons', () => {
  test.each([closeUris.systemShutdown])('a GOODBYE with %s is come back from', async (reason) => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    channel.deliver({ type: 'GOODBYE', details: {}, reason });
    expect(namesOf(heard)).toEqual(['left', 'reconnecting']);
    expect(client.session).toBeUndefined();
  });

  test.each([closeUris.killed, closeUris.closeRealm, closeUris.normal, 'com.example.reason'])(
    'a GOODBYE with %s is for good',
    async (reason) => {
      const made = line();
      const { client, channel } = await online(made);
      const heard = record(client);
      channel.deliver({ type: 'GOODBYE', details: {}, reason });
      expect(namesOf(heard)).toEqual(['left', 'closed']);
      expect([made.clock.pending, await client.closed]).toEqual([0, expect.objectContaining({ uri: reason })]);
    },
  );

  test.each([
    [errorUris.noSuchRealm, 'closed'],
    [errorUris.noSuchRole, 'closed'],
    [errorUris.notAuthorized, 'closed'],
    [errorUris.authenticationFailed, 'closed'],
    [errorUris.noMatchingAuthMethod, 'closed'],
    [errorUris.protocolViolation, 'reconnecting'],
    [closeUris.systemShutdown, 'reconnecting'],
    [errorUris.timeout, 'reconnecting'],
    [errorUris.unavailable, 'reconnecting'],
    [errorUris.limitExceeded, 'reconnecting'],
  ])('an ABORT with %s when coming back leads to: %s', async (reason, outcome) => {
    const made = line();
    const { client, channel } = await online(made);
    await cutOff(client, channel, made);
    const refused = await made.next();
    await refused.next('HELLO');
    const told = once(client, outcome as 'closed');
    refused.deliver({ type: 'ABORT', details: {}, reason });
    await told;
    expect(made.clock.pending).toBe(outcome === 'closed' ? 0 : 1);
  });

  test('a protocol violation of the router ends the session, not the client', async () => {
    const { client, channel } = await online(line());
    const heard = record(client);
    channel.violate();
    expect(namesOf(heard)).toEqual(['left', 'reconnecting']);
  });
});

describe('subscriptions and registrations', () => {
  test('are restored in their order, before anything else is sent, and go on working', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const [onEvent, onCall] = [vi.fn(), vi.fn(() => 'answer')];
    await subscribed({ client, channel }, 'a.topic', onEvent);
    await registered({ client, channel }, 'a.procedure', onCall);
    await subscribed({ client, channel }, 'b.topic');
    client.on('joined', () => void client.publish('c.topic'));
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    const [first, second, third] = [next.take('SUBSCRIBE'), next.take('REGISTER'), next.take('SUBSCRIBE')];
    expect([first.topic, second.procedure, third.topic, next.take('PUBLISH').topic]).toEqual([
      'a.topic',
      'a.procedure',
      'b.topic',
      'c.topic',
    ]);
    next.deliver(
      { type: 'SUBSCRIBED', request: first.request, subscription: 33 },
      { type: 'REGISTERED', request: second.request, registration: 44 },
    );
    next.deliver(event(['again'], 33), invocation(1, [], 44));
    expect([onEvent.mock.calls.length, next.take('YIELD').payload?.args]).toEqual([1, ['answer']]);
  });

  test('of one topic are restored one by one', async () => {
    const made = line();
    const { client, channel } = await online(made);
    for (let count = 0; count < 2; count++) await subscribed({ client, channel }, 'a.topic');
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    expect([next.take('SUBSCRIBE').topic, next.take('SUBSCRIBE').topic]).toEqual(['a.topic', 'a.topic']);
  });

  test('that were ended are not restored, also when they were ended offline', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const subscription = await subscribed({ client, channel }, 'a.topic');
    const registration = await registered({ client, channel }, 'a.procedure');
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    await Promise.all([subscription.unsubscribe(), registration.unregister()]);
    made.clock.advance((await reconnecting).delayMs);
    (await admit(await made.next(), 2)).expectNothingSent();
  });

  test('that the router refused at first are not restored', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const registering = client.register('a.procedure', vi.fn());
    const { request } = channel.take('REGISTER');
    channel.deliver({
      type: 'ERROR',
      requestType: MESSAGES.REGISTER.code,
      request,
      details: {},
      error: errorUris.procedureAlreadyExists,
    });
    await expect(registering).rejects.toMatchObject({ uri: errorUris.procedureAlreadyExists });
    await cutOff(client, channel, made);
    (await admit(await made.next(), 2)).expectNothingSent();
  });

  test('that were under way when the connection went are asked for again, behind those that are restored', async () => {
    const made = line();
    const { client, channel } = await online(made);
    await subscribed({ client, channel }, 'first.topic');
    const [subscribing, registering] = [client.subscribe('a.topic', vi.fn()), client.register('a.procedure', vi.fn())];
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    expect(next.take('SUBSCRIBE').topic).toBe('first.topic');
    const [{ request: first, topic }, { request: second, procedure }] = [next.take('SUBSCRIBE'), next.take('REGISTER')];
    expect([topic, procedure]).toEqual(['a.topic', 'a.procedure']);
    next.deliver(
      { type: 'SUBSCRIBED', request: first, subscription: 33 },
      { type: 'REGISTERED', request: second, registration: 44 },
    );
    expect([(await subscribing).topic, (await registering).procedure]).toEqual(['a.topic', 'a.procedure']);
    next.expectNothingSent();
  });

  test('that are ended while they are being restored are not called, and undone', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const [onEvent, onCall] = [vi.fn(), vi.fn()];
    const subscription = await subscribed({ client, channel }, 'a.topic', onEvent);
    const registration = await registered({ client, channel }, 'a.procedure', onCall);
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    const [{ request: first }, { request: second }] = [next.take('SUBSCRIBE'), next.take('REGISTER')];
    const ended = Promise.all([subscription.unsubscribe(), registration.unregister()]);
    next.deliver(
      { type: 'SUBSCRIBED', request: first, subscription: 33 },
      { type: 'REGISTERED', request: second, registration: 44 },
    );
    next.deliver(event([1], 33));
    await ended;
    expect([next.take('UNSUBSCRIBE').subscription, next.take('UNREGISTER').registration]).toEqual([33, 44]);
    expect([onEvent.mock.calls.length, onCall.mock.calls.length]).toEqual([0, 0]);
  });

  test('that cannot be restored are reported once, and tried again after growing delays', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const onCall = vi.fn(() => 'answer');
    await subscribed({ client, channel }, 'a.topic');
    await registered({ client, channel }, 'a.procedure', onCall);
    const heard = record(client);
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    next.deliver({ type: 'SUBSCRIBED', request: next.take('SUBSCRIBE').request, subscription: 33 });
    for (let attempt = 1; attempt <= 3; attempt++) {
      next.deliver(refused(next.take('REGISTER')));
      await turn();
      next.expectNothingSent();
      made.clock.advance(100 * 2 ** attempt);
    }
    next.deliver({ type: 'REGISTERED', request: next.take('REGISTER').request, registration: 44 });
    next.deliver(invocation(1, [], 44));
    expect(next.take('YIELD').payload?.args).toEqual(['answer']);
    expect(heard.filter(([name]) => name === 'error')).toEqual([
      ['error', expect.objectContaining({ uri: errorUris.procedureAlreadyExists })],
    ]);
  });

  test.each(['lost again', 'closed'])(
    'that wait to be restored do not wait any more when the client is %s',
    async (how) => {
      const made = line();
      const { client, channel } = await online(made);
      client.on('error', () => {});
      await registered({ client, channel }, 'a.procedure');
      await cutOff(client, channel, made);
      const next = await admit(await made.next(), 2);
      next.deliver(refused(next.take('REGISTER')));
      await turn();
      if (how === 'closed') {
        const closing = client.close();
        next.lose();
        await closing;
        expect(made.clock.pending).toBe(0);
      } else {
        await cutOff(client, next, made);
        const last = await admit(await made.next(), 3);
        expect(last.take('REGISTER').procedure).toBe('a.procedure');
        made.clock.advance(10_000);
        last.expectNothingSent();
      }
    },
  );

  test('that are ended while they wait to be restored are not tried again', async () => {
    const made = line();
    const { client, channel } = await online(made);
    client.on('error', () => {});
    const registration = await registered({ client, channel }, 'a.procedure');
    await cutOff(client, channel, made);
    const next = await admit(await made.next(), 2);
    next.deliver(refused(next.take('REGISTER')));
    await turn();
    await registration.unregister();
    made.clock.advance(200);
    next.expectNothingSent();
  });

  test('that were being restored when the connection went again are not reported', async () => {
    const made = line();
    const { client, channel } = await online(made);
    await subscribed({ client, channel }, 'a.topic');
    const heard = record(client);
    await cutOff(client, channel, made);
    await cutOff(client, await admit(await made.next(), 2), made);
    (await admit(await made.next(), 3)).take('SUBSCRIBE');
    expect(namesOf(heard)).not.toContain('error');
  });
});
