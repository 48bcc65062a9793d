export { type CallHandler, type Invocation, Registration } from './callee.ts';
export {
  Client,
  type ClientEvents,
  type ClientOptions,
  openClient,
} from './client.ts';
export { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
export type { CallOptions, PublishOptions } from './options.ts';
export { Result } from './result.ts';
export { Session, type SessionOptions, type Welcome } from './session.ts';
export { type Event, type EventHandler, Subscription } from './subscriber.ts';
