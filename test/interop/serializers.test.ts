import { batched, connect, json } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { expect, test } from 'vitest';
import { describeConversation, fresh, type Scene } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { autobahnPython, autobahnPythonIn, binaryClients, foreignClients } from './foreign-clients.ts';
import { ourRouter, startOurRouter } from './our-router.ts';
import { binaryPayload, bytes } from './payloads.ts';
import { rocade, rocadeIn } from './rocade-party.ts';
import { asSpecified, crossbar, type RouterMake, realm, xconnRouter } from './routers.ts';

const batchedRouter: RouterMake = {
  ...asSpecified,
  name: 'our router in batches',
  start: () => startOurRouter([batched(json(), { separator: '\u0018' }), batched(msgpack()), batched(cbor())]),
};

const beyondNumbers = [2n ** 60n, -(2n ** 63n), 2n ** 64n - 1n];

/** What a number cannot hold comes back to us as it went out, through a client and a router of other makes. */
function testLargeIntegers(scene: () => Scene): void {
  test('integers beyond 2^53 and bytes come back from the other side as they were', async () => {
    const { router, other } = scene();
    const procedure = fresh('procedure');
    await other.register(procedure, 'echo');
    for (const serializer of [msgpack(), cbor()]) {
      const client = await connect(router.url, { realm, retry: false, serializers: [serializer] });
      expect(await client.call(procedure, [[...beyondNumbers, bytes]])).toEqual([...beyondNumbers, bytes]);
      await client.close();
    }
  });
}

describeWithPeers('clients of other makes in MessagePack and CBOR on our router', () => {
  for (const { id, foreign } of binaryClients) {
    const tests = foreign.traits.name.startsWith('autobahn-python') ? testLargeIntegers : undefined;
    describeConversation({ router: ourRouter, makers: [rocadeIn(id), foreign], ...(tests && { tests }) });
  }

  test('bytes that JavaScript puts into a tag of CBOR arrive as bytes at all who speak CBOR', async () => {
    const router = await startOurRouter();
    const makers = [rocadeIn('cbor'), ...binaryClients.filter(({ id }) => id === 'cbor').map(({ foreign }) => foreign)];
    const parties = await Promise.all(makers.map((maker) => maker.join(router.url, realm)));
    try {
      const topic = fresh('topic');
      const subscriptions = await Promise.all(parties.map((party) => party.subscribe(topic)));
      for (const [index, publisher] of parties.entries()) {
        await publisher.publish(topic, binaryPayload, { acknowledge: true, excludeMe: true });
        const others = subscriptions.filter((_, at) => at !== index);
        const heard = await Promise.all(others.map(({ events }) => events.next()));
        expect(heard).toEqual(others.map(() => binaryPayload));
      }
    } finally {
      await Promise.all(parties.map((party) => party.dispose()));
      await router.close();
    }
  });

  test('all of them talk to each other and to those that speak JSON', async () => {
    const router = await startOurRouter();
    const makers = [
      rocade,
      rocadeIn('msgpack'),
      rocadeIn('cbor'),
      ...foreignClients,
      ...binaryClients.map(({ foreign }) => foreign),
    ];
    const parties = await Promise.all(makers.map((maker) => maker.join(router.url, realm)));
    try {
      const topic = fresh('topic');
      const subscriptions = await Promise.all(parties.map((party) => party.subscribe(topic)));
      for (const [index, publisher] of parties.entries()) {
        const payload = { args: [publisher.traits.name, 2 ** 40, 'ü'], kwargs: { to: 'all' } };
        await publisher.publish(topic, payload, { acknowledge: true, excludeMe: true });
        const others = subscriptions.filter((_, at) => at !== index);
        const heard = await Promise.all(others.map(({ events }) => events.next()));
        // JavaScript's MessagePack and CBOR write such an integer as a floating point number.
        const shown = heard.map(({ args: [name, number, text], kwargs }) => ({
          args: [name, typeof number === 'number' ? number : Number((number as { $float: string }).$float), text],
          kwargs,
        }));
        expect(shown).toEqual(others.map(() => payload));
      }
    } finally {
      await Promise.all(parties.map((party) => party.dispose()));
      await router.close();
    }
  });
});

describeWithPeers('batches', () => {
  for (const id of ['json.batched', 'msgpack.batched', 'cbor.batched']) {
    describeConversation({ router: batchedRouter, makers: [rocadeIn(id), autobahnPythonIn(id)] });
    describeConversation({ router: crossbar, makers: [rocadeIn(id), autobahnPythonIn(id)] });
  }
});

describeWithPeers('our client in MessagePack and CBOR on other routers', () => {
  for (const id of ['msgpack', 'cbor'] as const) {
    describeConversation({ router: crossbar, makers: [rocadeIn(id), autobahnPythonIn(id)], tests: testLargeIntegers });
    describeConversation({ router: crossbar, makers: [rocadeIn(id), autobahnPython] });
    describeConversation({ router: xconnRouter, makers: [rocadeIn(id), rocadeIn(id)] });
  }

  test('numbers that JSON has not, which Crossbar.io writes into it all the same, are null and cost no session', async () => {
    const router = await crossbar.start();
    try {
      const [reader, writer] = await Promise.all([
        connect(router.url, { realm, retry: false }),
        connect(router.url, { realm, retry: false, serializers: [msgpack()] }),
      ]);
      const procedure = fresh('procedure');
      await reader.register(procedure, (args) => args);
      expect(await writer.call(procedure, [Number.NaN, -Infinity, 'NaN'])).toEqual([null, null, 'NaN']);
      await Promise.all([reader.close(), writer.close()]);
    } finally {
      await router.close();
    }
  });
});
