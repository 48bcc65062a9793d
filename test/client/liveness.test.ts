import { type Client, ConnectionLostError, connect, type LivenessOptions } from 'rocade';
import { fakeClock, type RecordingChannel, recordingChannel } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { event, welcome } from './harness.ts';
import { admit, once, record, turn } from './lines.ts';

interface Ends {
  readonly client: Client;
  readonly channel: RecordingChannel;
  readonly clock: ReturnType<typeof fakeClock>;
  /** Answers the pings of the transport that were not answered yet, and tells how many those are. */
  readonly pong: () => number;
}

/** A client on a transport that can ping, or that cannot. */
async function online(liveness: false | LivenessOptions | undefined, { pings = true } = {}): Promise<Ends> {
  const clock = fakeClock();
  const asked: (() => void)[] = [];
  const ping = pings ? { ping: (answered: () => void) => void asked.push(answered) } : {};
  const channel = recordingChannel();
  const opening = connect(async () => ({ ...channel, ping: undefined, ...ping }) as typeof channel, {
    clock,
    ...(liveness !== undefined && { liveness }),
    on: { reconnecting: () => {} },
  });
  await admit(channel);
  const pong = (): number => {
    const waiting = asked.splice(0);
    for (const answered of waiting) answered();
    return waiting.length;
  };
  return { client: await opening, channel, clock, pong };
}

describe('a connection over which nothing comes', () => {
  test('is asked for a sign of life after 20 seconds, and lost 10 seconds later', async () => {
    const { client, clock, channel, pong } = await online(undefined);
    const left = once(client, 'left');
    // The WELCOME counts, too.
    clock.advance(20_000);
    clock.advance(19_999);
    expect(pong()).toBe(0);
    clock.advance(1);
    channel.expectNothingSent();
    clock.advance(9_999);
    expect(client.session).toBeDefined();
    clock.advance(1);
    expect(await left).toBeInstanceOf(ConnectionLostError);
    expect((await left).message).toBe(
      'the connection was lost (code 1006, no sign of life from the router for 10000 ms)',
    );
    expect(channel.closedWith).toBeDefined();
  });

  test('lives on when the answer comes, however late within its time', async () => {
    const { client, clock, pong } = await online({ interval: 100, timeout: 50 });
    clock.advance(100);
    for (let round = 0; round < 5; round++) {
      clock.advance(149);
      expect(pong()).toBe(1);
      clock.advance(1);
    }
    expect(client.session).toBeDefined();
  });

  test('is not asked as long as anything comes', async () => {
    const { client, channel, clock, pong } = await online({ interval: 100, timeout: 50 });
    for (let round = 0; round < 10; round++) {
      channel.deliver(event([1]));
      clock.advance(99);
    }
    expect([pong(), client.session !== undefined]).toEqual([0, true]);
  });

  test('without a ping of the transport is asked by a call, of which an error is a sign of life too', async () => {
    const { client, channel, clock } = await online({ interval: 100, timeout: 50 }, { pings: false });
    clock.advance(200);
    const { request, procedure } = channel.take('CALL');
    expect(procedure).toBe('wamp.session.count');
    channel.deliver({ type: 'ERROR', requestType: 48, request, details: {}, error: 'wamp.error.not_authorized' });
    clock.advance(125);
    await turn();
    channel.take('CALL');
    const reconnecting = once(client, 'reconnecting');
    clock.advance(50);
    expect((await reconnecting).error).toBeInstanceOf(ConnectionLostError);
  });

  test('takes the calls in flight along', async () => {
    const { client, clock } = await online({ interval: 100, timeout: 50 });
    const call = expect(client.call('a.procedure')).rejects.toMatchObject({ maybeDelivered: true });
    clock.advance(250);
    await call;
  });

  test('with liveness: false is waited for, for ever', async () => {
    const { client, clock, pong } = await online(false);
    expect(clock.pending).toBe(0);
    clock.advance(1e9);
    expect([client.session !== undefined, pong()]).toEqual([true, 0]);
  });

  test.each(['lost', 'closed'])('is no longer watched once it is %s', async (how) => {
    const { client, channel, clock } = await online(undefined);
    if (how === 'lost') channel.lose();
    const closing = client.close();
    channel.lose();
    await closing;
    expect(clock.pending).toBe(0);
  });
});

test('a process that was stopped does not take its own silence for the router’s', async () => {
  const { client, clock, pong } = await online({ interval: 100, timeout: 50 });
  clock.advance(200);
  expect(pong()).toBe(1);
  clock.advance(25);
  clock.advance(100);
  // Stopped while it waits for an answer: the timer is due long before what has come is read.
  clock.advance(25);
  pong();
  clock.advance(25);
  expect(client.session).toBeDefined();
});

describe('what a browser tells of network and page', () => {
  /** As a window is, which Node has none of. */
  async function inWindow(run: (tell: (event: string) => void, window: EventTarget) => Promise<void>): Promise<void> {
    const window = new EventTarget();
    vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
    try {
      await run((name) => window.dispatchEvent(new Event(name)), window);
    } finally {
      vi.unstubAllGlobals();
    }
  }

  test.each(['online', 'offline', 'visibilitychange'])('%s has the connection checked at once', (name) =>
    inWindow(async (tell) => {
      const { client, clock, pong } = await online(undefined);
      tell(name);
      for (let again = 0; again < 5; again++) tell(name);
      expect(client.session).toBeDefined();
      expect(pong()).toBe(1);
      clock.advance(10_000);
      expect(client.session).toBeDefined();
      tell(name);
      const left = once(client, 'left');
      clock.advance(10_000);
      await left;
    }),
  );

  test('is not listened to any more by a client that is closed, so that the page does not keep it', () =>
    inWindow(async () => {
      const signals: (AbortSignal | undefined)[] = [];
      vi.stubGlobal('addEventListener', (_: string, __: unknown, { signal }: AddEventListenerOptions) =>
        signals.push(signal),
      );
      const { client, channel } = await online(undefined);
      expect(signals.map((signal) => signal?.aborted)).toEqual([false, false, false]);
      const closing = client.close();
      channel.lose();
      await closing;
      expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
    }));

  test('online ends the wait for the next attempt', () =>
    inWindow(async (tell) => {
      const clock = fakeClock();
      let attempts = 0;
      const channel = recordingChannel();
      const opening = connect(
        async () => {
          if (++attempts < 3) throw new Error('offline');
          return channel;
        },
        { clock, on: { reconnecting: () => queueMicrotask(() => tell('online')) } },
      );
      await channel.next('HELLO');
      channel.deliver(welcome());
      const client = await opening;
      expect([attempts, clock.now(), clock.pending]).toEqual([3, 0, 0]);
      // A client that is closed has no ear for it.
      const heard = record(client);
      const closing = client.close();
      channel.lose();
      await closing;
      tell('online');
      expect([attempts, heard.map(([event]) => event)]).toEqual([3, ['closed']]);
    }));
});
