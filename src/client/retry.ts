import { assertNumber, type BackoffOptions, backoffDelay, toError } from '../base/index.ts';
import { closeUris, errorUris } from '../protocol/index.ts';

/** How a client comes by a connection. */
export interface RetryOptions extends BackoffOptions {
  /** Milliseconds that a session has to last for the delays to start small again after it. Default 5,000. */
  readonly resetAfter?: number;
}

/** A connection that failed or was lost, and what would happen next. */
export interface RetryInfo {
  /** 1 for the first attempt after a session that lasted; one more for each further one. */
  readonly attempt: number;
  readonly error: Error;
  /** Milliseconds until the attempt, or false where none would be made. */
  readonly delay: number | false;
}

/** Decides on the next attempt: milliseconds to wait before it, or false to close the client. */
export type RetryHook = (info: RetryInfo) => number | false;

/** How long to wait before one more attempt. */
export function delayOf(attempt: number, options?: BackoffOptions): number {
  // Nobody gains from guessing it.
  // oxlint-disable-next-line no-restricted-properties
  return backoffDelay(attempt, Math.random(), options);
}

/** What follows a failure: milliseconds to wait, or the error with which the client closes. */
export function afterFailure(
  retry: false | RetryOptions | RetryHook | undefined,
  attempt: number,
  error: Error,
): number | Error {
  let delay = retry !== false && !isFatal(error) && delayOf(attempt, retry as RetryOptions);
  try {
    if (typeof retry === 'function') delay = retry({ attempt, error, delay });
    // What is no time, such as NaN or a promise, must not become a loop without pauses.
    if (delay !== false) assertNumber('retry', delay);
  } catch (thrown) {
    return toError(thrown);
  }
  return typeof delay === 'number' ? delay : error;
}

/** Refusals, and reasons to close, that may have passed by the next attempt. */
const PASSING: readonly (string | undefined)[] = [
  closeUris.systemShutdown,
  errorUris.protocolViolation,
  errorUris.timeout,
  errorUris.unavailable,
  errorUris.limitExceeded,
];

/**
 * Can no retry mend this? What a router says when it refuses, it says again: no such realm, wrong credentials; and a
 * GOODBYE ends it, unless the router only restarts. Nor will a mistake in the program go away. But a function that has failed to
 * get a secret may succeed later.
 */
function isFatal({ code, uri, cause }: { code?: string; uri?: string; cause?: unknown } & Error): boolean {
  return code === 'aborted' || code === 'closed'
    ? !PASSING.includes(uri)
    : code === 'usage' || (code === 'auth' && !cause);
}
