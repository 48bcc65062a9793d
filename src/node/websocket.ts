import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { UsageError } from '../base/index.ts';
import { beforeAbort } from '../client/index.ts';
import { type Connector, socketConnector } from '../transports/index.ts';
import { bindable } from './channel-binding.ts';
import { type CookieJar, cookieHeader, keepCookies } from './cookie-jar.ts';

/** Of an HTTP request, by name. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** Options of {@link webSocket}. */
export interface WebSocketOptions {
  /** Sent with the request, such as `cookie` or `authorization`. A function is called for each connection: what it gives is fresh. */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>);
  /**
   * Keeps the cookies that the server sets, by name, and sends them with the next connection, as a browser does: for logins by
   * `cookie()`. Whoever has them is let in, so keep them like passwords. Default: none are kept.
   */
  readonly cookies?: Map<string, string>;
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
  const { headers, cookies, tls, agent, maxMessageBytes, perMessageDeflate } = options;
  if (maxMessageBytes !== undefined && !(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes > 0))
    throw new UsageError(`maxMessageBytes: expected a whole number from 1, got ${maxMessageBytes}`);
  if (cookies !== undefined && !(cookies instanceof Map))
    throw new UsageError('cookies: expected a Map, in which those that the server sets are kept');
  const fixed = {
    ...tls,
    ...(agent && { agent }),
    ...(maxMessageBytes !== undefined && { maxPayload: maxMessageBytes }),
    ...(perMessageDeflate !== undefined && { perMessageDeflate }),
  };
  // A malformed address is told at once.
  socketConnector(url);
  return async (connect) => {
    let socket: Duplex | undefined;
    const finishRequest = (request: ClientRequest): void => {
      request.on('upgrade', (response: IncomingMessage, below: Duplex) => {
        socket = below;
        if (cookies) keepCookies(cookies, response.headers['set-cookie']);
      });
      request.end();
    };
    const given = typeof headers === 'function' ? await beforeAbort(headers(), connect.signal) : headers;
    const channel = await socketConnector(url, {
      ...fixed,
      finishRequest,
      headers: cookies ? withCookies(given, cookies) : given,
    })(connect);
    return bindable(channel, socket);
  };
}

function withCookies(headers: RequestHeaders = {}, jar: CookieJar): RequestHeaders {
  const isCookie = ([name]: readonly [string, string]): boolean => name.toLowerCase() === 'cookie';
  const all = Object.entries(headers);
  const cookie = cookieHeader(all.find(isCookie)?.[1], jar);
  const others = Object.fromEntries(all.filter((header) => !isCookie(header)));
  return { ...others, ...(cookie !== undefined && { cookie }) };
}
