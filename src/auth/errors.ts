import { RocadeError } from '../base/index.ts';

/** The router asks for something that must not be answered, or has not proved itself. No secret is ever part of the text. */
export class AuthError extends RocadeError {
  override readonly name = 'AuthError';
  readonly code = 'auth';
}
