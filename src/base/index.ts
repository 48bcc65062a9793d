export { onAbort } from './abort.ts';
export { assertOptions } from './assert-options.ts';
export { attempt } from './attempt.ts';
export { type BackoffOptions, backoffDelay } from './backoff.ts';
export { fromBase64, toBase64 } from './base64.ts';
export { BoundedQueue, QueueFullError, type QueueOptions } from './bounded-queue.ts';
export { type Clock, systemClock } from './clock.ts';
export { Emitter } from './emitter.ts';
export {
  assertList,
  assertNumber,
  assertNumbers,
  notExpected,
  RocadeError,
  show,
  toError,
  UsageError,
} from './errors.ts';
export { isLoopback } from './loopback.ts';
export { methodsOf } from './methods.ts';
export { isAsyncIterable, isThenable } from './thenable.ts';
export type { Untyped } from './untyped.ts';
