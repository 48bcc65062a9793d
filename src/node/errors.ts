import { RocadeError } from '../base/index.ts';

/** A listener could not be opened: the port is taken, or not allowed. */
export class ListenError extends RocadeError {
  override readonly name = 'ListenError';
  readonly code = 'listen_failed';
}
