import type { Message, MessageOf } from '../protocol/index.ts';
import type { Channel, CloseInfo, Receiver } from '../transports/index.ts';
import { plain, sampleMessages } from './sample-messages.ts';
import type { TestApi } from './test-api.ts';

/** Two channels of one connection. */
export interface TransportPair {
  readonly near: Channel;
  readonly far: Channel;
  /** Does the other end learn code and reason of a close? Default true; RawSocket, for one, has no words for them. */
  readonly tellsReasons?: boolean;
  /** Breaks the connection without a word, where that can happen. */
  readonly cut?: () => void;
  /** Cleans up after the test. */
  readonly dispose?: () => void | Promise<void>;
}

/** Everything that arrives at one end, and a way to wait for it. */
class Arrivals implements Receiver {
  readonly messages: Message[] = [];
  readonly closings: CloseInfo[] = [];
  /** Done on each message, after it was noted. */
  reaction: (message: Message) => void = () => {};
  #wake = (): void => {};

  constructor(channel: Channel) {
    channel.open(this);
  }

  message(message: Message): void {
    this.messages.push(message);
    this.reaction(message);
    this.#wake();
  }

  violation(error: Error): void {
    throw error;
  }

  closed(info: CloseInfo): void {
    this.closings.push(info);
    this.#wake();
  }

  async messagesToBe(count: number): Promise<void> {
    while (this.messages.length < count) await this.#more();
  }

  async closing(): Promise<CloseInfo> {
    for (;;) {
      const [info] = this.closings;
      if (info) return info;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

const event = (value: unknown): MessageOf<'EVENT'> => ({
  type: 'EVENT',
  subscription: 1,
  publication: 1,
  details: {},
  payload: { args: [value], kwargs: undefined },
});
const valueOf = (message: Message | undefined): unknown =>
  message?.type === 'EVENT' ? message.payload?.args[0] : undefined;

/**
 * What every channel has to do, as a test suite: run it on a transport of your own, joined to a serializer with
 * `framed`. `makePair` connects two ends; it is called once per test.
 *
 * @example
 * import { describe, expect, test } from 'vitest';
 * transportContract({ describe, expect, test }, () => {
 *   const [near, far] = memoryPair();
 *   return { near, far };
 * });
 */
export function transportContract(
  { describe, expect, test }: TestApi,
  makePair: () => TransportPair | Promise<TransportPair>,
): void {
  const withPair = (name: string, body: (pair: TransportPair) => Promise<void>): void => {
    test(name, async () => {
      const pair = await makePair();
      try {
        await body(pair);
      } finally {
        pair.near.close();
        pair.far.close();
        await pair.dispose?.();
      }
    });
  };

  describe('delivery', () => {
    withPair('every message arrives as it was sent, in both directions', async ({ near, far }) => {
      const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
      const samples = Object.values(sampleMessages);
      for (const message of samples) {
        near.send(message);
        far.send(message);
      }
      await Promise.all([atNear.messagesToBe(samples.length), atFar.messagesToBe(samples.length)]);
      expect(atNear.messages.map(plain)).toEqual(samples.map(plain));
      expect(atFar.messages.map(plain)).toEqual(samples.map(plain));
    });

    withPair('nothing arrives before send has returned', async ({ near, far }) => {
      const arrivals = new Arrivals(far);
      near.send(event(1));
      expect(arrivals.messages.length).toBe(0);
      await arrivals.messagesToBe(1);
    });

    withPair('what comes before open waits for it', async ({ near, far }) => {
      const atNear = new Arrivals(near);
      near.send(event('early'));
      far.send(event('answer'));
      await atNear.messagesToBe(1);
      const atFar = new Arrivals(far);
      await atFar.messagesToBe(1);
      expect(valueOf(atFar.messages[0])).toBe('early');
    });

    withPair('ten thousand messages of one turn arrive in order', async ({ near, far }) => {
      const arrivals = new Arrivals(far);
      const numbers = Array.from({ length: 10_000 }, (_, index) => index);
      for (const number of numbers) near.send(event(number));
      await arrivals.messagesToBe(numbers.length);
      expect(arrivals.messages.map(valueOf)).toEqual(numbers);
    });

    withPair('what is sent from within a delivery comes after what was sent before', async ({ near, far }) => {
      const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
      atFar.reaction = (message) => far.send(message);
      for (const number of [1, 2, 3]) near.send(event(number));
      await atNear.messagesToBe(3);
      expect(atNear.messages.map(valueOf)).toEqual([1, 2, 3]);
    });

    withPair('a message of a megabyte arrives', async ({ near, far }) => {
      const arrivals = new Arrivals(far);
      const text = 'Straße 🚲 '.repeat(100_000);
      near.send(event(text));
      await arrivals.messagesToBe(1);
      expect(valueOf(arrivals.messages[0]) === text).toBe(true);
    });

    withPair('nothing is buffered once everything has arrived', async ({ near, far }) => {
      const arrivals = new Arrivals(far);
      for (let count = 0; count < 100; count++) near.send(event('x'.repeat(1000)));
      await arrivals.messagesToBe(100);
      expect(near.bufferedAmount).toBe(0);
    });
  });

  describe('closing', () => {
    withPair('the other end is told once, with code and reason', async ({ near, far, tellsReasons = true }) => {
      const arrivals = new Arrivals(far);
      new Arrivals(near);
      near.close(1000, 'done');
      expect(await arrivals.closing()).toEqual({ code: 1000, reason: tellsReasons ? 'done' : '' });
      near.close(1000, 'again');
      far.close();
      expect(arrivals.closings.length).toBe(1);
    });

    withPair('what was sent before still arrives, and the end after it', async ({ near, far }) => {
      const arrivals = new Arrivals(far);
      new Arrivals(near);
      near.send(event('last'));
      near.close();
      await arrivals.closing();
      expect(arrivals.messages.map(valueOf)).toEqual(['last']);
    });

    withPair('a connection closed before open is reported on open', async ({ near, far, tellsReasons = true }) => {
      new Arrivals(near);
      near.send(event('last'));
      near.close(1000, 'short');
      const arrivals = new Arrivals(far);
      expect(await arrivals.closing()).toEqual({ code: 1000, reason: tellsReasons ? 'short' : '' });
      expect(arrivals.messages.map(valueOf)).toEqual(['last']);
    });

    withPair('the end that closed hears nothing more, neither messages nor the closing', async ({ near, far }) => {
      const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
      far.send(event('on its way'));
      near.close();
      far.send(event('too late'));
      await atFar.closing();
      expect([atNear.messages.length, atNear.closings.length]).toEqual([0, 0]);
    });

    withPair('one that closes within a delivery gets no more of it', async ({ near, far }) => {
      const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
      atFar.reaction = () => far.close();
      for (const number of [1, 2, 3]) near.send(event(number));
      await atNear.closing();
      expect(atFar.messages.map(valueOf)).toEqual([1]);
    });

    withPair('sending and closing after the end do nothing, on either side', async ({ near, far }) => {
      const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
      near.close();
      near.send(event('too late'));
      near.close();
      await atFar.closing();
      far.send(event('too late'));
      far.close();
      expect([atNear.messages.length, atFar.messages.length, atFar.closings.length]).toEqual([0, 0, 1]);
    });

    withPair('a reason of any length and alphabet closes, cut short where it has to be', async (pair) => {
      const { near, far, tellsReasons = true } = pair;
      const arrivals = new Arrivals(far);
      new Arrivals(near);
      const reason = 'zu lang: 長い '.repeat(40);
      near.close(1000, reason);
      const { reason: told } = await arrivals.closing();
      expect(reason.startsWith(told)).toBe(true);
      expect(told.length > 0).toBe(tellsReasons);
    });

    withPair(
      'a connection that breaks is reported once at both ends, and not as an orderly close',
      async ({ near, far, cut }) => {
        // Some connections cannot break, those in memory for instance.
        if (!cut) return;
        const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
        cut();
        const codes = (await Promise.all([atNear.closing(), atFar.closing()])).map(({ code }) => code);
        expect(codes.includes(1000)).toBe(false);
        near.send(event('too late'));
        expect([atNear.closings.length, atFar.closings.length]).toEqual([1, 1]);
      },
    );
  });
}
