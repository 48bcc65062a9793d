import type { RouterMessage } from 'rocade/protocol';
import { expect, test, vi } from 'vitest';
import { Outbox, type SlowPolicy } from '../../src/router/outbox.ts';

const EVENT: RouterMessage = { type: 'EVENT', subscription: 1, publication: 1, details: {} };
const RETAINED: RouterMessage = { ...EVENT, details: { retained: true } };
const RESULT: RouterMessage = { type: 'RESULT', request: 1, details: {} };

function slow(policy: SlowPolicy, bufferedAmount: number) {
  const channel = { bufferedAmount, send: vi.fn(), open: () => {}, close: () => {} };
  const told = { dropped: vi.fn(), caughtUp: vi.fn(), tooSlow: vi.fn() };
  return { channel, told, outbox: new Outbox(channel, { maxQueuedBytes: 10, policy, ...told }) };
}

test('one that is too slow is told of once, and not in the middle of what is being sent', async () => {
  const { channel, told, outbox } = slow('disconnect', 11);
  outbox.send(EVENT);
  outbox.send(EVENT);
  outbox.send(RESULT);
  expect(told.tooSlow).not.toHaveBeenCalled();
  await Promise.resolve();
  expect(told.tooSlow).toHaveBeenCalledOnce();
  expect(channel.send).not.toHaveBeenCalled();
});

test('answers may wait in a queue four times as long as that of events', async () => {
  const { channel, told, outbox } = slow('drop', 40);
  outbox.send(RESULT);
  expect(channel.send).toHaveBeenCalledOnce();
  channel.bufferedAmount = 41;
  outbox.send(RESULT);
  await Promise.resolve();
  expect(channel.send).toHaveBeenCalledOnce();
  expect(told.tooSlow).toHaveBeenCalledOnce();
});

test.each(['disconnect', 'drop'] as const)(
  'retained events, which were asked for, may wait so, too, and others behind them as if they did not: %s',
  async (policy) => {
    const { channel, told, outbox } = slow(policy, 11);
    const sendAt = (bufferedAmount: number, message: RouterMessage): number => {
      channel.send.mockClear();
      channel.bufferedAmount = bufferedAmount;
      outbox.send(message);
      return channel.send.mock.calls.length;
    };
    expect([sendAt(11, RETAINED), sendAt(30, RETAINED), sendAt(40, EVENT)]).toEqual([1, 1, 1]);
    // What has gone since does not count for what comes.
    expect([sendAt(20, EVENT), sendAt(30, EVENT)]).toEqual([1, 1]);
    expect([sendAt(5, EVENT), told.tooSlow.mock.calls.length, told.dropped.mock.calls.length]).toEqual([1, 0, 0]);
    expect(sendAt(11, EVENT)).toBe(0);
    expect(sendAt(41, RETAINED)).toBe(0);
    await Promise.resolve();
    expect(told.tooSlow).toHaveBeenCalledOnce();
  },
);

test('events that are dropped are counted, and told of again when there is room', () => {
  const { channel, told, outbox } = slow('drop', 11);
  outbox.send(EVENT);
  outbox.send(EVENT);
  expect(told.dropped.mock.calls).toEqual([[1], [2]]);
  channel.bufferedAmount = 10;
  outbox.send(EVENT);
  outbox.send(EVENT);
  expect([told.caughtUp.mock.calls, channel.send.mock.calls.length]).toEqual([[[2]], 2]);
});
