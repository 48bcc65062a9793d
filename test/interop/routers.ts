import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossbarCommand, pythonCommand } from './foreign-clients.ts';
import type { Failure } from './party.ts';
import { freePort, PeerProcess } from './peer-process.ts';

/** A router that serves `realm1` to anonymous clients. */
export interface RunningRouter {
  readonly url: string;
  /** What it printed; empty for one that runs in this process. */
  readonly output: string;
  close(): Promise<void>;
}

/** A make of router, and what is particular to it. */
export interface RouterMake {
  readonly name: string;
  /** Whether a publisher that is subscribed does not get its own events, unless it asks to. */
  readonly excludesPublisher: boolean;
  /** Whether a second client may register a procedure without either of them asking for it. */
  readonly sharesProcedures: boolean;
  /** What the caller gets of an error that the procedure raised. */
  relayed(failure: Failure): Failure;
  start(): Promise<RunningRouter>;
}

/** The realm of all interop tests. */
export const realm = 'realm1';

/** What is published to it, Crossbar.io keeps. */
export const historyTopic = 'com.example.history';

/** What begins so, Crossbar.io tells with the name of who calls or publishes. */
export const toldBelow = 'com.example.told.';

/**
 * Crossbar.io with one realm in which everybody may do everything, its meta procedures included: everybody who has come
 * in, by the methods of `auth`, or without any when there are none. Those who log in have the role `user`.
 */
export async function startCrossbar(auth?: object, { cookie, tls, raw }: CrossbarExtras = {}): Promise<RunningRouter> {
  const folder = await mkdtemp(join(tmpdir(), 'rocade-crossbar-'));
  const port = await freePort();
  if (tls) await Promise.all(Object.entries(tls).map(([name, pem]) => writeFile(join(folder, `${name}.pem`), pem)));
  const transport = {
    type: raw ? 'rawsocket' : 'websocket',
    endpoint: {
      type: 'tcp',
      port,
      interface: '127.0.0.1',
      ...(tls && { tls: { key: 'key.pem', certificate: 'cert.pem' } }),
    },
    ...(raw && { serializers: ['json', 'cbor'] }),
    ...(auth && { auth }),
    ...(cookie && { cookie: { store: { type: 'memory' } } }),
  };
  const scheme = raw ? (tls ? 'tls' : 'tcp') : tls ? 'wss' : 'ws';
  return crossbarIn(folder, { url: `${scheme}://127.0.0.1:${port}`, transport });
}

interface CrossbarExtras {
  /** Gives each browser a cookie to be known by. */
  readonly cookie?: boolean;
  /** A key and a certificate, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** RawSocket in the place of WebSocket. */
  readonly raw?: boolean;
}

/** The same over RawSocket, which takes JSON and CBOR, on TCP or on a Unix socket. */
export async function startRawCrossbar(kind: 'tcp' | 'unix'): Promise<RunningRouter> {
  const folder = await mkdtemp(join(tmpdir(), 'rocade-crossbar-'));
  const port = await freePort();
  const path = join(folder, 'socket');
  const endpoint = kind === 'tcp' ? { type: 'tcp', port, interface: '127.0.0.1' } : { type: 'unix', path };
  const url = kind === 'tcp' ? `tcp://127.0.0.1:${port}` : `unix:${path}`;
  return crossbarIn(folder, { url, transport: { type: 'rawsocket', endpoint, serializers: ['json', 'cbor'] } });
}

interface CrossbarTransport {
  readonly url: string;
  /** As Crossbar.io's configuration has it. */
  readonly transport: object;
}

async function crossbarIn(folder: string, { url, transport }: CrossbarTransport): Promise<RunningRouter> {
  const allow = { call: true, register: true, publish: true, subscribe: true };
  const config = {
    version: 2,
    workers: [
      {
        type: 'router',
        realms: [
          {
            name: realm,
            store: { type: 'memory', 'event-history': [{ uri: historyTopic, match: 'exact', limit: 100 }] },
            roles: ['anonymous', 'user'].map((name) => ({
              name,
              permissions: [
                { uri: '', match: 'prefix', allow },
                { uri: toldBelow, match: 'prefix', allow, disclose: { caller: true, publisher: true } },
              ],
            })),
          },
        ],
        transports: [transport],
      },
    ],
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const router = new PeerProcess('Crossbar.io', [crossbarCommand, 'start', '--cbdir', folder, '--color', 'false']);
  return started(router, { url, readyText: 'NODE_BOOT_COMPLETE', cleanUp: () => rm(folder, { recursive: true }) });
}

/** With users, it wants to know who comes; each of them has a secret, and a public key. */
export async function startXconnRouter(
  users?: Record<string, { secret: string; key: string }>,
): Promise<RunningRouter> {
  const port = await freePort();
  const command = [pythonCommand, 'peers/xconn_router.py', String(port), ...(users ? [JSON.stringify(users)] : [])];
  const router = new PeerProcess('xconn router', command);
  return started(router, { url: `ws://127.0.0.1:${port}/ws`, readyText: '"ready"' });
}

async function startFoxWamp(): Promise<RunningRouter> {
  const port = await freePort();
  const router = new PeerProcess('fox-wamp', [process.execPath, 'peers/fox-wamp-router.mjs', String(port)]);
  return started(router, { url: `ws://127.0.0.1:${port}`, readyText: '"ready"' });
}

interface Starting {
  readonly url: string;
  /** What the router prints when it listens. */
  readonly readyText: string;
  readonly cleanUp?: () => Promise<void>;
}

async function started(router: PeerProcess, { url, readyText, cleanUp }: Starting): Promise<RunningRouter> {
  const close = async () => {
    await router.stop();
    await cleanUp?.();
  };
  try {
    await router.ready(readyText);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    close,
    get output() {
      return router.output;
    },
  };
}

/** What the specification asks of a router. */
export const asSpecified = {
  excludesPublisher: true,
  sharesProcedures: false,
  relayed: (failure: Failure): Failure => failure,
} as const;

export const crossbar: RouterMake = { ...asSpecified, name: 'Crossbar.io', start: () => startCrossbar() };

export const rawCrossbar: RouterMake = {
  ...asSpecified,
  name: 'Crossbar.io over RawSocket',
  start: () => startRawCrossbar('tcp'),
};

/** Hands every event to every subscriber, the publisher included. */
export const xconnRouter: RouterMake = {
  ...asSpecified,
  name: "xconn's router",
  excludesPublisher: false,
  start: () => startXconnRouter(),
};

/** Puts one URI on all errors and the error's own into the arguments, in the place of all but the first of them. */
export const foxWamp: RouterMake = {
  ...asSpecified,
  name: 'fox-wamp',
  sharesProcedures: true,
  relayed: ({ uri }) => ({ uri: 'wamp.error.callee_failure', args: [uri], kwargs: {} }),
  start: startFoxWamp,
};
