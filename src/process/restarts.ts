import type { Clock } from '../base/index.ts';
import type { ProcessConfig } from '../config/index.ts';

/** When a process is started again, and when not any more. */
export interface RestartRules {
  readonly policy: 'always' | 'on-failure' | 'never';
  readonly delay: number;
  readonly maxDelay: number;
  readonly limit: number;
  readonly window: number;
}

export const DEFAULT_RULES: RestartRules = {
  policy: 'on-failure',
  delay: 100,
  maxDelay: 30_000,
  limit: 5,
  window: 10_000,
};

/** Having run for so long, a process has not failed soon after its start, and the next delay is the first one again. */
const STABLE_MS = 10_000;

export type Verdict = { readonly restartIn: number } | 'over' | 'failed';

export function rulesOf(restart: ProcessConfig['restart']): RestartRules {
  return typeof restart === 'string' ? { ...DEFAULT_RULES, policy: restart } : restart;
}

/** Remembers the starts of one process, and decides what follows its end. `random` is uniform over [0, 1). */
export class Restarts {
  readonly #rules: RestartRules;
  readonly #clock: Clock;
  readonly #random: () => number;
  #starts: number[] = [];
  #soon = 0;

  constructor(rules: RestartRules, clock: Clock, random: () => number) {
    this.#rules = rules;
    this.#clock = clock;
    this.#random = random;
  }

  started(): void {
    const now = this.#clock.now();
    this.#starts = [...this.#starts.filter((at) => at > now - this.#rules.window), now];
  }

  ended(failed: boolean): Verdict {
    const { policy, delay, maxDelay, limit, window } = this.#rules;
    if (policy === 'never' || (policy === 'on-failure' && !failed)) return failed ? 'failed' : 'over';
    const now = this.#clock.now();
    if (now - (this.#starts.at(-1) ?? now) >= STABLE_MS) this.#soon = 0;
    // Between half of it and all of it, so that what fell together does not get up together.
    const restartIn = Math.round(Math.min(maxDelay, delay * 2 ** this.#soon) * (0.5 + this.#random() / 2));
    this.#soon++;
    const recent = this.#starts.filter((at) => at > now + restartIn - window);
    return recent.length >= limit ? 'failed' : { restartIn };
  }

  /** As if it had never been started: somebody who knows what he does has started it. */
  forget(): void {
    this.#starts = [];
    this.#soon = 0;
  }
}
