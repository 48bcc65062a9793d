import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UsageError } from '../base/index.ts';
import { Router, type RouterOptions } from '../router/index.ts';
import { jsonWire, type Serializer } from '../serializers/index.ts';
import { ListenError } from './errors.ts';
import { serveFiles } from './files.ts';
import { upgradeTo } from './upgrade.ts';

export interface StartOptions extends RouterOptions {
  /** `ws://host:port`, one or several; port 0 takes a free one. Default `ws://127.0.0.1:9000`. */
  readonly listen?: string | readonly string[];
  /** A directory whose files are served on the same ports. */
  readonly files?: string;
  /** Every realm admits anybody. Listen on more than this machine all the same? Default false: a `UsageError`. */
  readonly open?: boolean;
  /** Origins of web pages that may connect, besides those served from here or from this machine; `*` for all. */
  readonly origins?: readonly string[];
  /** Octets of the largest message; a larger one ends its connection. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** In whatever order clients ask for them. Default: JSON, which leaves payloads as they came. */
  readonly serializers?: readonly Serializer[];
}

/** A router that listens. */
export interface RunningRouter {
  readonly router: Router;
  /** Where it listens, the first one first, with the real port. */
  readonly url: string;
  readonly urls: readonly string[];
  /** Says GOODBYE to all sessions, then stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long the other sides have to close their ends, before they are cut off. */
const CLOSE_TIMEOUT_MS = 1000;

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Starts a router that listens for WebSockets, on any path, and serves files if told to.
 *
 * Rejects with a `ListenError` when a port is taken, with a `UsageError` for options that make no sense.
 *
 * @example
 * const { url, close } = await startRouter({ listen: 'ws://127.0.0.1:9000', realms: ['realm1'], files: './public' });
 */
export async function startRouter(options: StartOptions = {}): Promise<RunningRouter> {
  const {
    listen = 'ws://127.0.0.1:9000',
    open = false,
    origins = [],
    maxMessageBytes = 16 * 1024 * 1024,
    serializers = [jsonWire()],
  } = options;
  const addresses = (typeof listen === 'string' ? [listen] : listen).map((url) => parseAddress(url, open));
  if (addresses.length === 0) throw new UsageError('expected at least one address to listen on');
  const app = new Hono();
  if (options.files !== undefined) app.use(await serveFiles(options.files));
  app.notFound((context) =>
    context.text(
      `Nothing here. A WAMP router listens at this address for WebSockets (${serializers.map(({ id }) => `wamp.2.${id}`).join(', ')}).\n`,
      404,
    ),
  );

  const router = new Router(options);
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const shut = async (): Promise<void> => {
    // Nobody new comes in while those who are in leave.
    const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await router.close();
    for (const server of servers) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  };
  let shutting: Promise<void> | undefined;
  const close = (): Promise<void> => {
    shutting ??= shut();
    return shutting;
  };
  try {
    for (const address of addresses) {
      // The adapter may make other kinds of servers; without options it is this one.
      const server = createAdaptorServer({
        fetch: app.fetch,
        serverOptions: { headersTimeout: 5000, requestTimeout: 30_000 },
      }) as Server;
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      server.on('upgrade', upgradeTo(router, { serializers, maxMessageBytes, origins }));
      servers.push(await listening(server, address));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const urls = servers.map((server, index) => urlOf(server, addresses[index] as Address));
  return { router, url: urls[0] as string, urls, close, [Symbol.asyncDispose]: close };
}

interface Address {
  /** As it was given. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

function parseAddress(url: string, open: boolean): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'ws:')
    throw new UsageError(`cannot listen on '${url}': expected an address such as ws://127.0.0.1:9000`);
  if (!open && !LOOPBACK.test(parsed.hostname)) {
    throw new UsageError(
      `will not listen on ${parsed.host}: others than this machine could reach it, and its realms admit anybody. ` +
        'Say so if that is what you want (--open, or the option open: true)',
    );
  }
  return { url, host: parsed.hostname.replace(/^\[|\]$/g, ''), port: parsed.port === '' ? 80 : Number(parsed.port) };
}

function listening(server: Server, { url, host, port }: Address): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(`cannot listen on ${url}: ${reasonOf(error)}`, { cause: error })),
    );
    server.listen(port, host, () => resolve(server));
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is taken; stop what uses it or choose another';
    case 'EACCES':
      return 'this user may not use that port';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address';
    default:
      return error.message;
  }
}

/** The address as it was given, with the port that was really taken. */
function urlOf(server: Server, { url }: Address): string {
  const result = new URL(url);
  result.port = String((server.address() as AddressInfo).port);
  return result.href.replace(/\/$/, '');
}
