export { beforeAbort } from './before-abort.ts';
export { CallStream } from './call-stream.ts';
export { Client, openClient } from './client.ts';
export type { ClientEvent, ClientEvents, ClientOptions } from './client-options.ts';
export { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
export type { Invocation } from './invocation.ts';
export type { LivenessOptions } from './liveness.ts';
export type { OfflineOptions } from './sender.ts';
export type { CallOptions, PublishOptions, StreamOptions } from './options.ts';
export { type CallHandler, type RegisterOptions, Registration } from './registration.ts';
export { Result } from './result.ts';
export type { RetryHook, RetryInfo, RetryOptions } from './retry.ts';
export { Session, type SessionOptions, type Welcome } from './session.ts';
export {
  type Event,
  type EventEntry,
  type EventHandler,
  type SubscribeOptions,
  Subscription,
} from './subscription.ts';
