import { type ClientEvent, connect } from 'rocade';
import { testRouter } from 'rocade/testing';
import { closeUris } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { deferred, event, invocation, stateOf } from './harness.ts';
import { admit, line, namesOf, once, online, record, turn } from './lines.ts';

describe('reconnect()', () => {
  test('drops the session and connects at once, without a delay', async () => {
    const made = line();
    const { client, channel } = await online(made, { retry: false });
    const heard = record(client);
    const call = expect(client.call('a.procedure')).rejects.toMatchObject({ maybeDelivered: true });
    client.reconnect();
    await call;
    expect([channel.closedWith !== undefined, client.session]).toEqual([true, undefined]);
    await admit(await made.next(), 2);
    expect([client.session?.id, namesOf(heard), made.clock.now()]).toEqual([2, ['left', 'joined'], 0]);
  });

  test('ends the wait for the next attempt', async () => {
    const made = line();
    const { client, channel } = await online(made);
    channel.lose();
    client.reconnect();
    await admit(await made.next(), 2);
    expect([client.session?.id, made.clock.now(), made.attempts]).toEqual([2, 0, 2]);
  });

  test('leaves an attempt that is being made alone, and a closed client closed', async () => {
    const made = line();
    const { client, channel } = await online(made);
    channel.lose();
    client.reconnect();
    client.reconnect();
    await client.close();
    client.reconnect();
    await turn();
    expect(made.attempts).toBe(2);
  });

  test('does nothing once the client was closed in the wait for the next attempt, or by who heard of the loss', async () => {
    const [waiting, closing] = [line(), line()];
    const { client, channel } = await online(waiting);
    channel.lose();
    await client.close();
    client.reconnect();
    const { client: other } = await online(closing);
    other.on('left', () => void other.close());
    other.reconnect();
    await turn();
    expect([waiting.attempts, closing.attempts]).toEqual([1, 1]);
  });
});

test('whoever hears that a session is open may drop it at once: there is one connection then, and no second one', async () => {
  const made = line();
  const { client } = await online(made);
  const heard = record(client);
  const off = client.on('joined', () => {
    off();
    client.reconnect();
  });
  client.reconnect();
  await admit(await made.next(), 2);
  await admit(await made.next(), 3);
  await turn();
  expect([client.session?.id, made.attempts, made.clock.pending]).toEqual([3, 3, 0]);
  expect(namesOf(heard)).toEqual(['left', 'joined', 'left', 'joined']);
});

describe('drain()', () => {
  test('takes everything back, lets what runs come to its end, and says goodbye', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const work = deferred<string>();
    const registering = client.register('a.procedure', () => work.promise);
    channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 });
    await registering;
    channel.deliver(invocation(1));
    const draining = client.drain();
    const { request } = channel.take('UNREGISTER');
    channel.deliver(invocation(2));
    channel.deliver({ type: 'UNREGISTERED', request });
    await turn();
    channel.expectNothingSent();
    expect(await stateOf(draining)).toBe('pending');
    work.resolve('done');
    for (const invoked of [1, 2]) {
      const { request: answered, payload } = await channel.next('YIELD');
      expect([answered, payload?.args]).toEqual([invoked, ['done']]);
    }
    await channel.next('GOODBYE');
    channel.deliver({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    await draining;
    expect([client.session, made.clock.pending]).toEqual([undefined, 0]);
  });

  test('does not wait longer than it is told', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const registering = client.register('a.procedure', () => new Promise(() => {}));
    channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 });
    await registering;
    channel.deliver(invocation(1));
    const draining = client.drain(500);
    channel.deliver({ type: 'UNREGISTERED', request: channel.take('UNREGISTER').request });
    made.clock.advance(500);
    await channel.next('GOODBYE');
    channel.lose();
    await draining;
    expect(made.clock.pending).toBe(0);
  });

  test('of a client without a connection is close()', async () => {
    const made = line();
    const { client, channel } = await online(made);
    channel.lose();
    await client.drain();
    expect(made.clock.pending).toBe(0);
    await client.drain();
  });

  test('loses no call that the router has accepted', async () => {
    const site = testRouter();
    const [service, caller] = await Promise.all([site.connect(), site.connect()]);
    const started = deferred<void>();
    await service.register('slow', async ([value]) => {
      started.resolve();
      await turn();
      return value;
    });
    const calls = [1, 2, 3].map((value) => caller.call('slow', [value]));
    await started.promise;
    await service.drain();
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    await site.close();
  });
});

describe('events()', () => {
  test('gives everything that happens, in order, and ends when the client is closed', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const seen: ClientEvent[] = [];
    const iterating = (async () => {
      for await (const event of client.events()) seen.push(event);
    })();
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    await admit(await made.next(), 2);
    const closing = client.close();
    made.clock.advance(30_000);
    await Promise.all([closing, iterating]);
    expect(seen.map(({ type }) => type)).toEqual(['left', 'reconnecting', 'connecting', 'open', 'joined', 'closed']);
    expect(seen[1]?.detail).toMatchObject({ attempt: 1, delayMs: expect.any(Number), error: expect.any(Error) });
  });

  test('of a closed client gives that it is', async () => {
    const { client, channel } = await online(line());
    const closing = client.close();
    channel.lose();
    await closing;
    const types: string[] = [];
    for await (const { type } of client.events()) types.push(type);
    expect(types).toEqual(['closed']);
  });

  test('keeps the newest thousand for who does not take them, the end among them', async () => {
    const { client, channel } = await online(line(), { retry: false });
    const events = client.events();
    client.on('closed', () => {});
    const subscribing = client.subscribe('a.topic', ([number]) => {
      throw new Error(String(number));
    });
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 });
    await subscribing;
    for (let number = 1; number <= 1100; number++) channel.deliver(event([number]));
    channel.lose();
    const seen: ClientEvent[] = [];
    for await (const one of events) seen.push(one);
    expect([seen.length, seen[0]?.detail, seen.at(-1)?.type]).toEqual([1000, new Error('103'), 'closed']);
  });

  test('a loop that is left does not hear any more', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { client, channel } = await online(line());
    const events = client.events();
    const first = events.next();
    await client.publish('a b').catch(() => {});
    expect(await first).toMatchObject({ value: { type: 'error' } });
    await events.return?.();
    expect(print).not.toHaveBeenCalled();
    await client.publish('a b').catch(() => {});
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(print).toHaveBeenCalledOnce();
    channel.lose();
    print.mockRestore();
  });
});

test('listeners given as an option hear of the first connection', async () => {
  const made = line();
  const heard: string[] = [];
  const opening = connect(made.connector, {
    clock: made.clock,
    on: {
      connecting: ({ attempt }) => void heard.push(`connecting ${attempt}`),
      open: () => void heard.push('open'),
      joined: ({ authid }) => void heard.push(`joined ${authid}`),
    },
  });
  await admit(await made.next());
  await opening;
  expect(heard).toEqual(['connecting 1', 'open', 'joined joe']);
});
