import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossbarCommand, pythonCommand } from './foreign-clients.ts';
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
  start(): Promise<RunningRouter>;
}

/** The realm of all interop tests. */
export const realm = 'realm1';

/** Crossbar.io with one realm in which everybody may do everything, its meta procedures included. */
async function startCrossbar(): Promise<RunningRouter> {
  const folder = await mkdtemp(join(tmpdir(), 'rocade-crossbar-'));
  const port = await freePort();
  const allow = { call: true, register: true, publish: true, subscribe: true };
  const config = {
    version: 2,
    workers: [
      {
        type: 'router',
        realms: [{ name: realm, roles: [{ name: 'anonymous', permissions: [{ uri: '', match: 'prefix', allow }] }] }],
        transports: [{ type: 'websocket', endpoint: { type: 'tcp', port, interface: '127.0.0.1' } }],
      },
    ],
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const router = new PeerProcess('Crossbar.io', [crossbarCommand, 'start', '--cbdir', folder, '--color', 'false']);
  const url = `ws://127.0.0.1:${port}`;
  return started(router, { url, readyText: 'NODE_BOOT_COMPLETE', cleanUp: () => rm(folder, { recursive: true }) });
}

async function startXconnRouter(): Promise<RunningRouter> {
  const port = await freePort();
  const router = new PeerProcess('xconn router', [pythonCommand, 'peers/xconn_router.py', String(port)]);
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

export const crossbar: RouterMake = { name: 'Crossbar.io', excludesPublisher: true, start: startCrossbar };
/** Hands every event to every subscriber, the publisher included. */
export const xconnRouter: RouterMake = { name: "xconn's router", excludesPublisher: false, start: startXconnRouter };
export const foxWamp: RouterMake = { name: 'fox-wamp', excludesPublisher: true, start: startFoxWamp };
