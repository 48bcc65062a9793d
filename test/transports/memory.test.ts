import { type Channel, connect, json } from 'rocade';
import { memory } from 'rocade/memory';
import type { Message } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test, vi } from 'vitest';
import { memoryPair } from '../../src/transports/index.ts';

const message = (number: number): Message => ({ type: 'PUBLISHED', request: number, publication: 1 });

/** Listens at a channel; resolves when it is closed. */
function listen(channel: Channel, onMessage: (request: number) => void = () => {}): Promise<unknown> {
  return new Promise((resolve) => {
    channel.open({
      message: (one) => onMessage((one as { request: number }).request),
      violation: resolve,
      closed: resolve,
    });
  });
}

describe('memory channels', () => {
  test('without a serializer pass the very objects', async () => {
    const [near, far] = memoryPair();
    const sent = message(1);
    near.send(sent);
    expect(await new Promise((resolve) => far.open({ message: resolve, violation: resolve, closed: resolve }))).toBe(
      sent,
    );
  });

  test('bring nothing more to who has closed, not even what came at the same time', async () => {
    const [near, far] = memoryPair();
    const heard: number[] = [];
    const over = listen(near);
    void listen(far, (request) => {
      heard.push(request);
      far.close();
    });
    near.send(message(1));
    near.send(message(2));
    await over;
    expect(heard).toEqual([1]);
  });

  test('with a serializer pass what a network would, and refuse what that cannot', async () => {
    const [near, far] = memoryPair({ serializer: json() });
    const event = {
      type: 'EVENT',
      subscription: 1,
      publication: 1,
      details: {},
      payload: { args: [() => 1], kwargs: undefined },
    } as const;
    expect(() => near.send(event)).toThrow('cannot send a function');
    near.send(message(1));
    const received = await new Promise((resolve) =>
      far.open({ message: resolve, violation: resolve, closed: resolve }),
    );
    expect(received).toEqual(message(1));
  });

  test('hold a bounded number of messages; one more closes the connection for both', async () => {
    const [near, far] = memoryPair({ maxQueued: 3 });
    const closedNear = listen(near);
    for (const number of [1, 2, 3]) near.send(message(number));
    expect(near.bufferedAmount).toBe(3);
    near.send(message(4));
    const seen: number[] = [];
    const closedFar = listen(far, (number) => seen.push(number));
    const expected = { code: 1013, reason: 'too many messages waiting' };
    expect([await closedNear, await closedFar, seen]).toEqual([expected, expected, [1, 2, 3]]);
  });

  test('let others have their turn while two keep answering each other', async () => {
    const [near, far] = memoryPair();
    let exchanged = 0;
    let stop = false;
    void listen(far, (number) => far.send(message(number + 1)));
    const done = new Promise<void>((resolve) => {
      void listen(near, (number) => {
        exchanged++;
        if (stop) resolve();
        else near.send(message(number + 1));
      });
    });
    near.send(message(1));
    // Without a turn for others neither of these would ever be run.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 0));
    stop = true;
    await done;
    expect(exchanged).toBeGreaterThan(100);
  });

  test('closed from both sides at once report nothing to either', async () => {
    const [near, far] = memoryPair();
    const [atNear, atFar] = [vi.fn(), vi.fn()];
    void listen(near).then(atNear);
    void listen(far).then(atFar);
    near.close();
    far.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect([atNear.mock.calls.length, atFar.mock.calls.length]).toEqual([0, 0]);
  });
});

describe('connect(memory(router))', () => {
  test('joins the router in this process', async () => {
    const router = new Router();
    const client = await connect(memory(router));
    expect(router.counts('realm1')?.sessions).toBe(1);
    await client.close();
    expect(router.counts('realm1')?.sessions).toBe(0);
  });

  test('values are shared, octets stay octets, and with a serializer they are copies', async () => {
    for (const [options, same] of [
      [{}, true],
      [{ serializer: json() }, false],
    ] as const) {
      const router = new Router();
      const client = await connect(memory(router, options));
      const seen: unknown[] = [];
      await client.register('echo', ([value]) => {
        seen.push(value);
        return value;
      });
      const value = { deep: [new Uint8Array([1, 2])] };
      expect(await client.call('echo', [value])).toEqual(value);
      expect(seen[0] === value).toBe(same);
      await client.close();
    }
  });
});
