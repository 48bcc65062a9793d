import type { Clock } from '../base/index.ts';

/** Lets so many things a second through on average, and as many at once when nothing came for a second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = Math.max(1, perSecond);
    this.#filledAt = clock.now();
  }

  /** False when there is none left. */
  take(): boolean {
    const now = this.#clock.now();
    const most = Math.max(1, this.#perSecond);
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#filledAt) * this.#perSecond) / 1000);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until there is one again. */
  get waitMs(): number {
    return Math.max(1, ((1 - this.#tokens) * 1000) / this.#perSecond);
  }
}
