import { RocadeError } from '../base/index.ts';
import type { Dict } from './payload.ts';

/**
 * An error that travels: the ERROR message as a class, in both directions.
 *
 * Thrown by a handler it reaches the caller exactly as it is. A rejected call, publish, subscribe or register carries
 * one with what the other side sent. Specification: Basic Profile, "Call Error".
 *
 * @example
 * await client.register('user.get', ([name]) => {
 *   throw new WampError('com.example.no_such_user', [name], { hint: 'sign up first' });
 * });
 */
export class WampError extends RocadeError {
  override readonly name = 'WampError';
  readonly code = 'wamp_error';
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  /** The details of the ERROR message as they came; empty for an error made here. */
  readonly details: Dict;

  // Positional, as it is written in every handler; the fourth is for errors that came from the other side.
  // oxlint-disable-next-line max-params
  constructor(
    uri: string,
    args: readonly unknown[] = [],
    kwargs: Dict = {},
    options: ErrorOptions & { details?: Dict } = {},
  ) {
    const [first] = args;
    super(typeof first === 'string' ? `${uri}: ${first}` : uri, options);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
    this.details = options.details ?? {};
  }
}
