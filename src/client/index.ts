export type { CallHandler, Invocation } from './callee.ts';
export {
  Client,
  type ClientEvents,
  type ClientOptions,
  openClient,
  type Registration,
  type Subscription,
} from './client.ts';
export { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
export type { CallOptions, PublishOptions } from './options.ts';
export { Result } from './result.ts';
export { Session, type SessionOptions, type Welcome } from './session.ts';
export type { Event, EventHandler } from './subscriber.ts';
