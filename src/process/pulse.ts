import type { Clock } from '../base/index.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Asks for a sign of life. */
  readonly ask: () => void;
  /** None has come for the time-out, or a little longer. Called once. */
  readonly onStill: () => void;
}

/** Within the time-out: after a time in which the manager itself was away, as on a machine that sleeps, there are some left to answer. */
const QUESTIONS = 4;

/**
 * Asks a program of ours, on the channel to it, whether its event loop still turns. Counts from the first answer on, as the
 * program has to be loaded first.
 */
export class Pulse {
  readonly #options: PulseOptions;
  /** Undefined before the first answer. */
  #unanswered: number | undefined;
  #cancel = (): void => {};

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#ask();
  }

  heard(): void {
    this.#unanswered = 0;
  }

  end(): void {
    this.#cancel();
  }

  #ask(): void {
    const { clock, timeoutMs, ask, onStill } = this.#options;
    if (this.#unanswered === QUESTIONS) return onStill();
    if (this.#unanswered !== undefined) this.#unanswered++;
    ask();
    this.#cancel = clock.after(timeoutMs / QUESTIONS, () => this.#ask());
  }
}
