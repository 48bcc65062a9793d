import type { RouterMessage } from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';

/** What happens to a session that takes its events more slowly than they come. */
export const SLOW_POLICIES = ['disconnect', 'drop'] as const;
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

export interface OutboxOptions {
  /** Octets that may wait before events count as too many. */
  readonly maxQueuedBytes: number;
  readonly policy: SlowPolicy;
  /** An event was dropped: the how manieth since the session last kept up. */
  readonly dropped: (count: number) => void;
  /** The session keeps up again, after so many events were dropped. */
  readonly caughtUp: (count: number) => void;
  /** The session cannot go on. Called once, not from within `send`. */
  readonly tooSlow: () => void;
}

/** Answers and invocations cannot be left out, so they may wait in a longer queue than events. */
const ANSWERS_FACTOR = 4;

/** What is sent to one session, within a bound: nobody's slowness may cost the others memory. */
export class Outbox {
  readonly #channel: Channel;
  readonly #options: OutboxOptions;
  #dropped = 0;
  #over = false;

  constructor(channel: Channel, options: OutboxOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  /** Throws a `PayloadError` when the payload cannot be written for this peer. */
  send(message: RouterMessage): void {
    const waiting = this.#channel.bufferedAmount;
    if (waiting > this.#options.maxQueuedBytes) {
      if (!this.#fits(message, waiting)) return;
    } else if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#options.caughtUp(dropped);
    }
    this.#channel.send(message);
  }

  #fits({ type }: RouterMessage, waiting: number): boolean {
    const { maxQueuedBytes, policy, dropped, tooSlow } = this.#options;
    if (this.#over) return false;
    if (type === 'EVENT' && policy === 'drop') {
      dropped(++this.#dropped);
      return false;
    }
    if (type !== 'EVENT' && waiting <= ANSWERS_FACTOR * maxQueuedBytes) return true;
    this.#over = true;
    // Later, since whoever sends may be in the middle of a list that this session is in.
    queueMicrotask(tooSlow);
    return false;
  }
}
