import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, json } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { rawSocket, startRouter } from 'rocade/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeConversation, fresh } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { testLeaving, testUnknownRealm } from './endings.ts';
import { autobahnPython, xconn } from './foreign-clients.ts';
import { rocade } from './rocade-party.ts';
import { asSpecified, rawCrossbar, type RouterMake, type RunningRouter, realm, startRawCrossbar } from './routers.ts';

const ours: RouterMake = {
  ...asSpecified,
  name: 'our router over RawSocket',
  start: () => startOurs('tcp://127.0.0.1:0'),
};

async function startOurs(listen: string): Promise<RunningRouter> {
  const node = await startRouter({ listen, realms: [realm] });
  return { url: node.url, output: '', close: () => node.close() };
}

describeWithPeers('RawSocket', () => {
  describeConversation({
    router: ours,
    makers: [rocade, autobahnPython],
    tests: (scene) => {
      testUnknownRealm(scene, autobahnPython);
      testLeaving(scene, autobahnPython);
    },
  });
  describeConversation({
    router: rawCrossbar,
    makers: [rocade, autobahnPython],
    tests: (scene) => {
      testUnknownRealm(scene, rocade);
      testLeaving(scene, rocade);
    },
  });

  describe('clients of other makes on one port with WebSocket, and on a Unix socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rocade-interop-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    // Where a text is not ASCII, xconn writes the number of its characters and not of its octets.
    test.each([
      ['ws://127.0.0.1:0', [autobahnPython, xconn]],
      [`unix:${join(folder, 'socket')}`, [autobahnPython, xconn]],
    ] as const)('%s', async (listen, foreign) => {
      const router = await startOurs(listen);
      const url = router.url.replace('ws:', 'tcp:');
      const parties = await Promise.all([rocade, ...foreign].map((maker) => maker.join(url, realm)));
      try {
        for (const callee of parties) {
          const procedure = fresh('procedure');
          await callee.register(procedure, 'echo');
          const payload = { args: ['x'.repeat(100_000), { deep: [1, null, true] }], kwargs: { from: 'all' } };
          const answers = await Promise.all(parties.map((caller) => caller.call(procedure, payload)));
          expect(answers).toEqual(parties.map(() => payload));
        }
      } finally {
        await Promise.all(parties.map((party) => party.dispose()));
        await router.close();
      }
    });
  });

  describe('what Crossbar.io does in its own way', () => {
    let router: RunningRouter;
    beforeAll(async () => {
      router = await startRawCrossbar('unix');
    });
    afterAll(() => router.close());
    const opened: { close(): Promise<void> }[] = [];
    beforeEach(() => void opened.splice(0));
    afterEach(async () => {
      for (const client of opened) await client.close();
    });
    const connectWith = async (options: Parameters<typeof connect>[1]): ReturnType<typeof connect> => {
      const client = await connect(rawSocket(router.url), { retry: false, ...options });
      opened.push(client);
      return client;
    };

    test('a serializer that it does not take breaks the connection, and the next one is tried', async () => {
      const clients = [
        await connectWith({ serializers: [msgpack(), cbor(), json()] }),
        await connectWith({ serializers: [msgpack(), json()] }),
      ];
      await clients[0]?.register('com.example.echo', ([value]) => value);
      const value = { text: 'Straße 🚲', octets: new Uint8Array([0, 128, 255]) };
      for (const client of clients) expect(await client.call('com.example.echo', [value])).toEqual(value);
      const none = connectWith({ serializers: [msgpack()] });
      await expect(none).rejects.toThrow(/does not take this serializer, or speaks no RawSocket/);
    });

    test('a PING breaks the connection, which is why none is sent unless asked for', async () => {
      const asking = await connect(rawSocket(router.url, { pingInterval: 50 }), { retry: false });
      expect(await asking.closed).toMatchObject({ code: 'connection_lost' });
      const quiet = await connectWith({});
      expect(await quiet.call('wamp.session.count')).toBe(1);
    });

    test('a message longer than it takes is refused here, and the connection stays', async () => {
      const client = await connectWith({});
      await expect(client.call('com.example.none', ['x'.repeat(2 ** 24)])).rejects.toMatchObject({ code: 'payload' });
      expect(await client.call('wamp.session.count')).toBe(1);
    });
  });
});
