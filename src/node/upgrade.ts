import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { AuthOptions, Router } from '../router/index.ts';
import type { Serializer } from '../serializers/index.ts';
import { browserCookie } from './browser-cookie.ts';
import { connectionOf } from './connection.ts';
import type { Heartbeat } from './heartbeat.ts';
import { serverChannel } from './server-channel.ts';
import { ServerTransport } from './server-transport.ts';

export interface UpgradeOptions {
  readonly serializers: readonly Serializer[];
  /** Larger messages end the connection with code 1009. */
  readonly maxMessageBytes: number;
  /** Origins of pages that may connect, besides those of this host. */
  readonly origins: readonly string[];
  /** How those who come here are let in, if not as their realm has it. */
  readonly auth?: AuthOptions | undefined;
  /** Are browsers to be known again? */
  readonly cookies?: boolean;
  /** Notices those who have vanished. */
  readonly heartbeat: Heartbeat;
  /** Agrees to compression with those who offer it. */
  readonly perMessageDeflate?: boolean | undefined;
}

/** Each message by itself, so that a connection keeps nothing; what is inflated counts against `maxMessageBytes`, too. */
const DEFLATE = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1024, concurrencyLimit: 10 };

const SUBPROTOCOL = 'wamp.2.';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Takes WebSocket connections out of an HTTP server, on any path, and hands them to the router. */
export function upgradeTo(
  router: Router,
  {
    serializers,
    maxMessageBytes,
    origins,
    auth,
    cookies = false,
    heartbeat,
    perMessageDeflate = false,
  }: UpgradeOptions,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const bySubprotocol = new Map(serializers.map((serializer) => [SUBPROTOCOL + serializer.id, serializer]));
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: perMessageDeflate && DEFLATE,
    maxPayload: maxMessageBytes,
    // The client's order counts.
    handleProtocols: (offered) => [...offered].find((name) => bySubprotocol.has(name)) ?? false,
  });
  const newCookies = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => {
    const header = newCookies.get(request);
    if (header !== undefined) headers.push(header);
  });

  return (request, socket, head) => {
    // A connection that breaks during the handshake must not end the process.
    socket.on('error', () => {});
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.some((name) => bySubprotocol.has(name))) {
      refuse(socket, 400, `expected one of the WebSocket subprotocols ${[...bySubprotocol.keys()].join(', ')}`);
      return;
    }
    if (!mayConnect(request, origins)) {
      refuse(socket, 403, `pages of ${request.headers.origin} may not connect here`);
      return;
    }
    const browser = cookies ? browserCookie(request, (value) => router.remembers(value, auth)) : undefined;
    if (browser?.header !== undefined) newCookies.set(request, browser.header);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const serializer = bySubprotocol.get(webSocket.protocol);
      if (!serializer) return;
      const connection = connectionOf(socket, 'websocket', { auth, cookie: browser?.value });
      heartbeat.add(webSocket, socket);
      router.accept(serverChannel(new ServerTransport(webSocket, socket), { serializer, socket }), connection);
    });
  };
}

function refuse(socket: Duplex, status: 400 | 403, why: string): void {
  // Whoever does not hang up would stay for ever: once taken out of its server, no time-out of that holds for a connection.
  socket.once('finish', () => socket.destroy());
  const head = `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Forbidden'}`;
  socket.end(
    `${head}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

/**
 * Any page on the web can make a browser connect to this machine, so a page may only if it comes from this host, from
 * this machine, or from an origin that was named. Programs send no Origin and are not kept out.
 */
function mayConnect({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host || LOOPBACK.has(url.hostname);
}
