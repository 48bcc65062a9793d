/** A program of its own: the router of a site, as its manager tells it by messages. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RocadeError, toError } from '../base/index.ts';
import { type RunningRouter, startRouter } from '../node/index.ts';
import type { Admission, FromChild, ToRouter } from './messages.ts';
import { routerOptions } from './router-options.ts';

const admissions = new Map<string, Admission>();
let running: RunningRouter | undefined;
let renewTls = (): void => {};

function tell(message: FromChild): void {
  process.send?.(message, () => {});
}

async function stop(): Promise<void> {
  await running?.close();
  process.exit(0);
}

async function start({
  config,
  directory,
  socket,
  admissions: known,
}: Extract<ToRouter, { readonly type: 'start' }>): Promise<void> {
  for (const admission of known) admissions.set(admission.authid, admission);
  const listen = [config.listen ?? 'ws://127.0.0.1:9000'].flat();
  const tls = () => config.tls && tlsOf(config.tls, directory);
  running = await startRouter({
    ...routerOptions(config, directory, admissions),
    listen: [...listen, `unix:${socket}`],
    tls: tls() ?? {},
  });
  renewTls = () => running?.renewTls(tls() ?? {});
  tell({ type: 'ready', urls: running.urls.slice(0, -1) });
}

function tlsOf({ key, cert }: { readonly key: string; readonly cert: string }, directory: string) {
  return { key: readFileSync(resolve(directory, key)), cert: readFileSync(resolve(directory, cert)) };
}

async function attempt(act: () => unknown): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    // A mistake of the user's is a sentence; one of ours comes with its stack.
    const text = error instanceof RocadeError ? error.message : (toError(error).stack ?? String(error));
    tell({ type: 'failed', message: text });
    return false;
  }
}

process.on('message', (message: ToRouter) => {
  switch (message.type) {
    case 'start':
      void attempt(() => start(message)).then((done) => {
        if (!done) process.disconnect();
        if (!done) process.exitCode = 1;
      });
      break;
    case 'admit':
      admissions.set(message.admission.authid, message.admission);
      tell({ type: 'admitted', authid: message.admission.authid });
      break;
    case 'revoke':
      admissions.delete(message.authid);
      break;
    case 'ping':
      tell({ type: 'pong' });
      break;
    case 'renew-tls':
      void attempt(renewTls);
      break;
  }
});
// The manager is gone: this must not stay.
process.on('disconnect', () => void stop());
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => {});
