export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. Default 200. */
  readonly initialDelay?: number;
  /** Upper bound of every delay, in milliseconds. Default 30,000. */
  readonly maxDelay?: number;
}

/**
 * How long to wait before attempt 1, 2, 3 …, in milliseconds: exponential with full jitter, so that thousands of
 * clients that lost the same router do not come back in the same moment.
 *
 * `random` is drawn uniformly from [0, 1).
 */
export function backoffDelay(
  attempt: number,
  random: number,
  { initialDelay = 200, maxDelay = 30_000 }: BackoffOptions = {},
): number {
  return random * Math.min(maxDelay, initialDelay * 2 ** (attempt - 1));
}
