import type { Clock } from '../base/index.ts';
import type { Call } from './member.ts';

/** Longest time that the timers of all runtimes can measure; nobody sees whether a longer one is kept. */
const LONGEST_MS = 2 ** 31 - 1;
/** So many timers are kept for the next call: most callers ask for the same few durations. */
const KEPT = 8;

/** All calls with the same time-out. The newest ends last, so that a set has them in the order in which they end. */
interface Line {
  readonly calls: Set<Call>;
  readonly cancelTimer: () => void;
}

/**
 * The time-outs of calls, with one timer for all calls that have the same: most are answered long before, and then cost
 * a place in a set. Specification: Advanced Profile, "Call Timeouts".
 */
export class CallTimeouts {
  readonly #clock: Clock;
  readonly #expired: (call: Call) => void;
  readonly #lines = new Map<number, Line>();

  constructor(clock: Clock, expired: (call: Call) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Lets the time of a call begin, or begin again. */
  start(call: Call): void {
    const { more } = call;
    if (!more || more.timeoutMs === 0 || more.timeoutMs > LONGEST_MS) return;
    const { timeoutMs } = more;
    more.expires = this.#clock.now() + timeoutMs;
    const line = this.#lines.get(timeoutMs);
    if (line) {
      line.calls.delete(call);
      line.calls.add(call);
    } else this.#wait(timeoutMs, new Set([call]), timeoutMs);
  }

  stop(call: Call): void {
    const { more } = call;
    if (!more) return;
    more.expires = 0;
    const line = this.#lines.get(more.timeoutMs);
    if (!line?.calls.delete(call)) return;
    if (line.calls.size === 0 && this.#lines.size > KEPT) this.#drop(more.timeoutMs, line);
  }

  /** Forgets the timers that no call needs. */
  tidy(): void {
    for (const [timeoutMs, line] of this.#lines) if (line.calls.size === 0) this.#drop(timeoutMs, line);
  }

  #drop(timeoutMs: number, line: Line): void {
    line.cancelTimer();
    this.#lines.delete(timeoutMs);
  }

  #wait(timeoutMs: number, calls: Set<Call>, delayMs: number): void {
    this.#lines.set(timeoutMs, { calls, cancelTimer: this.#clock.after(delayMs, () => this.#end(timeoutMs, calls)) });
  }

  #end(timeoutMs: number, calls: Set<Call>): void {
    this.#lines.delete(timeoutMs);
    const now = this.#clock.now();
    const due: Call[] = [];
    for (const call of calls) {
      const leftMs = expiry(call) - now;
      if (leftMs > 0) {
        this.#wait(timeoutMs, calls, leftMs);
        break;
      }
      due.push(call);
      calls.delete(call);
    }
    // What comes of the first may give one of the others more time, or somebody else who watches it, or end it.
    for (const call of due) if (expiry(call) > 0 && expiry(call) <= now) this.#expired(call);
  }
}

const expiry = ({ more }: Call): number => more?.expires ?? 0;
