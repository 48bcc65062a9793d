import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { connect, failover, ProtocolViolation, TimeoutError, UsageError } from 'rocade';
import { rawSocket } from 'rocade/node';
import { fakeClock } from 'rocade/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

test('a server that takes the connection and says nothing is given up after the time for the opening', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const clock = fakeClock();
  const accepted = once(server, 'connection');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opening = connect(url, { clock, retry: false });
  const [socket] = await accepted;
  clock.advance(30_000);
  await expect(opening).rejects.toMatchObject({ code: 'connect_failed', cause: expect.any(TimeoutError) });
  await expect(opening).rejects.toThrow(`cannot connect to ${url}: no connection within 30000 ms`);
  socket.destroy();
  server.close();
});

test('whatever the transport, the error says where it was and how long it waited', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [target, text] of [
    [rawSocket(`tcp://${host}`), `cannot connect to tcp://${host}: no connection within 700 ms`],
    [rawSocket(`tls://${host}`), `cannot connect to tls://${host}: no connection within 700 ms`],
    [() => `ws://${host}`, `cannot connect to ws://${host}: no connection within 700 ms`],
    [failover([`ws://${host}`]), `could be reached: cannot connect to ws://${host}: no connection within 700 ms`],
  ] as const) {
    const clock = fakeClock();
    const accepted = once(server, 'connection');
    const opening = connect(target, { clock, retry: false, timeout: 700 });
    const [socket] = await accepted;
    clock.advance(700);
    await expect(opening).rejects.toThrow(text);
    socket.destroy();
  }
});

describe('a WebSocket server that is no WAMP router', () => {
  async function serving(behave: (socket: WebSocket) => void, subprotocol = 'wamp.2.json'): Promise<string> {
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http, handleProtocols: () => subprotocol });
    server.on('connection', behave);
    await once(http.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate();
      http.close();
    });
    return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  test.each<[string, (socket: WebSocket) => void, RegExp]>([
    ['greets', (socket) => socket.send('hello, chat'), /frame: not JSON: .*hello, chat/],
    ['greets in JSON', (socket) => socket.send('{"type":"hi"}'), /frame: expected list, got {"type":"hi"}/],
    ['greets in binary', (socket) => socket.send(new Uint8Array(3)), /frame: expected text, got 3 octets of binary/],
    [
      'echoes',
      (socket) => socket.on('message', (data: Buffer) => socket.send(data.toString())),
      /HELLO: not expected now/,
    ],
  ])('and %s is told in words', async (_, behave, text) => {
    const url = await serving(behave);
    const opening = connect(url, { retry: false });
    await expect(opening).rejects.toThrow(ProtocolViolation);
    await expect(opening).rejects.toThrow(`${url} does not look like a WAMP router: `);
    await expect(opening).rejects.toThrow(text);
  });

  test('and says nothing is told, with where it is and how long it was waited for', async () => {
    const connected = vi.fn();
    const url = await serving((socket) => socket.on('message', connected));
    const clock = fakeClock();
    const opening = connect(url, { retry: false, clock });
    await vi.waitFor(() => expect(connected).toHaveBeenCalled());
    clock.advance(10_000);
    await expect(opening).rejects.toThrow(TimeoutError);
    await expect(opening).rejects.toThrow(`${url} does not look like a WAMP router: no WELCOME within 10000 ms`);
  });

  test('and hangs up is told, with when and what it said', async () => {
    const url = await serving((socket) => socket.close(1008, 'go away'));
    await expect(connect(url, { retry: false })).rejects.toThrow(
      'the connection was lost: no WELCOME (code 1008, go away)',
    );
  });

  test('and speaks another subprotocol is told, with what was expected', async () => {
    const url = await serving(() => {}, 'graphql-ws');
    await expect(connect(url, { retry: false })).rejects.toThrow(
      `cannot connect to ${url}: what listens there takes WebSockets, but does not look like a WAMP router: expected wamp.2.json (`,
    );
  });
});

test('an address that is none rejects, and does not throw', async () => {
  await expect(connect('http://localhost:9000')).rejects.toThrow(UsageError);
  await expect(connect('localhost')).rejects.toThrow("got 'localhost'");
  for (const nothing of [undefined, null, 7, {}, [], ''])
    await expect(connect((() => nothing) as never)).rejects.toThrow(UsageError);
  await expect(connect((() => undefined) as never)).rejects.toThrow("got 'undefined'");
});
