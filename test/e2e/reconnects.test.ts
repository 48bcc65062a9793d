import { type Client, connect } from 'rocade';
import { memory } from 'rocade/memory';
import { startRouter } from 'rocade/node';
import { Router } from 'rocade/router';
import { expect, test } from 'vitest';
import { reconnects } from './reconnects.ts';

async function check(client: Client, other: Client): Promise<void> {
  const { events, calls } = await reconnects(client, other, { rounds: 30, subscriptions: 200, registrations: 50 });
  expect([new Set(events), new Set(calls)]).toEqual([new Set([1]), new Set([1])]);
  await Promise.all([client.close(), other.close()]);
}

test('forced reconnects lose and double nothing, in memory', async () => {
  const router = new Router();
  await check(await connect(memory(router)), await connect(memory(router)));
  expect(router.counts('realm1')).toMatchObject({ sessions: 0, subscriptions: 0, registrations: 0 });
  await router.close();
});

test('forced reconnects lose and double nothing, over WebSocket', async () => {
  const node = await startRouter({ listen: 'ws://127.0.0.1:0' });
  await check(await connect(node.url), await connect(node.url));
  await node.close();
}, 60_000);
