import { getEventListeners } from 'node:events';
import {
  AbortedError,
  Client,
  ClosedError,
  ConnectError,
  ConnectionLostError,
  connect,
  json,
  PayloadError,
  TimeoutError,
  UsageError,
} from 'rocade';
import { closeUris, errorUris } from 'rocade/protocol';
import { fakeClock, recordingChannel } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { deferred, event, invocation, stateOf, welcome } from './harness.ts';
import { admit, line, namesOf, once, online, record, turn } from './lines.ts';

describe('connect', () => {
  test('hands the serializers to the connector, JSON where nothing is said', async () => {
    const made = line();
    const connector = vi.fn(made.connector);
    const opening = connect(connector, { clock: made.clock });
    await admit(await made.next());
    await opening;
    expect(connector.mock.calls[0]?.[0].serializers.map(({ id }) => id)).toEqual(['json']);
    const own = json();
    void connect(connector, { clock: made.clock, serializers: [own] });
    expect(connector.mock.calls[1]?.[0].serializers).toEqual([own]);
  });

  test('joins realm1 as rocade, or what it is told', async () => {
    for (const [options, realm, agent] of [
      [{}, 'realm1', 'rocade'],
      [{ realm: 'com.example', agent: 'me' }, 'com.example', 'me'],
    ] as const) {
      const made = line();
      void connect(made.connector, { clock: made.clock, ...options });
      expect(await (await made.next()).next('HELLO')).toMatchObject({ realm, details: { agent } });
    }
  });

  test('the session of the moment says who it is', async () => {
    const { client } = await online(line());
    expect(client.session).toMatchObject({ id: 1, realm: 'realm1', welcome: { authid: 'joe' }, bufferedAmount: 0 });
  });

  test('with retry: false rejects when there is no connection, and does not try again', async () => {
    const made = line();
    made.failures = 1;
    await expect(connect(made.connector, { clock: made.clock, retry: false })).rejects.toThrow(ConnectError);
    expect([made.attempts, made.clock.pending]).toEqual([1, 0]);
  });

  test('rejects when the router refuses, and does not try again', async () => {
    const made = line();
    const opening = connect(made.connector, { clock: made.clock });
    const channel = await made.next();
    await channel.next('HELLO');
    channel.deliver({ type: 'ABORT', details: {}, reason: errorUris.noSuchRealm });
    await expect(opening).rejects.toThrow(AbortedError);
    expect([made.attempts, made.clock.pending]).toEqual([1, 0]);
  });

  test('leaves nothing at its signal when it is over, whichever way', async () => {
    const { signal } = new AbortController();
    const made = line();
    made.failures = 1;
    const options = { clock: made.clock, retry: false, signal } as const;
    await expect(connect(made.connector, options)).rejects.toThrow(ConnectError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await online(made, options);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('rejects in time, also when a login comes in that very moment, and the connector never', async () => {
    const clock = fakeClock();
    const login = deferred<[]>();
    const connector = vi.fn(() => new Promise<never>(() => {}));
    const opening = connect(connector, { clock, timeout: 1000, retry: false, auth: () => login.promise });
    clock.advance(1000);
    login.resolve([]);
    await expect(opening).rejects.toThrow(TimeoutError);
    expect(connector).not.toHaveBeenCalled();
  });

  test('rejects for a realm that is no URI, and leaves no connection open', async () => {
    const made = line();
    const opening = connect(made.connector, { clock: made.clock, realm: 'not a realm' });
    await expect(opening).rejects.toThrow(UsageError);
    (await made.next()).expectNothingSent();
    expect(made.clock.pending).toBe(0);
  });

  test.each(['http://localhost', 'localhost:9000', '', 'ws//x'])(
    "refuses the address '%s' with a sentence",
    async (address) => {
      await expect(connect(address)).rejects.toThrow(UsageError);
      await expect(connect(address)).rejects.toThrow(`got '${address}'`);
    },
  );

  test('a session that is lost right behind its WELCOME is noticed', async () => {
    const made = line();
    const opening = connect(made.connector, { clock: made.clock, retry: false });
    const channel = await made.next();
    await channel.next('HELLO');
    channel.deliver(welcome());
    channel.lose();
    const client = await opening;
    expect(client.session).toBeUndefined();
    await expect(client.call('a.b')).rejects.toThrow(ClosedError);
    expect(await client.closed).toBeInstanceOf(ConnectionLostError);
  });
});

describe('a list that is none', () => {
  const ticket = { name: 'ticket', answer: () => ({ signature: 'secret' }) };

  test.each([
    ['auth', { auth: ticket }],
    ['auth', { auth: () => ticket }],
    ['serializers', { serializers: json() }],
  ])('is refused for the option %s, and no connection is tried', async (name, options) => {
    const made = line();
    const opening = connect(made.connector, { clock: made.clock, ...(options as object) });
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(`${name}: expected a list, got {`);
    expect([made.attempts, made.clock.pending]).toEqual([0, 0]);
  });
});

describe('a handler that is no function', () => {
  test.each([undefined, null, 'handler', { match: 'prefix' }])('is refused for a registration: %j', async (handler) => {
    const { client, channel } = await online(line());
    const refused = client.register('a.procedure', handler as never);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow('registration of a.procedure: expected a function, got ');
    channel.expectNothingSent();
  });

  test.each(['handler', 5, { match: 'prefix' }])('is refused for a subscription: %j', async (handler) => {
    const { client, channel } = await online(line());
    const refused = client.subscribe('a.topic', handler as never);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      `subscription to a.topic: expected a function, got ${JSON.stringify(handler)}`,
    );
    channel.expectNothingSent();
  });

  test('is refused while there is no connection, too, and nothing waits for one', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    await expect(client.register('a.procedure', 'handler' as never)).rejects.toThrow(UsageError);
    made.clock.advance((await reconnecting).delayMs);
    (await admit(await made.next(), 2)).expectNothingSent();
  });
});

describe('close', () => {
  test('says GOODBYE, resolves with its answer, and tells listeners once', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    const closing = client.close('com.example.done', 'that is all');
    expect(channel.take('GOODBYE')).toMatchObject({ reason: 'com.example.done', details: { message: 'that is all' } });
    channel.deliver({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    await closing;
    expect(namesOf(heard)).toEqual(['closed']);
    expect(await client.closed).toBeInstanceOf(ClosedError);
    expect([made.clock.pending, channel.closedWith !== undefined, client.session]).toEqual([0, true, undefined]);
  });

  test('may be called again, and by await using', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const closings = [client.close(), client.close(), client[Symbol.asyncDispose]()];
    channel.take('GOODBYE');
    channel.expectNothingSent();
    channel.lose();
    await Promise.all(closings);
    await client.close();
    expect(made.clock.pending).toBe(0);
  });

  test('rejects what is pending, and what is asked for afterwards, with ClosedError', async () => {
    const { client, channel } = await online(line());
    const pending = [
      client.call('a.b'),
      client.subscribe('a.topic', vi.fn()),
      client.register('a.b', vi.fn()),
      client.publish('a.b', [], { acknowledge: true }),
    ];
    const closing = client.close();
    for (const promise of pending) await expect(promise).rejects.toThrow(ClosedError);
    for (const later of [
      client.call('a.b'),
      client.subscribe('a.topic', vi.fn()),
      client.register('a.b', vi.fn()),
      client.publish('a.b', [], { acknowledge: true }),
    ]) {
      await expect(later).rejects.toThrow(ClosedError);
    }
    channel.lose();
    await closing;
  });

  test('while the connection is being made gives that up', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    // The new connection is there, but not its WELCOME.
    const next = await made.next();
    await next.next('HELLO');
    await client.close();
    expect([next.closedWith !== undefined, made.clock.pending]).toEqual([true, 0]);
  });

  test('within the listener of connecting is the end: nothing is told after it', async () => {
    const channel = recordingChannel();
    const client = new Client(() => Promise.resolve(channel));
    const heard: string[] = [];
    for (const name of ['connecting', 'open', 'closed'] as const) client.on(name, () => heard.push(name));
    client.on('connecting', () => client.close());
    await expect(client.open()).rejects.toThrow(ClosedError);
    await turn();
    expect(heard).toEqual(['connecting', 'closed']);
    expect(channel.closedWith).toBeDefined();
    channel.expectNothingSent();
  });

  test('before the connector has its connection closes that when it comes, and says nothing on it', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    expect(made.attempts).toBe(2);
    await client.close();
    const late = await made.next();
    await new Promise((resolve) => setImmediate(resolve));
    late.expectNothingSent();
    expect([late.closedWith !== undefined, made.clock.pending]).toEqual([true, 0]);
    expect(namesOf(heard)).toEqual(['left', 'reconnecting', 'closed']);
  });

  test('within the listener of joined leaves in good order', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    let closing = Promise.resolve();
    client.on('joined', () => {
      closing = client.close();
    });
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    const next = await admit(await made.next(), 2);
    await next.next('GOODBYE');
    expect(await stateOf(closing)).toBe('pending');
    next.deliver({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    await closing;
    expect(namesOf(heard)).toEqual(['left', 'reconnecting', 'joined', 'closed']);
    expect(made.clock.pending).toBe(0);
  });
});

describe('what a client reports', () => {
  test('handlers that fail, of events and of calls', async () => {
    const { client, channel } = await online(line());
    const errors: string[] = [];
    client.on('error', ({ message }) => void errors.push(message));
    const [subscribing, registering] = [
      client.subscribe('a.topic', () => {
        throw new Error('of an event');
      }),
      client.register('a.procedure', () => {
        throw new Error('of a call');
      }),
    ];
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 });
    channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: 20 });
    await Promise.all([subscribing, registering]);
    channel.deliver(event([1]), invocation(1));
    expect(errors).toEqual(['of an event', 'of a call']);
  });

  test('an event that is not acknowledged and cannot be sent, without an unhandled rejection', async () => {
    const { client } = await online(line());
    const error = once(client, 'error');
    void client.publish('a.topic', [() => 1]);
    expect(await error).toBeInstanceOf(PayloadError);
  });

  test('an acknowledged one only rejects', async () => {
    const { client } = await online(line());
    const heard = record(client);
    await expect(client.publish('a.topic', [() => 1], { acknowledge: true })).rejects.toThrow(PayloadError);
    expect(heard).toEqual([]);
  });

  test('what the router took back, once, and it is not restored', async () => {
    const made = line();
    const { client, channel } = await online(made);
    const heard = record(client);
    const subscribing = client.subscribe('a.topic', vi.fn());
    channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: 10 });
    await subscribing;
    channel.deliver({ type: 'UNSUBSCRIBED', request: 0, details: { subscription: 10 } });
    expect(heard).toEqual([
      ['error', expect.objectContaining({ message: expect.stringContaining('subscription to a.topic') })],
    ]);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    (await admit(await made.next(), 2)).expectNothingSent();
  });

  test('is printed when nobody listens', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { client } = await online(line());
    await client.publish('a b').catch(() => {});
    expect(print).toHaveBeenCalledExactlyOnceWith('rocade:', expect.any(UsageError));
    print.mockRestore();
  });

  test('goes to every listener, until that is taken back', async () => {
    const { client } = await online(line());
    const [first, second] = [vi.fn(), vi.fn()];
    const stop = client.on('error', first);
    client.on('error', second);
    await client.publish('a b').catch(() => {});
    stop();
    stop();
    await client.publish('a b').catch(() => {});
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2]);
  });

  test('a listener whose promise rejects is told of as one that throws, and ends no process', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { client, channel } = await online(line(), { retry: false });
    const failure = new Error('testaments could not be added again');
    client.on('left', async () => {
      await Promise.resolve();
      throw failure;
    });
    channel.lose();
    await turn();
    expect(print.mock.calls).toEqual([['rocade:', failure]]);
    print.mockRestore();
  });

  test('a listener that throws keeps neither the others from hearing nor the client from coming back', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const made = line();
    const { client, channel } = await online(made);
    for (const name of ['left', 'reconnecting', 'joined'] as const)
      client.on(name, () => {
        throw new Error(`listener of ${name}`);
      });
    const heard = record(client);
    const reconnecting = once(client, 'reconnecting');
    channel.lose();
    made.clock.advance((await reconnecting).delayMs);
    const joined = once(client, 'joined');
    await admit(await made.next(), 2);
    await joined;
    expect(namesOf(heard)).toEqual(['left', 'reconnecting', 'joined']);
    expect(client.session?.id).toBe(2);
    expect(print).toHaveBeenCalledTimes(3);
    print.mockRestore();
  });
});
