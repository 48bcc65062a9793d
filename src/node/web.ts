import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import type { Serializer } from '../serializers/index.ts';
import { serveFiles } from './files.ts';

export { upgradeTo } from './upgrade.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for those who are late: every 30 seconds, unless it is told otherwise. */
const CHECKING_INTERVAL_MS = 1000;
/** The longest time that Node measures. */
const LONGEST_MS = 2 ** 31 - 1;

interface WebOptions {
  readonly files: string | Readonly<Record<string, string>> | undefined;
  readonly serializers: readonly Serializer[];
  /** Milliseconds that a request may take until it is clear what it asks for. */
  readonly headersTimeoutMs: number;
}

/**
 * Makes HTTP servers, with TLS where that is given, which serve files and have a word for everybody else. What they are made
 * of is loaded only where somebody may come by HTTP.
 */
export async function webServers({
  files,
  serializers,
  headersTimeoutMs,
}: WebOptions): Promise<(tls?: TlsOptions) => Server> {
  const app = new Hono();
  for (const serve of await serveFiles(files)) app.use(serve);
  const ids = serializers.map(({ id }) => `wamp.2.${id}`).join(', ');
  app.notFound((context) =>
    context.text(`Nothing here. A WAMP router listens at this address for WebSockets (${ids}).\n`, 404),
  );
  const headersTimeout = Math.min(Math.ceil(headersTimeoutMs), LONGEST_MS);
  const timeouts = {
    headersTimeout,
    requestTimeout: Math.max(REQUEST_TIMEOUT_MS, headersTimeout),
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
  };
  return (tls) => {
    const serverOptions = { ...timeouts, ...tls };
    const secure = tls && { createServer: createHttpsServer };
    return createAdaptorServer({ fetch: app.fetch, ...secure, serverOptions }) as Server;
  };
}
