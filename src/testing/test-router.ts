// For projects whose own `lib` does not have `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import { type Client, type ClientOptions, openClient } from '../client/index.ts';
import { Router, type RouterOptions } from '../router/index.ts';
import { memory, type MemoryOptions } from '../transports/index.ts';

export interface TestRouterOptions extends RouterOptions, MemoryOptions {}

/** A router and its clients in one process. */
export interface TestRouter {
  readonly router: Router;
  /** Connects one more client, to the first realm unless told otherwise; it does not come back when it is cut off. */
  connect(options?: ClientOptions): Promise<Client>;
  /** Closes all clients, then the router. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a router for a test, with clients that connect to it in memory. Nothing listens and no port is needed.
 *
 * @example
 * const { connect, close } = testRouter();
 * const [service, page] = await Promise.all([connect(), connect()]);
 * await service.register('math.add', ([a, b]) => a + b);
 * console.log(await page.call('math.add', [2, 3])); // => 5
 * await close();
 */
export function testRouter({ serializer, maxQueued, ...options }: TestRouterOptions = {}): TestRouter {
  const router = new Router(options);
  const path = { ...(serializer && { serializer }), ...(maxQueued !== undefined && { maxQueued }) };
  const clients: Client[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.close()));
    await router.close();
  };
  return {
    router,
    close,
    async connect(clientOptions = {}) {
      const realm = router.realms[0] ?? 'realm1';
      const client = await openClient(memory(router, path), { realm, retry: false, ...clientOptions });
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: close,
  };
}
