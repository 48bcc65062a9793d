import { type Clock, systemClock } from '../base/index.ts';

/** Tells the time in milliseconds since 1970. With a clock that was handed in, it goes on as that does. */
export function wallTime(clock: Clock): () => number {
  if (clock === systemClock) return () => Date.now();
  const start = Date.now() - clock.now();
  return () => start + clock.now();
}
