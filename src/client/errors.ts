import { RocadeError } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';

/** The connection went away before the answer came, or there is none at the moment. */
export class ConnectionLostError extends RocadeError {
  override readonly name = 'ConnectionLostError';
  readonly code = 'connection_lost';
  /** Could the router have got the request? False only when it was certainly never sent. */
  readonly maybeDelivered: boolean;

  constructor(message: string, maybeDelivered: boolean, options?: ErrorOptions) {
    super(message, options);
    this.maybeDelivered = maybeDelivered;
  }
}

/** The router refused the session or broke it off, with the reason that it gave. Specification: Basic Profile, "ABORT". */
export class AbortedError extends RocadeError {
  override readonly name = 'AbortedError';
  readonly code = 'aborted';
  /** Such as `wamp.error.no_such_realm`. */
  readonly uri: string;
  readonly details: Dict;

  constructor(uri: string, details: Dict = {}) {
    const text = details['message'];
    super(typeof text === 'string' ? `${uri}: ${text}` : uri);
    this.uri = uri;
    this.details = details;
  }
}

/** The session was closed in an orderly way, by either side. */
export class ClosedError extends RocadeError {
  override readonly name = 'ClosedError';
  readonly code = 'closed';
  /** The reason in the GOODBYE, such as `wamp.close.system_shutdown`. */
  readonly uri: string;

  constructor(message: string, uri: string) {
    super(message);
    this.uri = uri;
  }
}

/** No answer within the time that was set. */
export class TimeoutError extends RocadeError {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
}
