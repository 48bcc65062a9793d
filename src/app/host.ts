import type { RunOptions } from './options.ts';

/** An app, as far as who runs it needs to know. */
export interface Runnable {
  run(options: RunOptions): Promise<void>;
}

/** Runs an app in its own way, in place of the app itself. */
export type Host = (app: Runnable) => Promise<void>;

const hosts: Host[] = [];

/** Who runs apps that call `run()` without options, if it is not they. */
export function hostOf(): Host | undefined {
  return hosts.at(-1);
}

/**
 * From now on `host` runs every app that calls `run()`, so that a program which runs its app can be loaded as a part of a
 * site, or be tested, as it is. The function returned ends that.
 */
export function hostApps(host: Host): () => void {
  hosts.push(host);
  return () => void hosts.splice(hosts.lastIndexOf(host), 1);
}
