import { chmod, lstat, unlink } from 'node:fs/promises';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions } from 'node:tls';
import { UsageError } from '../base/index.ts';
import type { Address } from './address.ts';
import { ListenError } from './errors.ts';
import { byFirstOctet } from './first-octet.ts';
import type { Newcomers } from './newcomers.ts';

/** What is done with those who come by HTTP. */
export interface WebPart {
  readonly server: (tls?: TlsOptions) => HttpServer;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** What is done with those who come. */
export interface ListenerOptions {
  /** For `ws:` and `wss:`. */
  readonly web: WebPart | undefined;
  readonly rawSocket: (socket: Socket) => void;
  readonly newcomers: Newcomers;
  /** For `tls:` and `wss:`. */
  readonly tls: TlsOptions | undefined;
  /** Milliseconds that a TLS handshake may take. */
  readonly handshakeTimeoutMs: number;
  /** Who may connect to a Unix socket, as the mode of its file. */
  readonly unixMode: number;
}

/** One address at which somebody listens. */
export interface Listener {
  /** With the port that was really taken. */
  readonly url: string;
  /** Shows those who come from now on another certificate, where any is shown. */
  renewTls(tls: TlsOptions): void;
  /** Takes nobody new; resolves when everybody has gone. */
  stop(): Promise<void>;
  /** Closes connections over which nothing is under way. */
  closeIdle(): void;
  /** Breaks off whoever is still there. */
  cut(): void;
}

/** Listens; rejects with a `ListenError` when that is not possible. */
export async function openListener(address: Address, options: ListenerOptions): Promise<Listener> {
  const server = serverFor(address, options);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  try {
    if (address.kind === 'unix') await listenOnPath(server, address.path, options.unixMode);
    else await listening(server, address);
  } catch (error) {
    server.close();
    throw new ListenError(`cannot listen on ${address.url}: ${reasonOf(error as NodeJS.ErrnoException, address)}`, {
      cause: error,
    });
  }
  return {
    url: urlOf(server, address),
    renewTls(tls) {
      if ('setSecureContext' in server) (server as TlsServer).setSecureContext({ ...options.tls, ...tls });
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
    closeIdle() {
      if ('closeIdleConnections' in server) (server as HttpServer).closeIdleConnections();
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serverFor({ kind, url }: Address, options: ListenerOptions): Server {
  const { rawSocket, tls } = options;
  if (kind === 'tcp' || kind === 'unix') return createTcpServer({ noDelay: true }, rawSocket);
  if (kind === 'ws') return shared(undefined, options);
  if (tls?.key === undefined || tls.cert === undefined)
    throw new UsageError(
      `cannot listen on '${url}' without a key and a certificate (--tls-key and --tls-cert, or the option tls)`,
    );
  const serverOptions = { noDelay: true, handshakeTimeout: options.handshakeTimeoutMs, ...tls };
  try {
    if (kind === 'tls') return tlsServer(serverOptions, rawSocket);
    return shared(serverOptions, options);
  } catch (error) {
    throw new UsageError(`cannot listen on '${url}' with this key and certificate: ${(error as Error).message}`);
  }
}

function tlsServer(options: TlsOptions, rawSocket: (socket: Socket) => void): Server {
  const server = createTlsServer(options, rawSocket);
  // Node leaves those open whose handshake was late.
  return server.on('tlsClientError', (_error, socket) => socket.destroy());
}

/** An HTTP server on whose port RawSocket is taken, too. */
function shared(tls: TlsOptions | undefined, { web, newcomers, rawSocket }: ListenerOptions): Server {
  if (!web) throw new Error('expected what serves HTTP');
  const server = web.server(tls);
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
  // The server itself listens, so that its time-outs work. It only gets its connections a little later.
  const [http, ...more] = server.listeners(event) as ((this: unknown, socket: Socket) => void)[];
  if (!http || more.length > 0) throw new Error(`expected one listener of '${event}', found ${more.length + 1}`);
  server.removeAllListeners(event);
  server.on(event, byFirstOctet(newcomers, { rawSocket, http: (socket) => http.call(server, socket) }));
  server.on('upgrade', web.upgrade);
  return server;
}

function listening(
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      // A connection that cannot be taken, for want of file descriptors, must not end the process.
      server.on('error', () => {});
      resolve();
    });
  });
}

async function listenOnPath(server: Server, path: string, mode: number): Promise<void> {
  try {
    await listening(server, { path });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isAbandoned(path))) throw error;
    await unlink(path);
    await listening(server, { path });
  }
  await chmod(path, mode);
}

/** A socket that nobody answers on: what listened there ended without removing it. */
async function isAbandoned(path: string): Promise<boolean> {
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function reasonOf(error: NodeJS.ErrnoException, { kind }: Address): string {
  const unix = kind === 'unix';
  switch (error.code) {
    case 'EADDRINUSE':
      return unix
        ? 'another process listens there, or the file is no socket'
        : 'the port is taken; stop what uses it or choose another';
    case 'EACCES':
      return unix ? 'there is no such directory, or this user may not write there' : 'this user may not use that port';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address';
    default:
      return error.message;
  }
}

function urlOf(server: Server, { kind, url }: Address): string {
  if (kind === 'unix') return url;
  const result = new URL(url);
  result.port = String((server.address() as AddressInfo).port);
  return result.href.replace(/\/$/, '');
}
