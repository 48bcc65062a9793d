import { show, UsageError } from '../base/index.ts';
import type { Client } from '../index.ts';
import { App } from './app.ts';
import { hostApps, type Runnable } from './host.ts';
import type { RunOptions } from './options.ts';
import { declaredParts } from './parts.ts';

/**
 * What can be run as an app: one, a class or an object whose methods are under `@procedure` or `@event`, or a function that
 * registers what it likes with the client that it gets. Class and function get the app too.
 */
export type AppLike = Runnable | (new (app: App) => object) | ((client: Client, app: App) => unknown) | object;

/** Makes an app of anything that can be one. Throws a `UsageError` for what cannot. */
export function toApp(what: AppLike): Runnable {
  if (what instanceof App) return what as Runnable;
  const app = new App();
  if (isClass(what)) return app.add(new what(app));
  if (typeof what === 'function')
    return app.onStart((client) => (what as (...args: unknown[]) => unknown)(client, app));
  if (declaredParts(what).length > 0) return app.add(what);
  throw new UsageError(
    `expected an App, a class with methods under @procedure or @event, or a function taking a client, got ${show(what)}`,
  );
}

/** Runs anything that can be an app until it is told to stop, as {@link App.run} does. */
export async function runApp(what: AppLike, options: RunOptions = {}): Promise<void> {
  return toApp(what).run(options);
}

/**
 * Loads a module and runs it: its default export, anything that can be an app, and each app that the module itself runs. An
 * app that is both runs once. Resolves when all have stopped; rejects with a `UsageError` when there is nothing to run.
 *
 * @example
 * const stop = new AbortController();
 * await runModule(async () => ({ default: () => stop.abort() }), { url: node.url, signal: stop.signal });
 */
export async function runModule(
  load: () => Promise<{ readonly default?: unknown }>,
  options: RunOptions,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const start = (app: Runnable): Promise<void> => {
    const started = hosted.get(app) ?? app.run(options).finally(() => hosted.delete(app));
    hosted.set(app, started);
    running.add(started);
    return started;
  };
  let failed = (_error: unknown): void => {};
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  // A module that waits for its own app to end is loaded only when that has; one that fails is not waited for.
  const undo = hostApps((app) => {
    const started = start(app);
    started.catch(failed);
    return started;
  });
  try {
    const { default: what } = await Promise.race([load(), failure]);
    if (what !== undefined) await start(toApp(what as AppLike));
    else if (running.size === 0)
      throw new UsageError('the module has nothing to run: expected an App as its default export, or one that it runs');
    await Promise.all(running);
  } finally {
    undo();
  }
}

/** Apps that run in a module that was loaded. Of several that are loaded at a time, any may be the host of an app. */
const hosted = new Map<Runnable, Promise<void>>();

/** Only classes have a prototype that is fixed. */
function isClass(what: unknown): what is new (app: App) => object {
  return typeof what === 'function' && Object.getOwnPropertyDescriptor(what, 'prototype')?.writable === false;
}
