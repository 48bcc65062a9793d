import type { Clock } from '../base/index.ts';
import { type ClientMessage, PayloadError } from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';

/** With more octets than this unsent, whoever sends waits until there are fewer again. */
const HIGH_WATER = 1_000_000;
/** With more than this, nothing more is taken. */
const FULL = 64_000_000;
const DRAIN_CHECK_MS = 20;

export interface PressureOptions {
  readonly channel: Pick<Channel, 'bufferedAmount'>;
  readonly clock: Clock;
  /** Is there still something to wait for? */
  readonly isOpen: () => boolean;
}

/** Bounds what waits to be sent. */
export class Pressure {
  readonly #options: PressureOptions;
  #draining: Promise<void> | undefined;

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  /** Throws a `PayloadError` when nothing more is taken. */
  check({ type }: ClientMessage): void {
    // An ERROR may be what tells of this, and a CANCEL takes something off.
    const isUrgent = type === 'ERROR' || type === 'CANCEL';
    if (this.#options.channel.bufferedAmount > FULL && !isUrgent) throw new PayloadError('too much unsent');
  }

  /** Resolves as soon as not much waits; undefined, so that nobody waits for nothing, when not much does. */
  room(): Promise<void> | undefined {
    return this.#isHigh() ? (this.#draining ??= this.#drain()) : undefined;
  }

  /** A browser's socket does not tell when it has sent enough, so it is asked now and then. */
  async #drain(): Promise<void> {
    const { clock, isOpen } = this.#options;
    while (this.#isHigh() && isOpen()) await new Promise<void>((resolve) => clock.after(DRAIN_CHECK_MS, resolve));
    this.#draining = undefined;
  }

  #isHigh(): boolean {
    return this.#options.channel.bufferedAmount > HIGH_WATER;
  }
}
