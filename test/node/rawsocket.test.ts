import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Channel, connect, ConnectError, json, type Serializer, UsageError } from 'rocade';
import type { Message } from 'rocade/protocol';
import { type RawSocketOptions, rawSocket } from 'rocade/node';
import { fakeClock } from 'rocade/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { testTls, trusted } from '../certificates/index.ts';
import { RawPeer } from './raw-peer.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const named = (id: string): Serializer => ({ ...json(), id });
const message: Message = { type: 'PUBLISHED', request: 1, publication: 1 };
const written = '[17,1,1]';

async function listening(server: Server, scheme = 'tcp'): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A router that does with the n-th connection what the n-th function says, once the handshake has come. */
async function answering(
  ...answers: ((peer: RawPeer, offer: string) => void)[]
): Promise<{ url: string; offers: string[] }> {
  const offers: string[] = [];
  const server = createServer((socket) => {
    void (async () => {
      const peer = await RawPeer.over(socket);
      const offer = await peer.hearHex(4);
      const answer = answers[offers.length];
      offers.push(offer);
      answer?.(peer, offer);
    })();
  });
  return { url: await listening(server), offers };
}
const says = (octets: string) => (peer: RawPeer) => peer.say(octets);
const echoes = (peer: RawPeer, offer: string): void => peer.say(offer);

function dial(
  url: string,
  {
    signal = new AbortController().signal,
    serializers = [json()],
  }: { signal?: AbortSignal; serializers?: Serializer[] } = {},
  options: RawSocketOptions = {},
): Promise<Channel> {
  return rawSocket(url, options)({ signal, serializers });
}
async function failure(connecting: Promise<unknown>): Promise<string> {
  const error: unknown = await connecting.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConnectError);
  return (error as ConnectError).message;
}

/** A client's channel and the router's end of it. */
async function pair(options: RawSocketOptions = {}): Promise<{ channel: Channel; peer: RawPeer; offer: string }> {
  let accept: (peer: RawPeer) => void = () => {};
  const accepted = new Promise<RawPeer>((resolve) => {
    accept = resolve;
  });
  const { url, offers } = await answering((peer, offer) => {
    peer.say(`7f ${offer.slice(2, 4)} 00 00`);
    accept(peer);
  });
  const channel = await dial(url, {}, options);
  cleanups.push(() => channel.close());
  return { channel, peer: await accepted, offer: offers[0] ?? '' };
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

describe('Advanced Profile, RawSocket Transport: where a client finds a router', () => {
  test.each(['ws://localhost:9000', 'tcp://localhost', 'localhost:9000', 'tcp://a:1/path', 'unix:', 'unix://a/b', ''])(
    "'%s' is no such place",
    (url) => {
      expect(() => rawSocket(url)).toThrow(UsageError);
    },
  );

  test('tcp, tls and unix addresses are, as text or as URL', () => {
    for (const url of ['tcp://localhost:1', 'tls://[::1]:1/', 'unix:/a/b', 'unix:///a/b', 'unix:relative', 'TCP://a:1'])
      expect(typeof rawSocket(url)).toBe('function');
    expect(typeof rawSocket(new URL('tcp://localhost:1'))).toBe('function');
  });

  test('connect points to it for an address that is not of WebSocket', async () => {
    const error: unknown = await connect('tcp://127.0.0.1:9001').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/rawSocket of rocade\/node, got 'tcp:\/\/127.0.0.1:9001'/);
  });

  test('a limit that cannot be announced is a usage error', () => {
    expect(() => rawSocket('tcp://localhost:1', { maxMessageBytes: 100 })).toThrow(UsageError);
  });
});

describe('Advanced Profile, RawSocket Transport: the handshake of the client', () => {
  test('announces the largest power of two within its limit, and its serializer', async () => {
    expect((await pair()).offer).toBe('7ff10000');
    expect((await pair({ maxMessageBytes: 100_000 })).offer).toBe('7f710000');
  });

  test.each<[string, (peer: RawPeer) => void]>([
    ['says that it does not speak it', says('7f 10 00 00')],
    ['closes the connection', (peer) => peer.socket.end()],
    ['breaks the connection', (peer) => peer.socket.resetAndDestroy()],
  ])('goes on to the next serializer when the router %s', async (_, refuse) => {
    const { url, offers } = await answering(refuse, refuse, echoes);
    const serializers = [named('cbor'), named('msgpack'), named('json')];
    const channel = await dial(url, { serializers });
    channel.close();
    expect(offers).toEqual(['7ff30000', '7ff20000', '7ff10000']);
  });

  test('tells what was wrong with each when none will do', async () => {
    const { url } = await answering(says('7f 10 00 00'), (peer) => peer.socket.end());
    const text = await failure(dial(url, { serializers: [named('cbor'), named('x_own'), named('json')] }));
    expect(text).toMatch(/^cannot connect to tcp:.*: cbor: the router refused: it does not speak this serializer; /);
    expect(text).toMatch(/'x_own' has no number in RawSocket; json: the connection was closed before/);
    expect(await failure(dial(url, { serializers: [] }))).toMatch(/no serializer/);
  });

  test.each([
    ['7f 40 00 00', /as many connections as it takes/],
    ['7f 20 00 00', /maximum length/],
    ['7f f2 00 00', /serializer 2, which was not offered/],
    ['7f f1 00 01', /reserved bits/],
    ['12 34 56 78', /does not look like a WAMP router/],
  ])('gives up at the answer %s, which another serializer would not change', async (answer, why) => {
    const { url, offers } = await answering(says(answer), echoes);
    expect(await failure(dial(url, { serializers: [named('json'), named('cbor')] }))).toMatch(why);
    expect(offers.length).toBe(1);
  });

  test('an answer may come octet by octet, and with the first frame behind it', async () => {
    const { url } = await answering((peer) => {
      for (const octet of ['7f', 'f1', '00', '00000000']) peer.say(octet);
      peer.say(`08${Buffer.from(written).toString('hex')}`);
    });
    const channel = await dial(url);
    const first = await new Promise<Message>((resolve) => {
      channel.open({ message: resolve, violation: () => {}, closed: () => {} });
    });
    expect(first).toEqual(message);
    channel.close();
  });

  test('an HTTP server is told apart', async () => {
    const server = createHttpServer();
    const url = await listening(server);
    expect(await failure(dial(url))).toMatch(
      /does not look like a WAMP router: expected the octet 7F of RawSocket first, got "HTTP"/,
    );
  });

  test('a port that nobody listens on', async () => {
    const server = createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(dial(url))).toMatch(/ECONNREFUSED 127.0.0.1/);
    const byName = await failure(dial(url.replace('127.0.0.1', 'localhost')));
    expect(byName).toMatch(/ECONNREFUSED 127.0.0.1/);
    expect(await failure(dial('unix:/nowhere/at/all'))).toMatch(/ENOENT/);
  });

  test('can be given up, before it began and while the router says nothing', async () => {
    const reason = new Error('no time left');
    const { url } = await answering();
    await expect(dial(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    let gone: Promise<string> | undefined;
    const silent = await answering((peer) => {
      gone = peer.closed;
      stop.abort(reason);
    });
    const error: unknown = await dial(silent.url, { signal: stop.signal }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'connect_failed', cause: reason });
    expect((error as Error).message).toMatch(/no time left/);
    expect(await gone).toBe('end');
  });
});

describe('TLS', () => {
  const secure = (): Promise<string> =>
    listening(
      createTlsServer(testTls, (socket) => {
        socket.on('error', () => {});
        socket.once('data', (offer: Uint8Array) => socket.write(offer));
      }),
      'tls',
    );

  test('a certificate that is not trusted, or for another name, is refused', async () => {
    const url = await secure();
    expect(await failure(dial(url))).toMatch(/self-signed certificate/);
    const other = { tls: { ...trusted, servername: 'example.com' } };
    expect(await failure(dial(url, {}, other))).toMatch(/does not match certificate/);
    const channel = await dial(url.replace('127.0.0.1', 'localhost'), {}, { tls: trusted });
    channel.close();
  });

  test('the name of the router goes along, as several may share an address; an address is no name', async () => {
    const names: unknown[] = [];
    const url = await listening(
      createTlsServer(testTls, (socket) => {
        names.push(socket.servername);
        socket.on('error', () => {});
        socket.once('data', (offer: Uint8Array) => socket.write(offer));
      }),
      'tls',
    );
    for (const host of ['localhost', '127.0.0.1'])
      (await dial(url.replace('127.0.0.1', host), {}, { tls: trusted })).close();
    expect(names).toEqual(['localhost', false]);
  });

  test('a port that speaks no TLS is told', async () => {
    const server = createServer((socket) => socket.end('220 smtp.example.com ready\r\n'));
    const url = await listening(server, 'tls');
    expect(await failure(dial(url))).toMatch(/does not speak TLS/);
    const closing = await listening(
      createServer((socket) => socket.destroy()),
      'tls',
    );
    await failure(dial(closing));
  });
});

describe('Advanced Profile, RawSocket Transport: frames of the client', () => {
  test('what is sent in one turn leaves in one piece, in order', async () => {
    const { channel, peer } = await pair();
    let chunks = 0;
    peer.socket.on('data', () => chunks++);
    for (let count = 0; count < 20; count++) channel.send(message);
    expect(channel.bufferedAmount).toBe(20 * (4 + written.length));
    for (let count = 0; count < 20; count++) expect(await peer.hearFrame()).toBe(written);
    expect(chunks).toBe(1);
  });

  test('a PING is answered with its octets', async () => {
    const { channel, peer } = await pair();
    open(channel);
    peer.say('01 00 00 02 ab cd');
    expect(await peer.hearHex(6)).toBe('02000002abcd');
  });

  test.each([
    ['10 00 00 00', { code: 1002, reason: 'a frame with reserved bits set' }],
    ['00 00 02 01', { code: 1009, reason: 'a frame of 513 octets; the limit is 512' }],
  ])('the frame %s ends the connection and says why', async (frame, info) => {
    const { channel, peer } = await pair({ maxMessageBytes: 1000 });
    const { closed } = open(channel);
    peer.say(frame);
    expect(await closed).toEqual(info);
    await peer.closed;
  });

  test('text that is no UTF-8 is a violation, and what comes after it is still heard', async () => {
    const { channel, peer } = await pair();
    const { violations, messages, closed } = open(channel);
    peer.say('00 00 00 02 c3 28');
    peer.sayFrame(written);
    peer.socket.end();
    expect(await closed).toEqual({ code: 1000, reason: '' });
    expect(violations.map(({ message: text }) => text)).toEqual(['frame: expected text, got 2 octets of binary']);
    expect(messages).toEqual([message]);
  });

  test('an end in the middle of a frame is no orderly one, and a broken connection tells how', async () => {
    const half = await pair();
    const { closed } = open(half.channel);
    half.peer.say('00 00 00 09 5b');
    half.peer.socket.end();
    expect(await closed).toEqual({ code: 1006, reason: 'the connection ended within a frame' });
    const broken = await pair();
    const lost = open(broken.channel).closed;
    broken.peer.socket.resetAndDestroy();
    expect(await lost).toMatchObject({ code: 1006, reason: expect.stringMatching(/ECONNRESET/) as string });
  });
});

describe('Advanced Profile, RawSocket Transport: PING', () => {
  test('none is sent unless asked for', async () => {
    const clock = fakeClock();
    const { channel, peer } = await pair({ clock });
    open(channel);
    clock.advance(10_000_000);
    channel.send(message);
    expect(await peer.hearFrame()).toBe(written);
  });

  test('after silence the other side is asked, and lost when it stays silent', async () => {
    const clock = fakeClock();
    const { channel, peer } = await pair({ clock, pingInterval: 5000 });
    const { closed } = open(channel);
    clock.advance(4999);
    channel.send(message);
    expect(await peer.hearFrame()).toBe(written);
    clock.advance(1);
    expect(await peer.hearHex(4)).toBe('01000000');
    clock.advance(5000);
    expect(await closed).toEqual({ code: 1006, reason: 'nothing was heard for 10000 ms' });
    await peer.closed;
  });

  test('any life keeps it, and closing ends the asking', async () => {
    const clock = fakeClock();
    const { channel, peer } = await pair({ clock, pingInterval: 5000 });
    let wake = (): void => {};
    let lost = false;
    channel.open({ message: () => wake(), violation: () => {}, closed: () => (lost = true) });
    clock.advance(5000);
    for (let round = 0; round < 3; round++) {
      expect(await peer.hearHex(4)).toBe('01000000');
      const heard = new Promise<void>((resolve) => {
        wake = resolve;
      });
      peer.say('02 00 00 00');
      peer.sayFrame(written);
      await heard;
      clock.advance(5000); // heard in time; the silence begins anew
      clock.advance(5000);
    }
    expect(lost).toBe(false);
    channel.close();
    clock.advance(100_000);
    expect(lost).toBe(false);
    expect(await peer.closed).toBe('end');
  });

  test('who does not close its end is cut off after half a minute', async () => {
    const clock = fakeClock();
    const half = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', (offer: Uint8Array) => socket.write(offer));
    });
    const url = await listening(half);
    const accepted = once(half, 'connection') as Promise<[Socket]>;
    const channel = await dial(url, {}, { clock });
    const [socket] = await accepted;
    const ended = once(socket.resume(), 'end');
    channel.close();
    await ended;
    const broken = new Promise((resolve) => socket.on('error', resolve));
    clock.advance(30_000);
    const write = (): void => void (socket.destroyed || socket.write('x', () => setImmediate(write)));
    write();
    expect(await broken).toBeInstanceOf(Error);
  });
});
