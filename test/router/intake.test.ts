import type { Message } from 'rocade/protocol';
import { fakeClock } from 'rocade/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Intake } from '../../src/router/intake.ts';

const numbered = (publication: number): Message => ({ type: 'EVENT_RECEIVED', publication });
const answer = (request: number): Message => ({ type: 'YIELD', request, options: {} });
const numberOf = (message: Message): number =>
  message.type === 'EVENT_RECEIVED' ? message.publication : -(message as { request: number }).request;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** An intake whose taken messages are noted; those in `waits` wait for their number to be let go. */
function scene(networked: boolean, waits: readonly number[] = []) {
  const taken: number[] = [];
  const reading: string[] = [];
  const released = new Map<number, () => void>();
  const connection = { octets: 0 };
  const intake = new Intake({
    take(message) {
      const number = numberOf(message);
      taken.push(number);
      return waits.includes(number) ? new Promise((resolve) => void released.set(number, resolve)) : undefined;
    },
    overtakes: ({ type }) => type === 'YIELD',
    flow: networked
      ? {
          pause: () => void reading.push('pause'),
          resume: () => void reading.push('resume'),
          received: () => connection.octets,
        }
      : undefined,
    slowedDown: () => {},
    overflow: () => {},
    clock: fakeClock(),
    maxPerSecond: Number.POSITIVE_INFINITY,
  });
  const push = (from: number, to: number): void => {
    for (let number = from; number <= to; number++) intake.push(numbered(number));
  };
  return { intake, taken, reading, connection, push, letGo: (number: number) => released.get(number)?.() };
}
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** What the sessions of a process look at to see how long a turn has taken; it stands still unless a test moves it. */
let nowMs = 0;
beforeEach(async () => {
  await turn();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => void vi.restoreAllMocks());

/** A session of which `waiting` messages have to wait for the next turn, since this one has taken long. */
function late(waiting: number): ReturnType<typeof scene> {
  const made = scene(true);
  made.push(1, 64);
  nowMs += 5;
  let pushed = 64;
  while (pushed - made.taken.length < waiting) made.push(++pushed, pushed);
  return made;
}

describe('fairness: what one session sends at once', () => {
  test('is taken at once while nobody else waits, for 5 ms of a turn of the loop', async () => {
    const { taken, push } = scene(true);
    push(1, 1000);
    expect(taken).toEqual(upTo(1000));
    nowMs += 5;
    push(1001, 1100);
    const inTime = taken.length;
    expect(inTime).toBeLessThan(1010);
    await turn();
    expect(taken).toEqual(upTo(1100));
  });

  test('is taken 64 messages at a turn while others wait, in turns with them', async () => {
    const other = late(100);
    const busy = scene(true);
    busy.push(1, 150);
    expect(busy.taken).toEqual(upTo(64));
    const before = other.taken.length;
    await turn();
    expect(busy.taken).toEqual(upTo(128));
    expect(other.taken).toEqual(upTo(before + 64));
    await turn();
    expect(busy.taken).toEqual(upTo(150));
    expect(other.taken).toEqual(upTo(before + 100));
  });

  test('is taken 64 messages at a turn that has lasted long already', async () => {
    const first = scene(true);
    first.push(1, 10);
    nowMs += 5;
    const second = scene(true);
    second.push(1, 100);
    expect(second.taken.length).toBeGreaterThanOrEqual(64);
    expect(second.taken.length).toBeLessThan(70);
    await turn();
    expect(second.taken).toEqual(upTo(100));
  });

  test('is taken for 5 ms when each message takes long, whoever waits', async () => {
    const taken: number[] = [];
    const intake = new Intake({
      take(message) {
        taken.push(numberOf(message));
        nowMs += 1;
        return undefined;
      },
      overtakes: () => false,
      flow: { pause: () => {}, resume: () => {}, received: () => 0 },
      slowedDown: () => {},
      overflow: () => {},
      clock: fakeClock(),
      maxPerSecond: Number.POSITIVE_INFINITY,
    });
    for (const number of upTo(40)) intake.push(numbered(number));
    expect(taken.length).toBeLessThan(16);
    while (taken.length < 40) await turn();
    expect(taken).toEqual(upTo(40));
  });

  test('stops being read when much of it waits, until little does', async () => {
    const { taken, reading, push } = late(255);
    expect(reading).toEqual([]);
    const from = taken.length + 256;
    push(from, 1000);
    expect(reading).toEqual(['pause']);
    while (taken.length < 1000) await turn();
    expect(reading).toEqual(['pause', 'resume']);
    expect(taken).toEqual(upTo(1000));
  });

  test('has its rate whatever it had to wait for its turn', async () => {
    const { intake, taken, push } = scene(true);
    intake.setRate(8);
    push(1, 3);
    nowMs += 10;
    push(4, 9);
    while (taken.length < 8) await turn();
    await turn();
    expect(taken).toEqual(upTo(8));
  });

  test('is all taken before the end of the connection counts', async () => {
    const { intake, taken, push } = late(30);
    const before = taken.length;
    const ended = new Promise<void>((resolve) => intake.end(resolve));
    push(before + 31, before + 40);
    await ended;
    expect(taken).toEqual(upTo(before + 30));
  });

  test('within one process is taken at once', () => {
    const { taken, push } = scene(false);
    push(1, 1000);
    expect(taken).toEqual(upTo(1000));
  });
});

describe('order: while somebody is asked about a message', () => {
  test('later ones wait, and are taken in their order', async () => {
    const { taken, push, letGo } = scene(true, [2, 4]);
    push(1, 5);
    expect(taken).toEqual([1, 2]);
    letGo(2);
    await turn();
    expect(taken).toEqual([1, 2, 3, 4]);
    letGo(4);
    await turn();
    expect(taken).toEqual(upTo(5));
  });

  test('large ones are not read while they would have to wait, however few they are', async () => {
    const { taken, reading, connection, push, letGo } = scene(true, [1, 2]);
    const mebibyte = 1024 * 1024;
    for (const number of [1, 2, 3]) {
      expect(reading).toEqual([]);
      connection.octets += mebibyte;
      push(number, number);
    }
    expect(reading).toEqual(['pause']);
    letGo(1);
    await turn();
    expect([taken, reading]).toEqual([[1, 2], ['pause']]);
    letGo(2);
    await turn();
    expect([taken, reading]).toEqual([
      [1, 2, 3],
      ['pause', 'resume'],
    ]);
  });

  test('answers overtake, in their own order', async () => {
    const { intake, taken, push, letGo } = scene(true, [64]);
    push(1, 64);
    intake.push(numbered(65));
    intake.push(answer(1));
    intake.push(numbered(66));
    intake.push(answer(2));
    expect(taken).toEqual([...upTo(64), -1, -2]);
    letGo(64);
    await turn();
    expect(taken).toEqual([...upTo(64), -1, -2, 65, 66]);
  });

  test('the end of the connection does not wait, and nothing is taken after it', async () => {
    const { intake, taken, push, letGo } = scene(true, [1]);
    push(1, 3);
    let ended = false;
    intake.end(() => {
      ended = true;
      intake.stop();
    });
    expect(ended).toBe(true);
    letGo(1);
    await turn();
    expect(taken).toEqual([1]);
  });
});
