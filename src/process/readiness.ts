import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessConfig } from '../config/index.ts';

/** What tells that a process is ready. */
export interface Signs {
  /** Resolves when the process itself says so. */
  readonly said: Promise<void>;
  /** Calls back with each line that it prints. */
  readonly onLine: (listener: (text: string) => void) => void;
  /** Is this procedure registered in the realm of the process? */
  readonly isRegistered: (procedure: string) => Promise<boolean>;
}

const POLL_MS = 100;

/** Resolves when a process is ready; never when `signal` comes before. */
export async function becomesReady(ready: ProcessConfig['ready'], signs: Signs, signal: AbortSignal): Promise<void> {
  if (ready === 'started') return;
  if (ready === 'registered') return signs.said;
  // Its state when it has ended is what the others wait for.
  if (ready === 'ended') return new Promise(() => {});
  if ('line' in ready)
    return new Promise((resolve) => {
      signs.onLine((text) => {
        if (text.includes(ready.line)) resolve();
      });
    });
  const isThere = 'port' in ready ? () => answers(ready.port) : () => signs.isRegistered(ready.procedure);
  while (!signal.aborted && !(await isThere())) await delay(POLL_MS, undefined, { ref: false });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
