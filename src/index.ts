/**
 * rocade: WAMP v2 for TypeScript. The client, with JSON and WebSocket wired in.
 *
 * @module
 */
import { type ClientOptions, openClient } from './client/index.ts';
import type { CheckedContract, ClientOf, Contract } from './contract/index.ts';
import { json } from './serializers/index.ts';
import { type Connector, webSocket } from './transports/index.ts';

/**
 * Connects to a router and joins a realm: `realm1` when nothing else is said, as anonymous.
 *
 * `target` is a `ws://` or `wss://` address, or any connector, such as `memory(router)`. Rejects with a `ConnectError`
 * when there is no router, with an `AbortedError` when it refuses. Once open, the client comes back by itself.
 *
 * `connect<Forum>(…)` gives a client whose calls and events have the types of a contract; the option `contract`, made by
 * `defineContract` of `rocade/contract`, has them checked at run time too.
 *
 * @example
 * const client = await connect('ws://localhost:9000');
 */
export async function connect<C extends Contract = Contract>(
  target: string | URL | Connector,
  options: ClientOptions & { readonly contract?: CheckedContract<C> } = {},
): Promise<ClientOf<C>> {
  const connector = typeof target === 'function' ? target : webSocket(target);
  const client = await openClient(connector, { serializers: [json()], ...options });
  return options.contract ? options.contract.bind(client) : (client as ClientOf<C>);
}

export type { CheckedContract, ClientOf, Contract, TypedClient } from './contract/index.ts';
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
