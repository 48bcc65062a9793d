import { AbortedError, type Client, connect, type Registration } from 'rocade';
import { closeUris, errorUris } from 'rocade/protocol';
import type { RecordingChannel } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { invocation, payload, welcome } from './harness.ts';
import { admit, comeBack, line, once, online, turn } from './lines.ts';

/** Registers, and plays the router that confirms it. */
async function registered(client: Client, channel: RecordingChannel, procedure: string): Promise<Registration> {
  const registering = client.register(procedure, () => 'one');
  channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 });
  return registering;
}

/** The connection behind one that is lost. */
async function afterLoss(of: { client: Client; channel: RecordingChannel; made: ReturnType<typeof line> }) {
  const reconnecting = once(of.client, 'reconnecting');
  of.channel.lose();
  await comeBack(of.made, reconnecting);
  return admit(await of.made.next(), 2);
}

const RESTART = { type: 'GOODBYE', details: {}, reason: closeUris.systemShutdown } as const;

describe('a registration that is ended while it is being restored', () => {
  test('can be made again at once: what is asked for follows the release', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const registration = await registered(client, channel, 'a.procedure');
    await registered(client, channel, 'b.procedure');
    const next = await afterLoss({ client, channel, made });
    const [{ request: first }, { request: second }] = [next.take('REGISTER'), next.take('REGISTER')];
    const again = registration.unregister().then(() => client.register('a.procedure', () => 'another'));
    next.deliver({ type: 'REGISTERED', request: first, registration: 44 });
    await turn();
    next.expectNothingSent();
    next.deliver({ type: 'REGISTERED', request: second, registration: 45 });
    expect(next.take('UNREGISTER').registration).toBe(44);
    next.deliver({ type: 'REGISTERED', request: (await next.next('REGISTER')).request, registration: 46 });
    await again;
    next.deliver(invocation(1, [], 46));
    expect(next.take('YIELD').payload?.args).toEqual(['another']);
  });

  test('does not wait for a connection that is lost again', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const registration = await registered(client, channel, 'a.procedure');
    const next = await afterLoss({ client, channel, made });
    const ended = registration.unregister();
    next.lose();
    await ended;
  });
});

describe('a router that says that it restarts', () => {
  test('is asked again, on the next connection, for what was being made', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    const subscribing = client.subscribe('a.topic', vi.fn());
    channel.deliver(RESTART);
    await comeBack(made, reconnecting);
    const next = await admit(await made.next(), 2);
    next.deliver({ type: 'SUBSCRIBED', request: next.take('SUBSCRIBE').request, subscription: 33 });
    expect((await subscribing).topic).toBe('a.topic');
  });

  test('is sent idempotent calls again; others reject with why', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    const other = expect(client.call('b.procedure')).rejects.toMatchObject({ uri: closeUris.systemShutdown });
    const call = client.call('a.procedure', [], { idempotent: true });
    channel.deliver(RESTART);
    await other;
    await comeBack(made, reconnecting);
    const next = await admit(await made.next(), 2);
    next.deliver({ type: 'RESULT', request: next.take('CALL').request, details: {}, payload: payload(7) });
    expect(await call).toBe(7);
  });
});

test('an idempotent stream has all of its time for each part again when it is asked for again', async () => {
  const made = line();
  const { client, channel } = await online(made);
  const stream = client.stream('a.procedure', [], { idempotent: true, timeout: 1000 });
  for (let part = 1; part <= 3; part++) {
    made.clock.advance(900);
    channel.deliver({ type: 'RESULT', request: 1, details: { progress: true }, payload: payload(part) });
  }
  const next = await afterLoss({ client, channel, made });
  made.clock.advance(900);
  next.deliver({ type: 'RESULT', request: next.take('CALL').request, details: {}, payload: payload('done') });
  expect(await stream.result).toBe('done');
});

describe('an idempotent call rejects all the same', () => {
  test('when the router has broken off, as it might again', async () => {
    const { client, channel } = await online(line());
    const call = client.call('a.procedure', [], { idempotent: true });
    channel.deliver({ type: 'ABORT', details: {}, reason: errorUris.protocolViolation });
    await expect(call).rejects.toThrow(AbortedError);
  });

  test('when no other connection comes in time: as it was lost, since it may have been delivered', async () => {
    const made = line();
    const { client, channel } = await online(made, { offline: { timeout: 100 } });
    const call = client.call('a.procedure', [], { idempotent: true });
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    await reconnecting;
    await turn();
    made.failures = 1;
    made.clock.advance(100);
    await expect(call).rejects.toMatchObject({ name: 'ConnectionLostError', maybeDelivered: true });
  });

  test('when it was lost ten times, with what is being made: it may be what ends the connections', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const lost = { name: 'ConnectionLostError', maybeDelivered: true };
    const call = expect(client.call('a.procedure', [], { idempotent: true })).rejects.toMatchObject(lost);
    const registering = expect(client.register('b.procedure', vi.fn())).rejects.toMatchObject(lost);
    let last = channel;
    for (let times = 1; times < 10; times++) {
      last = await afterLoss({ client, channel: last, made });
      expect([last.take('CALL').procedure, last.take('REGISTER').procedure]).toEqual(['a.procedure', 'b.procedure']);
    }
    last.lose();
    await Promise.all([call, registering]);
  });

  test('when it has input: what was taken of that is gone', async () => {
    const made = line();
    const opening = connect(made.connector, { clock: made.clock });
    const channel = await made.next();
    await channel.next('HELLO');
    channel.deliver(welcome(1, { dealer: { features: { progressive_call_invocations: true } } }));
    const client = await opening;
    const endless = async function* () {
      for (;;) yield await Promise.resolve(1);
    };
    const call = client.call('a.procedure', [], { idempotent: true, input: endless() });
    await channel.next('CALL');
    channel.lose();
    await expect(call).rejects.toMatchObject({ name: 'ConnectionLostError', maybeDelivered: true });
  });
});
