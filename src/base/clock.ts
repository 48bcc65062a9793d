/** Where time comes from. Handed in, so that a test moves it by hand; units are milliseconds. */
export interface Clock {
  /** Milliseconds since some fixed point; never goes back. */
  now(): number;
  /** Calls `run` once after `delayMs`, or after 23 days where that is longer; the function returned takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

// Every runtime has these; this folder is compiled without the types of any of them.
declare const performance: { now(): number };
declare const setTimeout: (run: () => void, delayMs: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** Real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    // Of 2^31 or more, runtimes make none at all.
    const timer = setTimeout(run, Math.min(delayMs, 2e9));
    return () => clearTimeout(timer);
  },
};
