/**
 * rocade: WAMP v2 for TypeScript. The client, with JSON and WebSocket wired in.
 *
 * @module
 */
import { beforeAbort, type ClientOptions, openClient } from './client/index.ts';
import type { CheckedContract, ClientOf, Contract } from './contract/index.ts';
import { json } from './serializers/index.ts';
import { type Channel, type Connector, webSocket } from './transports/index.ts';

/** Where a router is: an address, a function that gives one at each connection, or a connector. */
export type Target = string | URL | (() => string | URL | Promise<string | URL>) | Connector;

/**
 * Connects to a router and joins a realm: `realm1` when nothing else is said, as anonymous.
 *
 * `target` is a `ws://` or `wss://` address, a function that gives one at each connection, or any connector, such as
 * `memory(router)`. Resolves when the session is open, however many attempts that takes, and comes back by itself when it is
 * lost. Rejects with what no retry can mend, such as an `AbortedError` when the router refuses, and with a `ConnectError` for
 * a first failure when `retry` is false.
 *
 * `connect<Forum>(…)` gives a client whose calls and events have the types of a contract; the option `contract`, made by
 * `defineContract` of `rocade/contract`, has them checked at run time too.
 *
 * @example
 * const client = await connect('ws://localhost:9000');
 */
export async function connect<C extends Contract = Contract>(
  target: Target,
  options: ClientOptions & { readonly contract?: CheckedContract<C> } = {},
): Promise<ClientOf<C>> {
  const connector = typeof target === 'function' ? found(target) : webSocket(target);
  const client = await openClient(connector, { serializers: [json()], ...options });
  return options.contract ? options.contract.bind(client) : (client as ClientOf<C>);
}

/** A function may give a channel or only say where there is one. */
function found(target: Extract<Target, (...args: never) => unknown>): Connector {
  return async (options) => {
    // A login may have come too late.
    options.signal.throwIfAborted();
    const given = await beforeAbort<string | URL | Channel>(target(options), options.signal);
    // What is neither is refused as the address that it is not.
    return (given as Partial<Channel> | undefined)?.send
      ? (given as Channel)
      : webSocket(given as string | URL)(options);
  };
}

export type { CheckedContract, ClientOf, Contract, TypedClient } from './contract/index.ts';
export type { AuthAnswer, AuthMethod } from './auth/index.ts';
export { QueueFullError, type QueueOptions, RocadeError, type Untyped, UsageError } from './base/index.ts';
export {
  AbortedError,
  type CallHandler,
  type CallOptions,
  CallStream,
  Client,
  type ClientEvent,
  type ClientEvents,
  type ClientOptions,
  ClosedError,
  ConnectionLostError,
  type Event,
  type EventEntry,
  type EventHandler,
  type Invocation,
  type LivenessOptions,
  type OfflineOptions,
  type PublishOptions,
  type RegisterOptions,
  Registration,
  Result,
  type RetryHook,
  type RetryInfo,
  type RetryOptions,
  Session,
  type SessionOptions,
  type StreamOptions,
  type SubscribeOptions,
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
