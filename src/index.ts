/**
 * rocade: WAMP v2 for TypeScript. The client, with JSON and WebSocket wired in.
 *
 * @module
 */
import { type Client, type ClientOptions, openClient } from './client/index.ts';
import { json } from './serializers/index.ts';
import { type Connector, webSocket } from './transports/index.ts';

/**
 * Connects to a router and joins a realm: `realm1` when nothing else is said, as anonymous.
 *
 * `target` is a `ws://` or `wss://` address, or any connector, such as `memory(router)`. Rejects with a `ConnectError`
 * when there is no router, with an `AbortedError` when it refuses. Once open, the client comes back by itself.
 *
 * @example
 * const client = await connect('ws://localhost:9000');
 */
export async function connect(target: string | URL | Connector, options: ClientOptions = {}): Promise<Client> {
  return openClient(typeof target === 'function' ? target : webSocket(target), { serializers: [json()], ...options });
}

export type { AuthAnswer, AuthMethod } from './auth/index.ts';
export { RocadeError, type Untyped, UsageError } from './base/index.ts';
export {
  AbortedError,
  type CallHandler,
  type CallOptions,
  Client,
  type ClientEvents,
  type ClientOptions,
  ClosedError,
  ConnectionLostError,
  type Event,
  type EventHandler,
  type Invocation,
  type PublishOptions,
  Registration,
  Result,
  Session,
  type SessionOptions,
  Subscription,
  TimeoutError,
  type Welcome,
} from './client/index.ts';
export { closeUris, type Dict, errorUris, PayloadError, ProtocolViolation, WampError } from './protocol/index.ts';
export {
  batched,
  type BatchedOptions,
  type Frame,
  type JsonOptions,
  json,
  type Serializer,
} from './serializers/index.ts';
export {
  type Channel,
  type CloseInfo,
  ConnectError,
  type ConnectOptions,
  type Connector,
  failover,
  type FailoverOptions,
  framed,
  type Receiver,
  type Transport,
  webSocket,
} from './transports/index.ts';
