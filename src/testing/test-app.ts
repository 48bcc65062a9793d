// For projects whose own `lib` does not have `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import { type AppLike, runApp, runModule, type RunOptions } from '../app/index.ts';
import type { Client, ClientOptions } from '../client/index.ts';
import { memory } from '../transports/index.ts';
import { testRouter } from './test-router.ts';

/** An app that runs, and somebody to talk to it. */
export interface TestApp {
  /** Another client of the router that the app is at. */
  readonly client: Client;
  /** Connects one more client. */
  connect(options?: ClientOptions): Promise<Client>;
  /** Stops the app, then closes all clients and the router. Rejects with what made the app fail, if something did. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a test may say of how an app runs. */
export type TestAppOptions = Omit<RunOptions, 'url' | 'signal' | 'onReady'>;

/**
 * Runs an app, or a class or a function that can be one, against a router of its own. Nothing listens and no port is needed.
 * Resolves when the app has registered everything; rejects when it fails before.
 *
 * @example
 * const app = new App().procedure('math.add', ([a, b]) => a + b);
 * await using site = await testApp(app);
 * console.log(await site.client.call('math.add', [2, 3])); // => 5
 */
export function testApp(app: AppLike, options: TestAppOptions = {}): Promise<TestApp> {
  return underTest((given) => runApp(app, given), options);
}

/**
 * Loads a module that runs an app, or whose default export is one, and runs it as {@link testApp} does.
 *
 * @example
 * await using site = await testModule(async () => ({ default: new App().procedure('math.sub', ([a, b]) => a - b) }));
 * console.log(await site.client.call('math.sub', [7, 4])); // => 3
 */
export function testModule(
  load: () => Promise<{ readonly default?: unknown }>,
  options: TestAppOptions = {},
): Promise<TestApp> {
  return underTest((given) => runModule(load, given), options);
}

async function underTest(run: (options: RunOptions) => Promise<void>, options: TestAppOptions): Promise<TestApp> {
  const site = testRouter(options.realm === undefined ? {} : { realms: [options.realm] });
  const stopping = new AbortController();
  let ready = (): void => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const running = run({ retry: false, ...options, url: memory(site.router), signal: stopping.signal, onReady: ready });
  const stop = async (): Promise<void> => {
    stopping.abort();
    try {
      await running;
    } finally {
      await site.close();
    }
  };
  try {
    // One that has ended already needs nobody to wait for it.
    await Promise.race([isReady, running]);
    const client = await site.connect();
    return { client, connect: (given) => site.connect(given), close: stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}
