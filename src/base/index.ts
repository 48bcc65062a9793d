export { type BackoffOptions, backoffDelay } from './backoff.ts';
export { fromBase64, toBase64 } from './base64.ts';
export { BoundedQueue, QueueFullError, type QueueOptions } from './bounded-queue.ts';
export { type Clock, systemClock } from './clock.ts';
export { Emitter } from './emitter.ts';
export { RocadeError, show, toError, UsageError } from './errors.ts';
export { methodsOf } from './methods.ts';
export { isThenable } from './thenable.ts';
export type { Untyped } from './untyped.ts';
