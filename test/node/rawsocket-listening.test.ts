import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get as getSecurely } from 'node:https';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, UsageError, type WampError } from 'rocade';
import { ListenError, type RunningRouter, rawSocket, type StartOptions, startRouter } from 'rocade/node';
import { type FakeClock, fakeClock } from 'rocade/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testTls, trusted } from '../certificates/index.ts';
import { RawPeer } from './raw-peer.ts';

let folder: string;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rocade-'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true });
});

async function start(options: StartOptions = {}): Promise<RunningRouter> {
  const node = await startRouter({ listen: 'tcp://127.0.0.1:0', ...options });
  cleanups.push(() => node.close());
  return node;
}
async function peerOf(url: string): Promise<RawPeer> {
  const peer = await RawPeer.to(url);
  cleanups.push(() => peer.socket.destroy());
  return peer;
}
async function shaken(url: string, offer = '7f f1 00 00'): Promise<RawPeer> {
  const peer = await peerOf(url);
  peer.say(offer);
  expect(await peer.hearHex(4)).toBe('7ff10000');
  return peer;
}
async function joined(url: string, offer?: string): Promise<RawPeer> {
  const peer = await shaken(url, offer);
  peer.sayFrame('[1,"realm1",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}]');
  expect(await peer.hearFrame()).toMatch(/^\[2,/);
  return peer;
}
async function clientAt(url: string): ReturnType<typeof connect> {
  const client = await connect(/^wss?:/.test(url) ? url : rawSocket(url, { tls: trusted }), { retry: false });
  cleanups.push(() => client.close());
  return client;
}

describe('Advanced Profile, RawSocket Transport: the handshake of the router', () => {
  test.each([
    ['a serializer that is not spoken', '7f f4 00 00', '7f100000'],
    ['no serializer', '7f f0 00 00', '7f100000'],
    ['messages too short for a WELCOME', '7f 11 00 00', '7f200000'],
    ['reserved bits', '7f f1 00 01', '7f300000'],
  ])('%s: is told why, and then the end', async (_, offer, answer) => {
    const { url } = await start();
    const peer = await peerOf(url);
    peer.say(`${offer} 00 00 00 02 5b 5d`);
    expect(await peer.rest()).toBe(answer);
    expect(await peer.closed).toBe('end');
  });

  test.each(['00 00 00 00', '47 45 54 20 2f', 'ff', '16 03 01 02 00'])('%s: is cut off', async (offer) => {
    const { url } = await start({ clock: fakeClock() });
    const peer = await peerOf(url);
    peer.say(`${offer} 00 00 00`);
    expect(await peer.rest()).toBe('');
  });

  test('it may come octet by octet, together with what follows', async () => {
    const { url } = await start();
    const peer = await peerOf(url);
    const hello = '[1,"realm1",{"roles":{"caller":{}}}]';
    const head = `000000${hello.length.toString(16)}`;
    for (const octet of Buffer.from(`7ff10000${head}${Buffer.from(hello).toString('hex')}`, 'hex')) {
      await new Promise<void>((resolve) => peer.socket.write(Uint8Array.of(octet), () => resolve()));
    }
    expect(await peer.hearHex(4)).toBe('7ff10000');
    expect(await peer.hearFrame()).toMatch(/^\[2,/);
  });

  test.each(['tcp', 'ws'])('whoever is silent, or in the middle of it, is cut off at %s:// in time', async (kind) => {
    const clock: FakeClock = fakeClock();
    const { url } = await start({ listen: `${kind}://127.0.0.1:0`, clock, helloTimeout: 3000 });
    const silent = await peerOf(url);
    const slow = await peerOf(url);
    slow.say('7f f1');
    const done = await shaken(url);
    clock.advance(2999);
    // The answer to another handshake proves that the time was not over, and that the others were seen.
    await shaken(url);
    expect([silent.socket.closed, slow.socket.closed]).toEqual([false, false]);
    clock.advance(1);
    await Promise.all([silent.closed, slow.closed]);
    // This one waits for a HELLO, and is told so.
    expect(await done.hearFrame()).toMatch(/wamp.error.timeout/);
  });

  test('says how much it takes: the largest power of two within its limit', async () => {
    const { url } = await start({ maxMessageBytes: 1_000_000 });
    const peer = await peerOf(url);
    peer.say('7f f1 00 00');
    expect(await peer.hearHex(4)).toBe('7fa10000');
  });

  test('does not wait for newcomers when it closes', async () => {
    const node = await start({ listen: ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0'] });
    const silent = await Promise.all(node.urls.map((url) => peerOf(url)));
    await Promise.all(node.urls.map((url) => shaken(url)));
    await node.close();
    await Promise.all(silent.map(({ closed }) => closed));
  });
});

describe('Advanced Profile, RawSocket Transport: frames to the router', () => {
  test('each PING is answered by one PONG with the same octets, in turn with the messages', async () => {
    const { url } = await start();
    const peer = await joined(url);
    peer.say('01 00 00 03 aa bb cc 01 00 00 00');
    peer.sayFrame('[32,1,{},"a.b"]');
    peer.say('01 00 00 01 00');
    expect(await peer.hearHex(11)).toBe('02000003aabbcc02000000');
    expect(await peer.hearFrame()).toMatch(/^\[33,1,/);
    expect(await peer.hearHex(5)).toBe('0200000100');
  });

  test('a long PING comes back whole; a PONG that nobody asked for is nothing', async () => {
    const { url } = await start();
    const peer = await joined(url);
    const body = Buffer.alloc(100_000, 0x5a);
    peer.say('02 00 00 02 01 02');
    peer.say(`01 01 86 a0 ${body.toString('hex')}`);
    expect(await peer.hearHex(4)).toBe('020186a0');
    expect((await peer.hear(100_000)).equals(body)).toBe(true);
  });

  test('who asks for more PONGs than it reads is not read any more, until it does', async () => {
    const { url } = await start();
    const peer = await joined(url);
    const count = 3000;
    const ping = Buffer.concat([Buffer.from('01002710', 'hex'), Buffer.alloc(10_000)]);
    peer.socket.pause();
    for (let sent = 0; sent < count; sent++) peer.socket.write(ping);
    // 30 MB cannot all have gone out: what is not read here, is not read there.
    await new Promise((resolve) => setImmediate(resolve));
    const other = await joined(url);
    other.sayFrame('[32,1,{},"a.b"]');
    await other.hearFrame();
    expect(peer.socket.writableLength).toBeGreaterThan(10_000_000);
    peer.socket.resume();
    for (let heard = 0; heard < count; heard++) {
      expect(await peer.hearHex(4)).toBe('02002710');
      await peer.hear(10_000);
    }
  });

  test.each([
    ['reserved bits', '10 00 00 02 5b 5d'],
    ['an unknown type', '03 00 00 00'],
    ['a length beyond the limit', '00 01 00 01'],
    ['a length beyond 16 MiB', '08 00 00 01'],
  ])('a frame with %s ends the connection', async (_, frame) => {
    const node = await start({ maxMessageBytes: 65_536 });
    const peer = await peerOf(node.url);
    peer.say(`7f f1 00 00 ${frame}`);
    expect(await peer.rest()).toBe('7f710000');
  });

  test('a PING longer than its sender takes ends the connection', async () => {
    const { url } = await start();
    const peer = await joined(url, '7f 31 00 00');
    peer.say(`01 00 20 00 ${'00'.repeat(8192)}`);
    await peer.closed;
  });

  test.each([
    ['text that is no UTF-8', 'fffe', /got 2 octets/],
    ['no text at all', '', /frame/],
    ['what is no message', Buffer.from('[99]').toString('hex'), /99/],
  ])('%s is answered with ABORT', async (_, body, why) => {
    const { url } = await start();
    const peer = await joined(url);
    peer.say(`00 00 00 0${body.length / 2} ${body}`);
    const abort = await peer.hearFrame();
    expect(abort).toMatch(/^\[3,.*"wamp.error.protocol_violation"\]$/);
    expect(abort).toMatch(why);
    expect(await peer.closed).toBe('end');
  });

  test('a session ends with its connection, however that ends', async () => {
    const node = await start();
    const client = await clientAt(node.url);
    for (const end of [(peer: RawPeer) => peer.socket.end(), (peer: RawPeer) => peer.socket.resetAndDestroy()]) {
      const peer = await joined(node.url);
      peer.sayFrame('[64,1,{},"it.hangs"]');
      await peer.hearFrame();
      const call = client.call('it.hangs').catch((error: WampError) => error.uri);
      expect(await peer.hearFrame()).toMatch(/^\[68,/);
      end(peer);
      expect(await call).toBe('wamp.error.canceled');
    }
  });
});

describe('Advanced Profile, RawSocket Transport: what is too long for the other side', () => {
  const long = 'x'.repeat(5000);

  test('a client does not send it, and goes on', async () => {
    const { url } = await start({ maxMessageBytes: 4096 });
    const client = await clientAt(url);
    await client.register('echo', ([value]) => value);
    await expect(client.call('echo', [long])).rejects.toThrow(/5\d\d\d octets: the other side takes at most 4096/);
    await expect(client.call('echo', ['é'.repeat(2040)])).rejects.toMatchObject({ code: 'payload' });
    expect(await client.call('echo', ['é'.repeat(2000)])).toBe('é'.repeat(2000));
  });

  test('the router tells the caller when the callee cannot take it, and the other way round', async () => {
    const { url } = await start();
    const client = await clientAt(url);
    await client.register('make.long', () => long);
    const small = await joined(url, '7f 31 00 00');
    small.sayFrame('[64,1,{},"take.all"]');
    await small.hearFrame();
    await expect(client.call('take.all', [long])).rejects.toMatchObject({ uri: 'wamp.error.invalid_payload' });
    small.sayFrame('[48,2,{},"make.long"]');
    expect(await small.hearFrame()).toMatch(/^\[8,48,2,{},"wamp.error.invalid_payload",\["cannot send/);
  });

  test('an event reaches those who can take it', async () => {
    const { url } = await start();
    const [one, two] = [await clientAt(url), await clientAt(url)];
    const small = await joined(url, '7f 31 00 00');
    small.sayFrame('[32,1,{},"news"]');
    await small.hearFrame();
    const heard: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      void one.subscribe('news', ([value]) => {
        if (heard.push(value) === 2) resolve();
      });
    });
    await two.publish('other', [], { acknowledge: true });
    await two.publish('news', [long], { acknowledge: true });
    await two.publish('news', ['short'], { acknowledge: true });
    await both;
    expect(heard).toEqual([long, 'short']);
    expect(await small.hearFrame()).toMatch(/"short"\]\]$/);
  });

  test('sixteen megabytes go there and back', async () => {
    const { url } = await start();
    const client = await clientAt(url);
    await client.register('length', ([text]) => text.length);
    const most = 2 ** 24 - '[48,9007199254740992,{},"length",[""]]'.length;
    expect(await client.call('length', ['x'.repeat(most)])).toBe(most);
    await expect(client.call('length', ['x'.repeat(2 ** 24)])).rejects.toMatchObject({ code: 'payload' });
  });
});

describe('one port for HTTP, WebSocket and RawSocket', () => {
  test.each(['ws', 'wss'])('%s:// takes all three, also mixed', async (kind) => {
    const { url } = await start({ listen: `${kind}://127.0.0.1:0`, tls: testTls });
    const raw = url.replace('wss', 'tls').replace('ws', 'tcp');
    const webSocket = new WebSocket(url, 'wamp.2.json', trusted);
    await once(webSocket, 'open');
    cleanups.push(() => webSocket.terminate());
    const [one, two] = await Promise.all([clientAt(raw), clientAt(raw)]);
    await one.register('math.add', ([a, b]) => a + b);
    expect(await two.call('math.add', [2, 3])).toBe(5);
    const status =
      kind === 'ws'
        ? (await fetch(url.replace('ws', 'http'))).status
        : await new Promise((resolve, reject) => {
            getSecurely(url.replace('wss', 'https'), { ...trusted, agent: false }, (response) => {
              response.resume().on('end', () => resolve(response.statusCode));
            }).on('error', reject);
          });
    expect(status).toBe(404);
  });

  test('HTTP requests that come in pieces, several on one connection, or at once', async () => {
    writeFileSync(join(folder, 'a.txt'), 'hello');
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    const request = 'GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answers = async (peer: RawPeer, count: number): Promise<void> => {
      for (let answer = 0; answer < count; answer++) {
        let text = '';
        while (!text.endsWith('\r\n\r\nhello')) text += (await peer.hear(1)).toString();
        expect(text).toMatch(/^HTTP\/1.1 200 OK/);
      }
    };
    const pieces = await peerOf(url);
    for (const octet of request) await new Promise<void>((resolve) => pieces.socket.write(octet, () => resolve()));
    await answers(pieces, 1);
    pieces.socket.write(request + request);
    await answers(pieces, 2);
    const { port } = new URL(url);
    const early = connectTcp({ host: '127.0.0.1', port: Number(port) });
    early.write(request);
    await answers(await RawPeer.over(early), 1);
    early.destroy();
  });

  test('many at once', async () => {
    writeFileSync(join(folder, 'a.txt'), 'x'.repeat(100_000));
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    const texts = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(`${url.replace('ws', 'http')}/a.txt`)).text()),
    );
    expect(texts.every((text) => text.length === 100_000)).toBe(true);
  });

  test('a connection that ends, or breaks, before its first octet does no harm', async () => {
    const { url } = await start({ listen: 'ws://127.0.0.1:0' });
    const [ends, breaks] = [await peerOf(url), await peerOf(url)];
    ends.socket.end();
    breaks.socket.resetAndDestroy();
    await Promise.all([ends.closed, breaks.closed]);
    await shaken(url);
  });
});

describe('TLS', () => {
  test('a client that trusts the certificate is served', async () => {
    const { url } = await start({ listen: 'tls://localhost:0', tls: testTls });
    const [one, two] = await Promise.all([clientAt(url), clientAt(url)]);
    await one.register('math.add', ([a, b]) => a + b);
    expect(await two.call('math.add', [2, 3])).toBe(5);
  });

  test('without a key, or with a bad one, nothing listens', async () => {
    const listen = 'tls://127.0.0.1:0';
    await expect(start({ listen })).rejects.toThrow(UsageError);
    await expect(start({ listen: 'wss://127.0.0.1:0', tls: { key: testTls.key } })).rejects.toThrow(
      /a key and a certificate/,
    );
    await expect(start({ listen, tls: { ...testTls, key: 'nonsense' } })).rejects.toThrow(UsageError);
  });

  test.each(['tls', 'wss'])('at %s:// whoever speaks no TLS is cut off, or is silent for too long', async (kind) => {
    const { url } = await start({ listen: `${kind}://127.0.0.1:0`, tls: testTls, helloTimeout: 200 });
    const tcp = url.replace(kind, 'tcp');
    const [wrong, silent, slow] = await Promise.all([peerOf(tcp), peerOf(tcp), peerOf(tcp)]);
    wrong.say('7f f1 00 00 00 00 00 02 5b 5d');
    slow.say('16 03 01');
    await Promise.all([wrong.closed, silent.closed, slow.closed]);
    await shaken(url);
  });
});

describe('Unix sockets', () => {
  const path = (): string => join(folder, 'router.sock');

  test('only this user may connect, unless told otherwise, and the file goes with the router', async () => {
    const node = await start({ listen: `unix:${path()}` });
    expect(node.url).toBe(`unix:${path()}`);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    const client = await clientAt(node.url);
    await client.publish('a.b', [], { acknowledge: true });
    await node.close();
    expect(existsSync(path())).toBe(false);
    await start({ listen: `unix://${path()}`, unixMode: 0o660 });
    expect(statSync(path()).mode & 0o777).toBe(0o660);
  });

  test('a socket that nobody listens on any more is taken over', async () => {
    const { spawnSync } = await import('node:child_process');
    const abandon = `require('node:net').createServer().listen(${JSON.stringify(path())}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', abandon]);
    expect(statSync(path()).isSocket()).toBe(true);
    const { url } = await start({ listen: `unix:${path()}` });
    await clientAt(url);
  });

  test('one that somebody listens on is not, and neither is a file', async () => {
    const other = createServer().listen(path());
    await once(other, 'listening');
    await expect(start({ listen: `unix:${path()}` })).rejects.toThrow(/another process listens there/);
    expect(statSync(path()).isSocket()).toBe(true);
    await new Promise((resolve) => other.close(resolve));
    writeFileSync(path(), 'precious');
    await expect(start({ listen: `unix:${path()}` })).rejects.toThrow(ListenError);
    expect(statSync(path()).size).toBe(8);
  });

  test('a path in no directory, or too long, is refused', async () => {
    await expect(start({ listen: `unix:${path()}/more/x` })).rejects.toThrow(ListenError);
    await expect(start({ listen: `unix:${folder}/nowhere/x` })).rejects.toThrow(/no such directory/);
    await expect(start({ listen: `unix:/${'x'.repeat(200)}` })).rejects.toThrow(/at most 103 octets/);
  });
});

describe('addresses to listen on', () => {
  test.each([
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:1/path',
    'tls://:5',
    'unix:',
    'unix://x',
    'http://127.0.0.1:1',
    'x',
    '',
  ])("'%s' is none", async (listen) => {
    await expect(start({ listen, tls: testTls })).rejects.toThrow(/expected an address such as/);
  });

  test.each(['tcp://0.0.0.0:0', 'tls://[::]:0', 'wss://example.com:0', 'tcp://127.0.0.1.example.com:0'])(
    '%s is not for this machine only, which has to be said',
    async (listen) => {
      await expect(start({ listen, tls: testTls })).rejects.toThrow(/others than this machine/);
    },
  );

  test('several, of every kind, in their order; a failure closes those before it', async () => {
    const unix = `unix:${join(folder, 's')}`;
    const listen = ['tcp://localhost:0', unix, 'tls://127.0.0.1:0', 'tcp://[::1]:0'];
    const node = await start({ listen, tls: testTls });
    expect(node.urls.map((url) => url.replace(/:\d+$/, ':0'))).toEqual(listen);
    const clients = await Promise.all(node.urls.map((url) => clientAt(url)));
    await clients[0]?.register('where', () => 'here');
    for (const client of clients) expect(await client.call('where')).toBe('here');
    const taken = node.urls[0] as string;
    await expect(start({ listen: [`${unix}2`, taken] })).rejects.toThrow(/port is taken/);
    expect(existsSync(`${unix}2`.slice(5))).toBe(false);
  });
});
