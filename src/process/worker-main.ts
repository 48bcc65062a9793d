/** A program of its own: a worker, which loads modules and runs what they export, as its manager tells it by messages. */
import { pathToFileURL } from 'node:url';
import { ticket } from '../auth/index.ts';
import { runModule } from '../app/index.ts';
import { toError } from '../base/index.ts';
import { Client, json, type Registration } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import type { FromChild, ToWorker } from './messages.ts';
import { AT_ONCE, patient } from './patient.ts';

const stopped = new AbortController();

function tell(message: FromChild, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, done);
  else done();
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Answers procedures together with others of its kind, unless a registration says otherwise. */
class SharingClient extends Client {
  override register(...[procedure, handler, options]: Parameters<Client['register']>): Promise<Registration> {
    return super.register(procedure, handler, { invoke: 'roundrobin', ...options });
  }
}

async function start({ modules, url, admission, shared, drainTimeout }: ToWorker): Promise<void> {
  const { realm, authid, ticket: secret } = admission;
  const kind = shared ? SharingClient : Client;
  const client = new kind(patient(rawSocket(url)), {
    realm,
    auth: [ticket({ authid, ticket: secret })],
    serializers: [json()],
    retry: AT_ONCE,
  });
  client.on('error', (error) => say(error.message));
  await client.open();
  let waiting = modules.length;
  const onReady = (): void => {
    if (--waiting === 0) tell({ type: 'ready' });
  };
  const options = { client, signal: stopped.signal, drainTimeout, onReady };
  let until = Number.POSITIVE_INFINITY;
  stopped.signal.addEventListener('abort', () => {
    until = performance.now() + drainTimeout;
  });
  await Promise.all(modules.map((path) => runModule(() => load(path), options)));
  // What a module has registered with the client itself comes to its end, too.
  const left = until - performance.now();
  await (left > 0 ? client.drain(left) : client.close());
}

async function load(path: string): Promise<{ readonly default?: unknown }> {
  return (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
}

function stop(): void {
  stopped.abort();
}

process.on('message', (message: ToWorker) => {
  start(message).then(
    () => process.exit(0),
    (error: unknown) => {
      const { message: text, stack = text } = toError(error);
      say(stack);
      // Once all of that has been written, whatever is still open.
      tell({ type: 'failed', message: text }, () => process.exit(1));
    },
  );
});
// The manager is gone: whatever is at work may end soon, and then nothing must stay.
process.on('disconnect', () => {
  stop();
  setTimeout(() => process.exit(1), 1000).unref();
});
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
