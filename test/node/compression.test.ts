import { once } from 'node:events';
import { Agent } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { connect, json } from 'rocade';
import { cbor } from 'rocade/cbor';
import { type StartOptions, webSocket } from 'rocade/node';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { cleanups, setStage, start } from './stage.ts';

setStage();

const LONG = 'the same again. '.repeat(4096);

/** How many octets go over the connection of a client that calls itself with a long text, and gets that back. */
async function cost(options: StartOptions, offer: boolean, serializer = json()): Promise<number> {
  const { url } = await start({ listen: 'ws://127.0.0.1:0', ...options });
  let socket: Socket | undefined;
  class Watching extends Agent {
    override createConnection() {
      socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
      return socket;
    }
  }
  const connector = webSocket(url, { perMessageDeflate: offer, agent: new Watching() as Agent });
  const client = await connect(connector, { retry: false, serializers: [serializer] });
  cleanups.push(() => client.close());
  await client.register('echo', ([text, short]) => [text, short]);
  const texts = await Promise.all([1, 2, 3].map((short) => client.call('echo', [LONG, short])));
  expect(texts).toEqual([1, 2, 3].map((short) => [LONG, short]));
  return (socket?.bytesRead ?? 0) + (socket?.bytesWritten ?? 0);
}

test('nothing is compressed unless both sides were asked to', async () => {
  const whole = 3 * 4 * LONG.length;
  expect(await cost({}, true)).toBeGreaterThan(whole);
  expect(await cost({ perMessageDeflate: true }, false)).toBeGreaterThan(whole);
});

test.each([json(), cbor()])('$id is compressed both ways, and arrives as it was, in order', async (serializer) => {
  expect(await cost({ perMessageDeflate: true }, true, serializer)).toBeLessThan(LONG.length);
});

test('a short frame that becomes a message too large ends the session, and is counted', async () => {
  const { url, router } = await start({ listen: 'ws://127.0.0.1:0', perMessageDeflate: true, maxMessageBytes: 4096 });
  const bomb = new WebSocket(url, 'wamp.2.json', { perMessageDeflate: true });
  await once(bomb, 'open');
  bomb.send('[1,"realm1",{"roles":{"publisher":{}}}]');
  await once(bomb, 'message');
  bomb.send(`[16,1,{},"a",["${'x'.repeat(1_000_000)}"]]`);
  expect((await once(bomb, 'close'))[0]).toBe(1009);
  await expect.poll(() => router.stats).toMatchObject({ oversized: 1, sessions: 0 });
});
