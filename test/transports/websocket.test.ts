import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { type Channel, ConnectError, json, UsageError, webSocket } from 'rocade';
import type { Message } from 'rocade/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { socketTransport } from '../../src/transports/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const options = (signal = new AbortController().signal) => ({ signal, serializers: [json()] });
const message: Message = { type: 'PUBLISHED', request: 1, publication: 1 };

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
async function webSocketServer(settings: object = {}): Promise<{ url: string; server: WebSocketServer }> {
  const http = createServer();
  const server = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => [...offered][0] ?? false,
    ...settings,
  });
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
  });
  const url = await listening(http);
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
  });
  return { url, server };
}
function open(channel: Channel): { messages: Message[]; violations: Error[]; closed: Promise<unknown> } {
  const messages: Message[] = [];
  const violations: Error[] = [];
  const closed = new Promise((resolve) => {
    channel.open({
      message: (one) => messages.push(one),
      violation: (error) => violations.push(error),
      closed: resolve,
    });
  });
  return { messages, violations, closed };
}

describe('Basic Profile, WebSocket Transport: connecting', () => {
  test('offers the subprotocols of the serializers in their order', async () => {
    const { url, server } = await webSocketServer({
      handleProtocols: (offered: Set<string>) => [...offered].at(-1) ?? false,
    });
    const request = once(server, 'connection');
    const other = { ...json(), id: 'other' };
    const channel = await webSocket(url)({ ...options(), serializers: [other, json()] });
    const [, { headers }] = (await request) as [WebSocket, { headers: Record<string, string> }];
    expect(headers['sec-websocket-protocol']).toBe('wamp.2.other,wamp.2.json');
    channel.close();
  });

  test.each(['http://localhost', 'localhost', 'ws://', '', 'ws://localhost/#part'])(
    "'%s' is no address for it",
    (address) => {
      expect(() => webSocket(address)).toThrow(UsageError);
    },
  );

  test('takes a URL object, and any path', async () => {
    const { url, server } = await webSocketServer();
    const request = once(server, 'connection');
    const channel = await webSocket(new URL('some/path?q=1', url))(options());
    expect(((await request) as [WebSocket, { url: string }])[1].url).toBe('/some/path?q=1');
    channel.close();
  });

  test('rejects when nobody listens, with the address and the cause', async () => {
    const http = createServer();
    const url = await listening(http);
    await cleanups.pop()?.();
    const failed = webSocket(url)(options());
    await expect(failed).rejects.toBeInstanceOf(ConnectError);
    await expect(failed).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringContaining(`cannot connect to ${url}: `),
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test.each([
    [200, 'takes no WebSockets at this path'],
    [301, 'sends clients elsewhere'],
    [400, 'takes no WAMP, or not with these serializers'],
    [403, 'this client is refused'],
    [404, 'nothing takes WebSockets at this path'],
    [503, 'or a proxy before it, cannot do it now'],
  ])('rejects when the server answers %i, and says what that means', async (status, meaning) => {
    const http = createServer();
    http.on('upgrade', (_, socket) =>
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
    );
    const failure = await webSocket(await listening(http))(options()).catch(String);
    expect(failure).toMatch(new RegExp(`: [^:]*${meaning}.* \\(Unexpected server response: ${status}\\)$`));
  });

  test('rejects when the server talks something else, or hangs up', async () => {
    for (const reply of ['SSH-2.0-x\r\n', '']) {
      const tcp = createTcpServer((socket) => {
        cleanups.push(() => socket.destroy());
        socket.end(reply);
      });
      await expect(webSocket(await listening(tcp as unknown as Server))(options())).rejects.toThrow(ConnectError);
    }
  });

  test('rejects when the server chooses no subprotocol', async () => {
    const { url } = await webSocketServer({ handleProtocols: () => false });
    await expect(webSocket(url)(options())).rejects.toThrow(ConnectError);
  });

  test('an abort gives it up, before and during the attempt, and leaves no connection', async () => {
    await expect(webSocket('ws://127.0.0.1:1')(options(AbortSignal.abort(new Error('no'))))).rejects.toThrow('no');
    const sockets: Socket[] = [];
    const tcp = createTcpServer((socket) => sockets.push(socket));
    const url = await listening(tcp as unknown as Server);
    const controller = new AbortController();
    const connected = once(tcp, 'connection');
    const attempt = webSocket(url)(options(controller.signal));
    await connected;
    const gone = once(sockets[0] as Socket, 'close');
    sockets[0]?.resume();
    controller.abort(new Error('enough'));
    await expect(attempt).rejects.toMatchObject({ name: 'ConnectError', cause: { message: 'enough' } });
    await gone;
  });

  test('an abort after it is open does nothing', async () => {
    const { url } = await webSocketServer();
    const controller = new AbortController();
    const channel = await webSocket(url)(options(controller.signal));
    controller.abort();
    channel.send(message);
    channel.close();
  });
});

describe('Basic Profile, WebSocket Transport: frames', () => {
  test('JSON goes and comes as text', async () => {
    const { url, server } = await webSocketServer();
    const connection = once(server, 'connection');
    const channel = await webSocket(url)(options());
    const [socket] = (await connection) as [WebSocket];
    const frame = once(socket, 'message');
    channel.send(message);
    const [data, isBinary] = (await frame) as [Buffer, boolean];
    expect([data.toString(), isBinary]).toEqual(['[17,1,1]', false]);
    channel.close();
  });

  test.each([
    ['binary', (socket: WebSocket) => socket.send(new Uint8Array([1])), /expected text/],
    ['no JSON', (socket: WebSocket) => socket.send('hello'), /not JSON/],
    ['an unknown message', (socket: WebSocket) => socket.send('[999]'), /message type/],
  ])('a frame that is %s is a violation', async (_, send, text) => {
    const { url, server } = await webSocketServer();
    server.on('connection', (socket) => {
      send(socket);
      socket.close();
    });
    const { violations, closed } = open(await webSocket(url)(options()));
    await closed;
    expect(violations.map((error) => error.message)).toEqual([expect.stringMatching(text)]);
  });

  test('a broken frame ends the connection, and not the process', async () => {
    const { url, server } = await webSocketServer();
    server.on('connection', (_socket, { socket }: { socket: Socket }) =>
      socket.write(new Uint8Array([0xff, 0xff, 0xff, 0xff])),
    );
    const { closed } = open(await webSocket(url)(options()));
    expect(await closed).toMatchObject({ code: expect.any(Number) });
  });
});

describe('a socket below', () => {
  /** What the transport uses of a socket of the ws package. */
  function fakeSocket() {
    const listeners: Record<string, (...args: never[]) => void> = {};
    return {
      ...{
        binaryType: '',
        protocol: 'wamp.2.json',
        bufferedAmount: 0,
        onopen: null,
        onerror: null,
        onclose: null,
        onmessage: null,
      },
      send: vi.fn(),
      close: vi.fn(),
      on: (name: string, listener: (...args: never[]) => void) => void (listeners[name] = listener),
      listeners,
    };
  }

  test('that closes after this end has closed it is not reported', () => {
    const socket = fakeSocket();
    const transport = socketTransport(socket);
    const receiver = { frame: vi.fn(), closed: vi.fn() };
    transport.open(receiver);
    transport.close(1000, 'done');
    (socket.listeners['message'] as (data: string, isBinary: boolean) => void)('late', false);
    (socket.onclose as unknown as (event: object) => void)({ code: 1000, reason: 'done' });
    expect([receiver.frame.mock.calls.length, receiver.closed.mock.calls.length]).toEqual([0, 0]);
    expect(socket.close).toHaveBeenCalledExactlyOnceWith(1000, 'done');
  });

  test('that reports an error and then closes is reported once', () => {
    const socket = fakeSocket();
    const transport = socketTransport(socket);
    const closed = vi.fn();
    transport.open({ frame: vi.fn(), closed });
    (socket.onerror as unknown as (event: object) => void)({ message: 'broken' });
    (socket.onclose as unknown as (event: object) => void)({ code: 1006, reason: '' });
    expect(closed).toHaveBeenCalledExactlyOnceWith({ code: 1006, reason: 'broken' });
  });
});
