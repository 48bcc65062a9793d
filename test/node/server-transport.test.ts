import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { ServerTransport } from '../../src/node/server-transport.ts';
import type { Transport } from '../../src/transports/index.ts';

describe('RFC 6455, frames of the router', () => {
  let server: WebSocketServer;
  let url: string;

  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** A connection: the router's transport, and the messages that a foreign WebSocket makes of what it sends. */
  async function connection(): Promise<{
    transport: Transport;
    client: WebSocket;
    raw: Socket;
    received: (string | Uint8Array)[];
    closed: Promise<unknown[]>;
  }> {
    const accepted = once(server, 'connection') as Promise<[WebSocket, { socket: Socket }]>;
    const client = new WebSocket(url);
    const received: (string | Uint8Array)[] = [];
    client.on('message', (data: Buffer, isBinary) => received.push(isBinary ? new Uint8Array(data) : data.toString()));
    const closed = once(client, 'close');
    const [[socket, { socket: raw }]] = await Promise.all([accepted, once(client, 'open')]);
    return { transport: new ServerTransport(socket, raw), client, raw, received, closed };
  }

  const lengths = [0, 1, 125, 126, 127, 16_383, 16_384, 16_385, 65_535, 65_536, 300_000];

  test('texts of every length of head arrive as they are, in order, also in one turn', async () => {
    const { transport, received, closed } = await connection();
    const texts = lengths.flatMap((length) => ['x'.repeat(length), `${'é'.repeat(length >> 1)}🎉`]);
    for (const text of texts) transport.send(text);
    transport.close();
    await closed;
    expect(received).toEqual(texts);
  });

  test('binary frames do too, between texts', async () => {
    const { transport, received, closed } = await connection();
    const frames = lengths.flatMap((length) => [new Uint8Array(length).map((_, index) => index * 7), `text ${length}`]);
    for (const frame of frames) transport.send(frame);
    transport.close();
    await closed;
    expect(received).toEqual(frames);
  });

  test('what is sent after the end is not, also where the end has not been answered yet', async () => {
    const { transport, raw, received, closed } = await connection();
    const written = vi.spyOn(raw, 'write');
    transport.send('before');
    transport.close(1000, 'done');
    transport.send('after');
    const [code] = await closed;
    expect([received, code]).toEqual([['before'], 1000]);
    // Nothing follows a close frame, whether or not the other side would look at it.
    const carrying = (text: string): number =>
      written.mock.calls.filter(([what]) => String(what).includes(text)).length;
    expect([carrying('before'), carrying('after')]).toEqual([1, 0]);
  });

  test('a close is answered also where what came before it was not read', async () => {
    const { transport, client, raw, closed } = await connection();
    const frames: unknown[] = [];
    transport.open({ frame: (frame) => frames.push(frame), closed: () => {} });
    transport.pause?.();
    for (let count = 0; count < 100; count++) client.send('x'.repeat(100_000));
    const ended = once(raw, 'close');
    // Without the 30 seconds after which `ws` waits for no answer any more.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      transport.close(1000, 'done');
      expect((await closed)[0]).toBe(1000);
      await ended;
    } finally {
      vi.useRealTimers();
    }
    expect(frames).toEqual([]);
  });

  test('many small ones in one turn all arrive in order', async () => {
    const { transport, received, closed } = await connection();
    const texts = Array.from({ length: 10_000 }, (_, index) => `event ${index % 7 === 0 ? index : 'the same'}`);
    for (const text of texts) transport.send(text);
    transport.close(1000, 'done');
    expect(await closed).toEqual([1000, Buffer.from('done')]);
    expect(received).toEqual(texts);
  });

  test('counts what waits, and sends nothing after the close', async () => {
    const { transport, received, closed } = await connection();
    transport.send('before');
    expect(transport.bufferedAmount).toBe('before'.length + 2);
    transport.close();
    transport.send('after');
    await closed;
    expect(received).toEqual(['before']);
  });

  test('a connection that breaks while frames wait does no harm', async () => {
    const { transport, client, raw } = await connection();
    const gone = new Promise((resolve) => raw.once('close', resolve));
    client.terminate();
    for (let index = 0; index < 1000; index++) transport.send('x'.repeat(20_000));
    await gone;
    transport.send('too late');
    transport.close();
    expect(raw.destroyed).toBe(true);
  });
});
