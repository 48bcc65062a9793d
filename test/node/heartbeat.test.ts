import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:http';
import { acceptUpgrades, type StartOptions } from 'rocade/node';
import { Router } from 'rocade/router';
import { type FakeClock, fakeClock } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { testTls, trusted } from '../certificates/index.ts';
import { Heartbeat } from '../../src/node/heartbeat.ts';
import { cleanups, setStage, start } from './stage.ts';

setStage();

const INTERVAL_MS = 1000;
const HELLO = '[1,"realm1",{"roles":{"caller":{}}}]';

/** A client in a session, by hand. */
async function member(url: string, options: { readonly autoPong: boolean }): Promise<WebSocket> {
  const webSocket = new WebSocket(url, 'wamp.2.json', { ...trusted, ...options });
  cleanups.push(() => webSocket.terminate());
  await once(webSocket, 'open');
  webSocket.send(HELLO);
  await once(webSocket, 'message');
  return webSocket;
}

/** There and back again: what was sent before has come. */
async function call(webSocket: WebSocket): Promise<void> {
  const answer = once(webSocket, 'message');
  webSocket.send('[48,1,{},"wamp.session.count"]');
  await answer;
}

describe.each(['ws', 'wss'])('a client over %s that is silent', (kind) => {
  const scene = async (options: StartOptions = {}) => {
    const clock: FakeClock = fakeClock();
    const listen = `${kind}://127.0.0.1:0`;
    const node = await start({ listen, tls: testTls, clock, pingInterval: INTERVAL_MS, ...options });
    return { ...node, clock, sessions: () => node.router.counts('realm1')?.sessions };
  };

  test('is asked for a sign of life, and stays when it gives one', async () => {
    const { url, clock, sessions } = await scene();
    const webSocket = await member(url, { autoPong: true });
    // What came before the first beat counts as life.
    clock.advance(INTERVAL_MS);
    for (let turn = 0; turn < 3; turn++) {
      const asked = once(webSocket, 'ping');
      clock.advance(INTERVAL_MS);
      await asked;
      await call(webSocket);
      clock.advance(INTERVAL_MS);
    }
    expect(sessions()).toBe(1);
  });

  test('is cut off when it gives none, and its session ends', async () => {
    const { url, clock, sessions } = await scene();
    const webSocket = await member(url, { autoPong: false });
    clock.advance(INTERVAL_MS);
    const asked = once(webSocket, 'ping');
    clock.advance(INTERVAL_MS);
    await asked;
    expect(sessions()).toBe(1);
    const closed = once(webSocket, 'close');
    clock.advance(INTERVAL_MS);
    expect((await closed)[0]).toBe(1006);
    await expect.poll(sessions).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is not asked while it says something', async () => {
    const { url, clock } = await scene();
    const webSocket = await member(url, { autoPong: false });
    let asked = 0;
    webSocket.on('ping', () => asked++);
    for (let turn = 0; turn < 4; turn++) {
      await call(webSocket);
      clock.advance(INTERVAL_MS);
    }
    await call(webSocket);
    expect(asked).toBe(0);
  });

  test('is never asked when there is no interval', async () => {
    const { url, clock } = await scene({ pingInterval: 0 });
    await member(url, { autoPong: false });
    expect(clock.pending).toBe(0);
  });
});

test('an HTTP server of one’s own is not kept running by those who have gone', async () => {
  const router = new Router();
  const server = createServer().on('upgrade', acceptUpgrades(router)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const webSocket = await member(`ws://127.0.0.1:${port}`, { autoPong: true });
  webSocket.close();
  await once(webSocket, 'close');
  await expect.poll(() => router.counts('realm1')?.sessions).toBe(0);
  server.close();
  await once(server, 'close');
});

test('one that is not read at the moment is not taken for silent', () => {
  const clock = fakeClock();
  const webSocket = { isPaused: true, readyState: 1, OPEN: 1, on: vi.fn(), ping: vi.fn(), terminate: vi.fn() };
  const socket = { bytesRead: 5 } as unknown as Parameters<Heartbeat['add']>[1];
  new Heartbeat(INTERVAL_MS, clock).add(webSocket, socket);
  clock.advance(5 * INTERVAL_MS);
  expect(webSocket.ping).not.toHaveBeenCalled();
  webSocket.isPaused = false;
  clock.advance(2 * INTERVAL_MS);
  expect([webSocket.ping.mock.calls.length, webSocket.terminate.mock.calls.length]).toEqual([1, 1]);
});

test('a connection that breaks while it is turned away does no harm', async () => {
  const accept = acceptUpgrades(new Router());
  const server = createServer().on('upgrade', (request, socket, head) => {
    accept(request, socket, head);
    socket.destroy(new Error('it broke'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const visitor = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  visitor.on('error', () => {});
  visitor.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(visitor.resume(), 'close');
  server.close();
  await once(server, 'close');
});

test.each([
  ['without a subprotocol', ''],
  ['from a page of elsewhere', 'Sec-WebSocket-Protocol: wamp.2.json\r\nOrigin: http://elsewhere.example\r\n'],
])('one who comes %s and does not hang up when it is turned away is hung up on', async (_, headers) => {
  const server = createServer();
  server.on('upgrade', acceptUpgrades(new Router())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const visitor = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  cleanups.push(() => visitor.destroy());
  visitor.resume().write(`GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`);
  await once(visitor, 'end');
  // Closes when nobody is connected any more.
  const closed = once(server, 'close');
  server.close();
  await closed;
});
