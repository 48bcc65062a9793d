import { App, consoleLog, type Log } from '../app/index.ts';
import type { RetryInfo } from '../index.ts';
import { connectionOf, type ConnectionFlags } from './connection.ts';
import { outputFailed } from './output.ts';

/** Lines for people go to standard error: standard output is for what the command is about. */
const tell = (message: string, ...values: readonly unknown[]): void => {
  const texts = values.map((value) => (value instanceof Error ? value.message : String(value)));
  process.stderr.write(`rocade: ${[message, ...texts].join(' ')}\n`);
};
const log: Log = { ...consoleLog('silent'), warn: tell, error: tell };

/**
 * Runs an app until Ctrl-C, over connections that come and go. `ready` is told once everything is registered. A second
 * Ctrl-C does not wait for what is at work.
 */
export async function serve(flags: ConnectionFlags, ready: string, prepare: (app: App) => void): Promise<void> {
  const { target, options: given } = await connectionOf(flags);
  let wasThere = false;
  const options = {
    ...given,
    on: { joined: () => void (wasThere = true) },
    // Who gives a wrong address wants to hear of it; a router that was there comes back.
    retry: ({ delay }: RetryInfo) => wasThere && delay,
  };
  const app = new App({ ...options, url: target, log });
  prepare(app);
  const stopping = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, stop);
  process.stdout.on('error', (error: Error) => {
    outputFailed(error);
    stopping.abort();
  });
  await app.run({
    ...options,
    url: target,
    log,
    signal: stopping.signal,
    onReady: () => process.stderr.write(`${ready}\n`),
  });
}
