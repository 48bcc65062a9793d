import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { UsageError } from '../base/index.ts';
import { type Connector, socketConnector } from '../transports/index.ts';

/** Of an HTTP request, by name. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** Options of {@link webSocket}. */
export interface WebSocketOptions {
  /** Sent with the request, such as `cookie` or `authorization`. A function is called for each connection: what it gives is fresh. */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>);
  /** For `wss://`, what Node's `tls.connect` takes: `ca`, `cert`, `key`, `servername` and so on. */
  readonly tls?: ConnectionOptions;
  /** Makes the connection in Node's place, such as through a proxy. */
  readonly agent?: Agent;
  /** Octets of the longest message taken; a longer one ends the connection. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Offers compression. Default false: it costs time and, for each connection, memory. */
  readonly perMessageDeflate?: boolean;
}

/**
 * Connects over WebSocket as `webSocket` of `rocade` does, with what only Node can set.
 * Specification: Basic Profile, "WebSocket Transport".
 *
 * @example
 * import { webSocket } from 'rocade/node';
 * const client = await connect(webSocket('ws://localhost:9000', { headers: { authorization: 'Bearer s3cret' } }));
 */
export function webSocket(url: string | URL, options: WebSocketOptions = {}): Connector {
  const { headers, tls, agent, maxMessageBytes, perMessageDeflate } = options;
  if (maxMessageBytes !== undefined && !(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes > 0))
    throw new UsageError(`maxMessageBytes: expected a whole number from 1, got ${maxMessageBytes}`);
  const fixed = {
    ...tls,
    ...(agent && { agent }),
    ...(maxMessageBytes !== undefined && { maxPayload: maxMessageBytes }),
    ...(perMessageDeflate !== undefined && { perMessageDeflate }),
  };
  const plain = socketConnector(url, { ...fixed, ...(headers && { headers }) });
  if (typeof headers !== 'function') return plain;
  return async (connect) => socketConnector(url, { ...fixed, headers: await headers() })(connect);
}
