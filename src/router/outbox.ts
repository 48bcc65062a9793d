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

/** Answers, invocations and the retained events that were asked for may wait in a longer queue than events: they are not left out. */
const ASKED_FACTOR = 4;

/** What is sent to one session, within a bound: nobody's slowness may cost the others memory. */
export class Outbox {
  readonly #channel: Channel;
  readonly #options: OutboxOptions;
  /** Has anything waited that was too much, since the session last kept up? */
  #behind = false;
  #dropped = 0;
  /** Octets that wait since they were asked for, at most: they are no sign of slowness. */
  #asked = 0;
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
    } else if (this.#behind) this.#catchUp();
    this.#channel.send(message);
  }

  #catchUp(): void {
    const dropped = this.#dropped;
    this.#behind = false;
    this.#dropped = 0;
    this.#asked = 0;
    if (dropped > 0) this.#options.caughtUp(dropped);
  }

  #fits(message: RouterMessage, waiting: number): boolean {
    const { maxQueuedBytes, policy, dropped, tooSlow } = this.#options;
    if (this.#over) return false;
    this.#behind = true;
    const isRetained = message.type === 'EVENT' && message.details.retained === true;
    const isAsked = message.type !== 'EVENT' || isRetained;
    this.#asked = isRetained ? waiting : Math.min(this.#asked, waiting);
    const longest = ASKED_FACTOR * maxQueuedBytes;
    const most = isAsked ? longest : Math.min(longest, this.#asked + maxQueuedBytes);
    if (waiting <= most) return true;
    if (!isAsked && policy === 'drop') {
      dropped(++this.#dropped);
      return false;
    }
    this.#over = true;
    // Later, since whoever sends may be in the middle of a list that this session is in.
    queueMicrotask(tooSlow);
    return false;
  }
}
