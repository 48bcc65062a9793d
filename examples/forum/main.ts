// The forum: a router that also serves the page, and three services, each in a process of its own.
import type { ChildProcess } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { type RunningRouter, startRouter } from 'rocade/node';
import { buildPage } from './build-page.ts';
import { ready, SERVICES, type ServiceName, spawnService, stopService } from './processes.ts';

const services: ChildProcess[] = [];
let router: RunningRouter | undefined;
let stopping: Promise<void> | undefined;

/** The services first, so that they can say goodbye to the router. */
async function stop(): Promise<void> {
  await Promise.all(services.map(stopService));
  await router?.close();
}

function stopOnce(): void {
  stopping ??= stop();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopOnce);

try {
  const { listen, open } = options();
  router = await startRouter({ listen, open, files: await buildPage() });
  const { url } = router;
  await Promise.all(SERVICES.map((name) => start(name, local(url))));
  console.log(greeting(url));
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
    stopOnce();
  }
}

/** A service that ends is not started again from here: the site lives on without it, and says so. */
async function start(name: ServiceName, url: string): Promise<void> {
  const child = spawnService(name, url);
  services.push(child);
  child.once('exit', () => {
    if (!stopping) console.log(`${name}: ended. To start it again: npx tsx examples/forum/${name}.ts ${url}`);
  });
  await ready(child);
}

function options(): { readonly listen: string; readonly open: boolean } {
  const { values } = parseArgs({ options: { listen: { type: 'string' }, open: { type: 'boolean', default: false } } });
  return { listen: values.listen ?? `ws://${values.open ? '0.0.0.0' : '127.0.0.1'}:9000`, open: values.open };
}

/** How a process on this machine reaches a router that may listen on all of its addresses. */
function local(url: string): string {
  return url.replace('//0.0.0.0', '//127.0.0.1');
}

function greeting(url: string): string {
  const { hostname, port } = new URL(url);
  const hosts =
    hostname === '0.0.0.0' ? ['localhost', ...ownAddresses()] : [hostname.replace('127.0.0.1', 'localhost')];
  return ['', ...hosts.map((host) => `The forum is at http://${host}:${port}`), 'Ctrl-C ends it.', ''].join('\n');
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
