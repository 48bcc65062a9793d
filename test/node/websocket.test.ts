import { Agent, type IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { createServer as createSecureServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ConnectionLostError, connect, ConnectError, json, UsageError } from 'rocade';
import { webSocket } from 'rocade/node';
import { expect, test, vi } from 'vitest';
import { type ServerOptions, WebSocketServer } from 'ws';
import { testTls, trusted } from '../certificates/index.ts';
import { cleanups, setStage, start } from './stage.ts';

setStage();

/** A server that keeps the requests that came. */
async function server({
  served,
  ...settings
}: ServerOptions & { served?: (webSockets: WebSocketServer) => void } = {}): Promise<{
  url: string;
  requests: IncomingMessage[];
}> {
  const requests: IncomingMessage[] = [];
  const webSockets = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => [...offered][0] ?? false,
    ...settings,
  });
  webSockets.on('connection', (_, request) => requests.push(request));
  served?.(webSockets);
  await once(webSockets, 'listening');
  cleanups.push(() => {
    for (const client of webSockets.clients) client.terminate();
    webSockets.close();
  });
  return { url: `ws://127.0.0.1:${(webSockets.address() as AddressInfo).port}/`, requests };
}
const options = () => ({ signal: new AbortController().signal, serializers: [json()] });

test('headers go with the request', async () => {
  const { url, requests } = await server();
  const channel = await webSocket(url, { headers: { authorization: 'Bearer s3cret', cookie: 'a=b' } })(options());
  channel.close();
  expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret', cookie: 'a=b' });
});

test('headers from a function are fresh for each connection', async () => {
  const { url, requests } = await server();
  let count = 0;
  const connector = webSocket(url, { headers: () => Promise.resolve({ 'x-count': String(++count) }) });
  for (let index = 0; index < 2; index++) (await connector(options())).close();
  expect(requests.map(({ headers }) => headers['x-count'])).toEqual(['1', '2']);
  const failing = webSocket(url, {
    headers: () => {
      throw new Error('no token');
    },
  });
  await expect(failing(options())).rejects.toThrow('no token');
});

test('headers that do not come are not waited for longer than the connection', async () => {
  const giveUp = new AbortController();
  const connecting = webSocket('ws://127.0.0.1:1', { headers: () => new Promise(() => {}) })({
    ...options(),
    signal: giveUp.signal,
  });
  giveUp.abort(new Error('too late'));
  await expect(connecting).rejects.toThrow('too late');
});

test('cookies are kept, sent again, changed and forgotten as the server says', async () => {
  const sets = [
    [
      'a=1; Path=/; HttpOnly',
      'b=x=y; Max-Age=60',
      'gone=1',
      '=nothing',
      'old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ],
    ['a=2', 'gone=; Max-Age=0', 'b=kept; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    [],
  ];
  const requests: IncomingMessage[] = [];
  const { url } = await server({
    verifyClient({ req }: { req: IncomingMessage }) {
      requests.push(req);
      return true;
    },
    served(webSockets: WebSocketServer) {
      webSockets.on('headers', (headers) => {
        for (const set of sets.shift() ?? []) headers.push(`Set-Cookie: ${set}`);
      });
    },
  });
  const cookies = new Map<string, string>();
  const connector = webSocket(url, { cookies, headers: () => ({ Cookie: 'own=1', 'x-other': '2' }) });
  for (let index = 0; index < 3; index++) (await connector(options())).close();
  expect(requests.map(({ headers }) => headers.cookie)).toEqual([
    'own=1',
    'own=1; a=1; b=x=y; gone=1',
    'own=1; a=2; b=kept',
  ]);
  expect(requests.every(({ headers }) => headers['x-other'] === '2')).toBe(true);
  expect([...cookies]).toEqual([
    ['a', '2'],
    ['b', 'kept'],
  ]);
  expect(() => webSocket(url, { cookies: {} as never })).toThrow(/cookies: expected a Map/);
});

test('TLS takes a certificate that is trusted, and no other', async () => {
  const { url } = await start({ listen: 'wss://127.0.0.1:0', tls: testTls });
  const client = await connect(webSocket(url, { tls: trusted }), { retry: false });
  expect(await client.publish('a.b', [1], { acknowledge: true })).toBeGreaterThan(0);
  await client.close();
  const refused: unknown = await connect(webSocket(url), { retry: false }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConnectError);
  expect(String(refused)).toMatch(/self[- ]signed/);
});

test('a client shows its own certificate where the server asks for one', async () => {
  const https = createSecureServer({ ...testTls, ca: testTls.cert, requestCert: true, rejectUnauthorized: true });
  cleanups.push(() => https.close());
  const serving = server({ server: https, port: undefined, host: undefined });
  https.listen(0, '127.0.0.1');
  const { requests } = await serving;
  const url = `wss://127.0.0.1:${(https.address() as AddressInfo).port}/`;
  const channel = await webSocket(url, { tls: { ...trusted, ...testTls } })(options());
  channel.close();
  expect(requests).toHaveLength(1);
  await expect(webSocket(url, { tls: trusted })(options())).rejects.toThrow(ConnectError);
});

test('an agent makes the connection, as for a proxy', async () => {
  const { url } = await start({ listen: 'ws://127.0.0.1:0' });
  const { port } = new URL(url);
  const asked: unknown[] = [];
  class Detour extends Agent {
    override createConnection(target: { host?: string; port?: number }) {
      asked.push([target.host, Number(target.port)]);
      return createConnection({ host: '127.0.0.1', port: Number(port) });
    }
  }
  // The name is one that nobody can resolve: only the agent knows the way.
  const connector = webSocket('ws://router.invalid:4711/', { agent: new Detour() as Agent });
  const client = await connect(connector, { retry: false });
  expect(client.session?.realm).toBe('realm1');
  await client.close();
  expect(asked).toEqual([['router.invalid', 4711]]);
});

test('a message that is longer than is taken ends the connection, and is not kept', async () => {
  const { url } = await start({ listen: 'ws://127.0.0.1:0' });
  const one = await connect(webSocket(url, { maxMessageBytes: 1000 }), { retry: false });
  const other = await connect(url, { retry: false });
  cleanups.push(() => Promise.all([one.close(), other.close()]));
  const heard: unknown[] = [];
  await one.subscribe('a.b', ([text]) => heard.push(text.length));
  await other.publish('a.b', ['x'.repeat(900)]);
  await other.publish('a.b', ['x'.repeat(1100)]);
  expect(await one.closed).toBeInstanceOf(ConnectionLostError);
  expect(heard).toEqual([900]);
});

test('compression is offered only when asked for', async () => {
  const { url, requests } = await server({ perMessageDeflate: true });
  for (const settings of [{}, { perMessageDeflate: false }, { perMessageDeflate: true }])
    (await webSocket(url, settings)(options())).close();
  const offers = requests.map(({ headers }) => headers['sec-websocket-extensions']);
  expect(offers).toEqual([undefined, undefined, expect.stringContaining('permessage-deflate')]);
});

test('who awaits each publication is held back while the router does not read, and goes on when it does', async () => {
  const webSockets = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'wamp.2.json' });
  await once(webSockets, 'listening');
  cleanups.push(() => {
    for (const socket of webSockets.clients) socket.terminate();
    webSockets.close();
  });
  let received = 0;
  webSockets.on('connection', (socket) => {
    socket.on('message', () => received++);
    socket.once('message', () => {
      socket.send('[2,1,{"roles":{"broker":{},"dealer":{}}}]');
      socket.pause();
    });
  });
  const url = `ws://127.0.0.1:${(webSockets.address() as AddressInfo).port}/`;
  const client = await connect(url, { retry: false });
  const text = 'x'.repeat(100_000);
  let most = 0;
  const publishing = (async () => {
    for (let index = 0; index < 200; index++) {
      await client.publish('a.b', [text]);
      most = Math.max(most, client.session?.bufferedAmount ?? 0);
    }
  })();
  // The kernel takes a few megabytes, then it stops.
  await vi.waitUntil(() => (client.session?.bufferedAmount ?? 0) > 1_000_000, { timeout: 9000 });
  for (const socket of webSockets.clients) socket.resume();
  await publishing;
  await vi.waitUntil(() => received === 201, { timeout: 9000 });
  // What is allowed, and one publication that went beyond it.
  expect(most).toBeLessThan(1_200_000);
});

test('what makes no sense is refused at once', () => {
  for (const maxMessageBytes of [0, -1, 1.5, Number.NaN, Infinity])
    expect(() => webSocket('ws://localhost:1', { maxMessageBytes })).toThrow(UsageError);
  expect(() => webSocket('tcp://localhost:1', { headers: () => ({}) })).toThrow(UsageError);
});
