import { AbortedError, Client, ConnectError, type ClientOptions, connect, type RetryInfo, UsageError } from 'rocade';
import { closeUris, errorUris } from 'rocade/protocol';
import { AuthError } from 'rocade/auth';
import { describe, expect, test, vi } from 'vitest';
import { admit, type Line, line, namesOf, online, record, turn } from './lines.ts';

/** Lets every delay pass at once. */
function impatient(made: Line): NonNullable<ClientOptions['on']> {
  return { reconnecting: ({ delayMs }) => queueMicrotask(() => made.clock.advance(delayMs)) };
}

describe('the first connection', () => {
  test('is tried until it is there', async () => {
    const made = line();
    made.failures = 4;
    const told: number[] = [];
    const opening = connect(made.connector, {
      clock: made.clock,
      on: { ...impatient(made), connecting: ({ attempt }) => void told.push(attempt) },
    });
    await admit(await made.next());
    const client = await opening;
    expect([made.attempts, told, client.session?.id]).toEqual([5, [1, 2, 3, 4, 5], 1]);
    expect(made.clock.pending).toBe(0);
  });

  test('rejects at once with what no retry can mend', async () => {
    const made = line();
    const heard: string[] = [];
    const opening = connect(made.connector, {
      clock: made.clock,
      on: { reconnecting: () => void heard.push('reconnecting'), closed: () => void heard.push('closed') },
    });
    const channel = await made.next();
    await channel.next('HELLO');
    channel.deliver({ type: 'ABORT', details: {}, reason: errorUris.authenticationFailed });
    await expect(opening).rejects.toThrow(AbortedError);
    expect([heard, made.attempts, made.clock.pending]).toEqual([['closed'], 1, 0]);
  });

  test.each(['while a delay passes', 'while the connection is made', 'before anything'])(
    'is given up when the signal aborts %s',
    async (when) => {
      const made = line();
      const stop = new AbortController();
      if (when === 'before anything') stop.abort(new Error('enough'));
      if (when === 'while a delay passes') made.failures = 1;
      const reconnecting = vi.fn();
      const opening = connect(made.connector, { clock: made.clock, signal: stop.signal, on: { reconnecting } });
      if (when === 'while a delay passes') await vi.waitFor(() => expect(reconnecting).toHaveBeenCalled());
      if (when === 'while the connection is made') await (await made.next()).next('HELLO');
      stop.abort(new Error('enough'));
      await expect(opening).rejects.toThrow('enough');
      await vi.waitFor(() => expect(made.clock.pending).toBe(0));
      expect(made.attempts).toBe(when === 'before anything' ? 0 : 1);
    },
  );

  test('a signal that aborts later is of no effect', async () => {
    const stop = new AbortController();
    const { client, channel } = await online(line(), { signal: stop.signal });
    stop.abort();
    expect([client.session?.id, channel.closedWith]).toEqual([1, undefined]);
  });

  test('says once why nothing happens, when nobody listens', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const made = line();
    made.failures = 3;
    const opening = connect(made.connector, { clock: made.clock });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await turn();
      expect([made.attempts, made.clock.pending]).toEqual([attempt, 1]);
      made.clock.advance(1000);
    }
    await admit(await made.next());
    await opening;
    expect(print.mock.calls).toEqual([['rocade:', 'nobody answers; trying again']]);
    print.mockRestore();
  });

  test('says that it is closed for good, when nobody listens', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const made = line();
    const { client, channel } = await online(made);
    channel.lose();
    await turn();
    made.clock.advance(1000);
    const next = await made.next();
    await turn();
    next.deliver({ type: 'ABORT', details: {}, reason: 'wamp.error.no_such_realm' });
    await turn();
    expect(print.mock.calls.map(([, text]) => String(text))).toEqual([
      expect.stringContaining('trying again'),
      'wamp.error.no_such_realm; closed for good',
    ]);
    expect(await client.closed).toMatchObject({ uri: 'wamp.error.no_such_realm' });
    print.mockRestore();
  });

  test('leaves the failure of a first connection to whoever opened it', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const made = line();
    const opening = connect(made.connector, { clock: made.clock });
    const channel = await made.next();
    await turn();
    channel.deliver({ type: 'ABORT', details: {}, reason: 'wamp.error.no_such_realm' });
    await expect(opening).rejects.toMatchObject({ uri: 'wamp.error.no_such_realm' });
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });

  test('rejects what is opened after it was closed', async () => {
    const client = new Client(line().connector);
    await client.close();
    await expect(client.open()).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('the hook', () => {
  test('is told what would happen, and decides', async () => {
    const made = line();
    const told: RetryInfo[] = [];
    const { client, channel } = await online(made, {
      retry: (info) => {
        told.push(info);
        return info.attempt < 3 ? 50 : false;
      },
    });
    made.failures = 2;
    const heard = record(client);
    channel.lose();
    for (let attempt = 1; attempt < 3; attempt++) {
      await turn();
      made.clock.advance(50);
    }
    expect(await client.closed).toBeInstanceOf(ConnectError);
    expect(told).toEqual([
      { attempt: 1, delay: expect.any(Number), error: expect.objectContaining({ code: 'connection_lost' }) },
      { attempt: 2, delay: expect.any(Number), error: expect.any(ConnectError) },
      { attempt: 3, delay: expect.any(Number), error: expect.any(ConnectError) },
    ]);
    expect(namesOf(heard)).toEqual(['left', 'reconnecting', 'reconnecting', 'closed']);
  });

  test('may go on after what is fatal by default', async () => {
    const made = line();
    const delays: unknown[] = [];
    const opening = connect(made.connector, {
      clock: made.clock,
      retry: ({ delay }) => {
        delays.push(delay);
        return 0;
      },
    });
    const refused = await made.next();
    await refused.next('HELLO');
    refused.deliver({ type: 'ABORT', details: {}, reason: errorUris.noSuchRealm });
    await turn();
    made.clock.advance(0);
    await admit(await made.next());
    await opening;
    expect(delays).toEqual([false]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('a mistake');
      },
      'a mistake',
    ],
    ['returns what is no time', () => Number.NaN, 'retry: expected a number from 0, got NaN'],
    ['returns a promise', (() => Promise.resolve(5)) as never, 'retry: expected a number from 0, got {}'],
    ['returns nothing', () => undefined as never, 'nobody answers'],
  ] as const)('that %s closes the client', async (_, retry, text) => {
    const made = line();
    made.failures = 1;
    await expect(connect(made.connector, { clock: made.clock, retry })).rejects.toThrow(text);
    expect(made.clock.pending).toBe(0);
  });
});

describe('by default', () => {
  const failing = (error: Error) => ({ error, name: `${error.name} ${error.message}` });

  test.each([
    failing(new ConnectError('refused')),
    failing(new TypeError('a function of mine failed')),
    failing(new AuthError('the function failed', { cause: new Error('offline') })),
    failing(new AbortedError(closeUris.systemShutdown)),
    failing(new AbortedError(errorUris.timeout)),
  ])('the connection is tried again after: $name', async ({ error }) => {
    const made = line();
    let failed = false;
    const opening = connect(
      (options) => {
        if (failed) return made.connector(options);
        failed = true;
        return Promise.reject(error);
      },
      { clock: made.clock, on: impatient(made) },
    );
    await admit(await made.next());
    await opening;
  });

  test.each([
    failing(new UsageError('a malformed address')),
    failing(new AuthError('the router has not proved itself')),
    ...[
      errorUris.noSuchRealm,
      errorUris.noSuchRole,
      errorUris.noSuchPrincipal,
      errorUris.notAuthorized,
      errorUris.authenticationFailed,
      errorUris.authenticationDenied,
      errorUris.authenticationRequired,
      errorUris.noMatchingAuthMethod,
      'com.example.unknown',
    ].map((uri) => failing(new AbortedError(uri))),
  ])('the client is closed after: $name', async ({ error }) => {
    const made = line();
    await expect(connect(() => Promise.reject(error), { clock: made.clock })).rejects.toBe(error);
    expect(made.clock.pending).toBe(0);
  });
});

describe('what is a function is called for each connection', () => {
  test('the ways to log in', async () => {
    const made = line();
    let count = 0;
    const auth = async () => [{ name: 'ticket', authid: `joe${++count}`, answer: () => ({ signature: 'x' }) }];
    const opening = connect(made.connector, { clock: made.clock, auth, on: impatient(made) });
    for (const authid of ['joe1', 'joe2']) {
      const channel = await made.next();
      const hello = await channel.next('HELLO');
      expect(hello.details).toMatchObject({ authid, authmethods: ['ticket'] });
      const details = { roles: { broker: {}, dealer: {} }, authmethod: 'ticket' };
      channel.deliver({ type: 'WELCOME', session: 1, details });
      await opening;
      channel.lose();
    }
    await (await opening).close();
  });

  test('one that fails is a failed attempt', async () => {
    const made = line();
    const auth = vi.fn().mockRejectedValueOnce(new Error('no token to be had')).mockResolvedValue(undefined);
    const errors: string[] = [];
    const opening = connect(made.connector, {
      clock: made.clock,
      auth,
      on: {
        reconnecting: ({ error, delayMs }) => {
          errors.push(error.message);
          queueMicrotask(() => made.clock.advance(delayMs));
        },
      },
    });
    const channel = await admit(await made.next());
    const client = await opening;
    expect(errors).toEqual(['no token to be had']);
    channel.lose();
    await client.close();
  });
});

describe('a function that does not come to an end', () => {
  test('counts as a connection that takes too long', async () => {
    const made = line();
    const errors: string[] = [];
    const on: ClientOptions['on'] = { reconnecting: ({ error }) => void errors.push(error.message) };
    for (const target of [() => new Promise<string>(() => {}), made.connector]) {
      const stop = new AbortController();
      const auth = () => new Promise<never>(() => {});
      const opening = connect(target, { clock: made.clock, auth, on, signal: stop.signal, timeout: 1000 });
      await turn();
      made.clock.advance(1000);
      await vi.waitFor(() => expect(made.clock.pending).toBe(1));
      stop.abort(new Error('enough'));
      await expect(opening).rejects.toThrow('enough');
    }
    expect([errors, made.clock.pending]).toEqual([['no connection within 1000 ms', 'no connection within 1000 ms'], 0]);
  });
});
