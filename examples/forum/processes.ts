import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const SERVICES = ['login', 'posts', 'online'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Starts a service in a process of its own, as `npx tsx examples/forum/<name>.ts <router>` does. */
export function spawnService(name: ServiceName, routerUrl: string): ChildProcess {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', file, routerUrl], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Resolves when the service answers calls; rejects when it ends before. */
export async function ready(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('a service ended before it was ready');
  });
  await Promise.race([once(child, 'message'), ended]);
}

/** Asks a service to stop, and waits until it has. */
export async function stopService(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
