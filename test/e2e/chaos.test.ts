import { startRouter } from 'rocade/node';
import { describe, expect, test } from 'vitest';
import { chaos, type MortalRouter } from './chaos.ts';

/** A router in this process: it cannot stand still alone, so it only vanishes. */
async function mortalRouter(): Promise<MortalRouter & { close(): Promise<void> }> {
  let node = await startRouter({ listen: 'ws://127.0.0.1:0' });
  const { port } = new URL(node.url);
  const restart = async (): Promise<void> => {
    await node.close();
    node = await startRouter({ listen: `ws://127.0.0.1:${port}` });
  };
  return { port: Number(port), kill: restart, stop: restart, close: () => node.close() };
}

describe('a network and a router that fail in every way', () => {
  test('leave no promise pending, no result wrong or doubled, nothing unrestored', async () => {
    const router = await mortalRouter();
    const { problems, fulfilled, rejected, calls } = await chaos({
      router,
      seed: 1,
      clients: 6,
      callsPerSecond: 20,
      seconds: 1,
      pace: 0.2,
      timeout: 3000,
      retry: { initialDelay: 50, maxDelay: 300 },
      liveness: { interval: 400, timeout: 800 },
    });
    await router.close();
    expect(problems).toEqual([]);
    expect([fulfilled > 0, fulfilled + rejected]).toEqual([true, calls]);
  }, 60_000);
});
