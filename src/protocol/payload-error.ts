import { RocadeError } from '../base/index.ts';

/** Arguments or keyword arguments that cannot be written in a serializer: cyclic, too deep, a function. Nothing was sent. */
export class PayloadError extends RocadeError {
  override readonly name = 'PayloadError';
  readonly code = 'payload';
}
