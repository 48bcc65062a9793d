import type { Clock } from '../base/index.ts';

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due on the way, in order, each at its own time. */
  advance(ms: number): void;
  /** How many timers are set. Zero at the end of a test: nothing was forgotten. */
  readonly pending: number;
}

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/**
 * Makes a clock that is moved by hand, for the `clock` option of clients and routers.
 *
 * @example
 * const clock = fakeClock();
 * const client = await testRouter().connect({ clock });
 * await client.register('slow', () => new Promise(() => {}));
 * const call = client.call('slow', [], { timeout: 500 });
 * clock.advance(500);
 * await call.catch((error) => console.log(error.code)); // => 'timeout'
 */
export function fakeClock(): FakeClock {
  let now = 0;
  const timers = new Set<Timer>();
  const firstUntil = (end: number): Timer | undefined => {
    let first: Timer | undefined;
    // Of those due at the same time, the one set first: a Set keeps the order.
    for (const timer of timers) if (timer.due <= end && (!first || timer.due < first.due)) first = timer;
    return first;
  };
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { due: now + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (let timer = firstUntil(end); timer; timer = firstUntil(end)) {
        timers.delete(timer);
        now = timer.due;
        timer.run();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
