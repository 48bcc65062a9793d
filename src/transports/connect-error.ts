import { RocadeError } from '../base/index.ts';

/** No connection to the router could be made. `cause` is what the runtime said, where it says anything. */
export class ConnectError extends RocadeError {
  override readonly name = 'ConnectError';
  readonly code = 'connect_failed';
}
