import { json } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import type { Message } from 'rocade/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from './cases.ts';
import { expectFate, fateOf } from './fate.ts';
import { type HostileRouter, startHostileRouter } from './router.ts';
import { suffer } from './victim.ts';

const serializers = { json, msgpack, cbor } as const;

test('there are enough of them, each with a name of its own', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(new Set(cases.map(({ name, when }) => `${when} ${name}`)).size).toBe(cases.length);
});

describe.each(['json', 'msgpack', 'cbor'] as const)('a hostile router that speaks %s', (id) => {
  let router: HostileRouter;
  beforeAll(async () => {
    router = await startHostileRouter();
  });
  afterAll(() => router.close());

  test.each(cases.map((hostile) => [`${hostile.when}: ${hostile.name}`, hostile] as const))(
    '%s',
    async (_, hostile) => {
      const outcome = await suffer(router.urlOf(hostile), id, hostile.fate === 'timeout' ? 1000 : 20_000);
      expectFate(outcome, hostile, id);
      if (fateOf(hostile, id) !== 'protocol_violation') return;
      // The router is told what it did.
      const frame = await router.lastFrame();
      const [message] = serializers[id]().decode(id === 'json' ? Buffer.from(frame).toString() : frame) as [Message];
      expect(message).toMatchObject({ type: 'ABORT', reason: 'wamp.error.protocol_violation' });
    },
  );
});
