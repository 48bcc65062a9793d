import { RocadeError } from '../base/index.ts';
import { invalidPayload, payloadSizeExceeded } from './error-uris.ts';

/** Arguments or keyword arguments that cannot be written in a serializer: cyclic, too deep, a function. Nothing was sent. */
export class PayloadError extends RocadeError {
  override readonly name = 'PayloadError';
  readonly code = 'payload';
  /** What a peer is told whose payload cannot be passed on. */
  readonly uri: string = invalidPayload;
}

/** One that the other side would take, were it not so large. */
export class PayloadSizeError extends PayloadError {
  override readonly uri = payloadSizeExceeded;
}
