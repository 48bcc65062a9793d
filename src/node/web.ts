import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import type { Serializer } from '../serializers/index.ts';
import { serveFiles } from './files.ts';

export { upgradeTo } from './upgrade.ts';

const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 30_000 };

interface WebOptions {
  readonly files: string | Readonly<Record<string, string>> | undefined;
  readonly serializers: readonly Serializer[];
}

/**
 * Makes HTTP servers, with TLS where that is given, which serve files and have a word for everybody else. What they are made
 * of is loaded only where somebody may come by HTTP.
 */
export async function webServers({ files, serializers }: WebOptions): Promise<(tls?: TlsOptions) => Server> {
  const app = new Hono();
  for (const serve of await serveFiles(files)) app.use(serve);
  const ids = serializers.map(({ id }) => `wamp.2.${id}`).join(', ');
  app.notFound((context) =>
    context.text(`Nothing here. A WAMP router listens at this address for WebSockets (${ids}).\n`, 404),
  );
  return (tls) => {
    const serverOptions = { ...TIMEOUTS, ...tls };
    const secure = tls && { createServer: createHttpsServer };
    return createAdaptorServer({ fetch: app.fetch, ...secure, serverOptions }) as Server;
  };
}
