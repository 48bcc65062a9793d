import { RocadeError } from '../base/index.ts';

/**
 * The other peer broke the protocol: a malformed message, or one that its state forbids.
 *
 * The session that meets one answers ABORT `wamp.error.protocol_violation` and ends. The text names the message, the
 * field, what was expected and what came. Specification: Basic Profile, "Protocol Violations".
 */
export class ProtocolViolation extends RocadeError {
  override readonly name = 'ProtocolViolation';
  readonly code = 'protocol_violation';
}
