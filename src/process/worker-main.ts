/** A program of its own: a worker, which loads modules and runs what they export, as its manager tells it by messages. */
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { runModule } from '../app/index.ts';
import { toError } from '../base/index.ts';
import { Client, type Connector, json } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import type { FromChild, ToWorker } from './messages.ts';

const stopped = new AbortController();

function tell(message: FromChild): void {
  process.send?.(message, () => {});
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A router that is just being started again is waited for. */
function patient(connector: Connector): Connector {
  return async (options) => {
    for (;;) {
      try {
        return await connector(options);
      } catch (error) {
        if (options.signal.aborted) throw error;
        await delay(RETRY_MS);
      }
    }
  };
}

const RETRY_MS = 100;

async function start({ modules, url, admission, drainTimeout }: ToWorker): Promise<void> {
  const { realm } = admission;
  const client = new Client(patient(rawSocket(url)), { realm, serializers: [json()] });
  client.on('error', (error) => say(error.message));
  await client.open();
  let waiting = modules.length;
  const onReady = (): void => {
    if (--waiting === 0) tell({ type: 'ready' });
  };
  const options = { client, signal: stopped.signal, drainTimeout, onReady };
  await Promise.all(modules.map((path) => runModule(() => load(path), options)));
  await client.close();
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
      tell({ type: 'failed', message: text });
      // Once all of that has been written.
      process.exitCode = 1;
      process.disconnect();
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
