import { json } from 'rocade';
import { memory } from 'rocade/memory';
import { testRouter } from 'rocade/testing';
import { expect, test } from 'vitest';
import { SharingClient } from '../../src/process/sharing-client.ts';

test('registrations of a worker become shared, also those under way, and can still be taken back', async () => {
  const site = testRouter();
  const worker = async (): Promise<SharingClient> => {
    const client = new SharingClient(memory(site.router), { serializers: [json()], retry: false });
    await client.open();
    return client;
  };
  const one = await worker();
  const two = await worker();
  const caller = await site.connect();
  const before = await one.register('before', () => 1);
  await one.register('gone', () => 1).then((registration) => registration.unregister());
  await one.register('own', () => 1, { invoke: 'first' });
  const underWay = one.register('under.way', () => 1);
  await one.share();
  const [later] = [await underWay, await one.register('after', () => 1)];
  const policy = async (procedure: string): Promise<unknown> => {
    const id = await caller.call<number | null>('wamp.registration.lookup', [procedure]);
    return id === null ? null : (await caller.call<{ invoke: string }>('wamp.registration.get', [id])).invoke;
  };
  const policies = (): Promise<unknown[]> => Promise.all(['before', 'gone', 'own', 'under.way', 'after'].map(policy));
  expect(await policies()).toEqual(['roundrobin', null, 'first', 'roundrobin', 'roundrobin']);
  await two.share();
  await two.register('before', () => 2);
  expect(new Set([await caller.call('before'), await caller.call('before')])).toEqual(new Set([1, 2]));
  await Promise.all([before.unregister(), later.unregister()]);
  expect([await caller.call('before'), await caller.call('before')]).toEqual([2, 2]);
  expect(await policy('under.way')).toBe(null);
  await Promise.all([one.close(), two.close()]);
  await site.close();
});
