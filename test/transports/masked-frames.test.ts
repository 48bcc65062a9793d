import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import * as ws from 'ws';
import { sendTogether } from '../../src/transports/index.ts';

type Frame = string | Uint8Array;
const { WebSocket, WebSocketServer } = ws;
// Not in its types.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
const endOfTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A socket of the `ws` package, as far as it is used, and what is written to the one below it. */
function scene() {
  const writes: Uint8Array[] = [];
  const [send, close] = [vi.fn(), vi.fn()];
  const socket = { send, close, readyState: 1, OPEN: 1 };
  sendTogether(socket, { write: (octets) => writes.push(octets.slice()) });
  return { socket, writes, send, close };
}

/** What a server of the `ws` package makes of octets. */
function read(octets: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    frames.push(isBinary ? new Uint8Array(data) : data.toString()),
  );
  receiver.on('error', (error: Error) => {
    throw error;
  });
  receiver.write(octets);
  return frames;
}

async function sent(...frames: readonly Frame[]): Promise<Uint8Array> {
  const { socket, writes } = scene();
  for (const frame of frames) socket.send(frame);
  await endOfTurn();
  expect(writes.length).toBe(1);
  return writes[0] as Uint8Array;
}

describe('what is sent to a WebSocket of the ws package', () => {
  test.each([0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 4096])('text of %i characters arrives', async (length) => {
    const text = 'abcdefghij'.repeat(410).slice(0, length);
    const octets = await sent(text);
    expect(read(octets)).toEqual([text]);
    // The length is told in as few octets as possible, as RFC 6455 demands.
    expect(octets.length).toBe(length + (length > 125 ? 8 : 6));
  });

  test.each([
    ['of a few', 'ä€𝄞'],
    ['that take exactly 125 octets', 'a'.repeat(62) + 'ä'.repeat(30) + '€'],
    ['that take one octet too many for a short head', 'ä'.repeat(63)],
    ['behind plain ones', `${'x'.repeat(100)}𝄞`],
    ['of the longest that is collected', '€'.repeat(4096)],
    ['of half a pair, which becomes the replacement character', 'a\ud834b'],
  ])('characters beyond ASCII arrive: %s', async (_, text) => {
    const size = Buffer.byteLength(text);
    const octets = await sent(text, 'next');
    expect(read(octets)).toEqual([Buffer.from(text).toString(), 'next']);
    expect(octets.length).toBe(size + (size > 125 ? 8 : 6) + 10);
  });

  test('octets arrive, between texts', async () => {
    const all: Frame[] = ['one', new Uint8Array(0), new Uint8Array([0, 255, 128]), new Uint8Array(300).fill(7), 'two'];
    expect(read(await sent(...all))).toEqual(all);
  });

  test('every frame has a mask of its own', async () => {
    const octets = await sent('same', 'same', 'same');
    const masks = [0, 10, 20].map((at) => Buffer.from(octets.slice(at + 2, at + 6)).toString('hex'));
    expect(new Set(masks).size).toBe(3);
  });

  test('leaves once per turn of the event loop, or more often when there is much of it', async () => {
    const { socket, writes } = scene();
    for (let count = 0; count < 3; count++) socket.send('x');
    expect(writes.length).toBe(0);
    await endOfTurn();
    expect(writes.length).toBe(1);
    for (let count = 0; count < 1000; count++) socket.send('x');
    expect(writes.length).toBeGreaterThan(5);
    expect(writes.length).toBeLessThan(50);
    await endOfTurn();
    expect(writes.flatMap(read).length).toBe(1003);
  });

  test('is left to the package when it is long, in its turn', () => {
    const { socket, writes, send } = scene();
    const long = 'x'.repeat(4097);
    send.mockImplementation(() => writes.push(new Uint8Array([1])));
    socket.send('before');
    socket.send(long);
    socket.send('after');
    expect(send).toHaveBeenCalledExactlyOnceWith(long);
    expect(writes.length).toBe(2);
    expect(read(writes[0] as Uint8Array)).toEqual(['before']);
  });

  test('leaves before the close frame, and nothing after it', async () => {
    const { socket, writes, close } = scene();
    close.mockImplementation(() => (socket.readyState = 2));
    socket.send('last');
    socket.close(1000, 'done');
    expect(writes.flatMap(read)).toEqual(['last']);
    expect(close).toHaveBeenCalledExactlyOnceWith(1000, 'done');
    socket.send('too late');
    await endOfTurn();
    expect(writes.length).toBe(1);
  });

  test('keeps its order over a real connection, with what the package itself sends between', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      perMessageDeflate: false,
    });
    const got: string[] = [];
    const closed = new Promise<number>((resolve) =>
      server.on('connection', (peer) => {
        peer.on('message', (data) => {
          const text = (data as Buffer).toString();
          got.push(text.length > 20 ? `${text.length}` : text);
          // Answered by the client's package, in the middle of what it sends; more than 60 at once would be a flood to it.
          if (got.length % 20 === 0) peer.ping();
        });
        peer.on('close', resolve);
      }),
    );
    client.once('upgrade', ({ socket }) => client.once('open', () => sendTogether(client, socket)));
    await once(client, 'open');
    const wanted: string[] = [];
    for (let index = 0; index < 300; index++) {
      const long = index % 50 === 7;
      wanted.push(long ? `${5000 + index}` : `n${index}`);
      client.send(long ? 'y'.repeat(5000 + index) : `n${index}`);
      if (index % 20 === 0) await endOfTurn();
    }
    client.close(3000, 'done');
    expect(await closed).toBe(3000);
    expect(got).toEqual(wanted);
    await new Promise((resolve) => server.close(resolve));
  });
});
