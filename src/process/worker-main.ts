/** A program of its own: a worker, which loads modules and runs what they export, as its manager tells it by messages. */
import { pathToFileURL } from 'node:url';
import { ticket } from '../auth/index.ts';
import { runModule } from '../app/index.ts';
import { toError } from '../base/index.ts';
import { json } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import type { FromChild, ToWorker, WorkerStart } from './messages.ts';
import { AT_ONCE, patient } from './patient.ts';
import { SharingClient } from './sharing-client.ts';

const stopped = new AbortController();

function tell(message: FromChild, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, done);
  else done();
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

let client: SharingClient | undefined;

async function start({ modules, url, admission, shared, drainTimeout }: WorkerStart): Promise<void> {
  const { realm, authid, ticket: secret } = admission;
  const own = new SharingClient(patient(rawSocket(url)), {
    realm,
    auth: [ticket({ authid, ticket: secret })],
    serializers: [json()],
    retry: AT_ONCE,
  });
  client = own;
  if (shared) await own.share();
  own.on('error', (error) => say(error.message));
  await own.open();
  let waiting = modules.length;
  const onReady = (): void => {
    if (--waiting === 0) tell({ type: 'ready' });
  };
  const options = { client: own, signal: stopped.signal, drainTimeout, onReady };
  let until = Number.POSITIVE_INFINITY;
  stopped.signal.addEventListener('abort', () => {
    until = performance.now() + drainTimeout;
  });
  await Promise.all(modules.map((path) => runModule(() => load(path), options)));
  // What a module has registered with the client itself comes to its end, too.
  const left = until - performance.now();
  await (left > 0 ? own.drain(left) : own.close());
}

async function load(path: string): Promise<{ readonly default?: unknown }> {
  return (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
}

function stop(): void {
  stopped.abort();
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'ping') {
    tell({ type: 'pong' });
    return;
  }
  if (message.type === 'share') {
    client?.share().then(
      () => tell({ type: 'shared' }),
      (error: unknown) => say(toError(error).message),
    );
    return;
  }
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
