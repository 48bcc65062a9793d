import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { get as getSecurely } from 'node:https';
import { connect as connectTcp, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { connect, json, UsageError } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { ListenError, rawSocket, startRouter } from 'rocade/node';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { nextTls, testTls, trusted } from '../certificates/index.ts';
import { RawPeer } from './raw-peer.ts';
import { cleanups, clientAt, folder, peerOf, setStage, shaken, start } from './stage.ts';

setStage();

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

  test('files of several directories, each below its path, and of no other', async () => {
    for (const [name, text] of [
      ['public/index.html', 'home'],
      ['public/assets/old.txt', 'old'],
      ['public/blog/index.html', 'posts'],
      ['public/odd/index.html/no-page.txt', 'odd'],
      ['shared/new.txt', 'new'],
      ['shared/index.html', 'list'],
      ['shared/.hidden', 'secret'],
      // Where that parts directories, it would be one.
      ['shared/a\\b.txt', 'secret'],
      ['secret.txt', 'secret'],
    ] as const) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const files = { '/': join(folder, 'public'), '/assets': join(folder, 'shared') };
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files });
    // By hand: fetch would take the dots out of a path.
    const get = async (path: string): Promise<string> => {
      const peer = await peerOf(url);
      peer.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      let text = '';
      peer.socket.on('data', (octets: Buffer) => (text += octets.toString()));
      await peer.closed;
      return text
        .replace(/\r\n0\r\n\r\n$/, '\r\n')
        .replace(/^HTTP\/1.1 (\d+)[^]*?\r\n\r\n/, '$1 ')
        .replace(/Nothing here[^]*/, '');
    };
    const wanted = {
      '/': '200 home',
      '/assets/new.txt': '200 new',
      '/assets/': '200 list',
      '/assets?a=b': '301 ',
      '/assets/old.txt': '200 old',
      '/blog/': '200 posts',
      '/blog?a=b': '301 ',
      '//blog': '404 ',
      '/blog/index.html/': '404 ',
      '/odd/': '404 ',
      '/odd/index.html/no-page.txt': '200 odd',
      '/assetsnew.txt': '404 ',
      '/assets/../secret.txt': '404 ',
      '/assets/..%2fsecret.txt': '404 ',
      '/assets/%2e%2e/secret.txt': '404 ',
      '/assets/..%5csecret.txt': '404 ',
      '/../secret.txt': '404 ',
      '//etc/hostname': '404 ',
      '/assets//etc/hostname': '404 ',
      '/assets/.hidden': '404 ',
      '/assets/%00': '404 ',
      '/assets/a%5cb.txt': '404 ',
    };
    const got = Object.fromEntries(
      await Promise.all(Object.keys(wanted).map(async (path) => [path, await get(path)] as const)),
    );
    expect(got).toEqual(wanted);
    await expect(start({ files: { assets: folder } })).rejects.toThrow("expected a path such as '/assets'");
  });

  test('a browser is told to ask each time, and gets a file again only when it has changed', async () => {
    const file = join(folder, 'page.js');
    writeFileSync(file, 'old');
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    const get = (etag = ''): Promise<Response> =>
      fetch(`${url.replace('ws', 'http')}/page.js`, { headers: { 'If-None-Match': etag } });
    const first = await get();
    expect([first.status, await first.text()]).toEqual([200, 'old']);
    expect(first.headers.get('Cache-Control')).toBe('no-cache');
    const etag = first.headers.get('ETag') ?? 'none';
    const again = await get(etag);
    expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', etag]);
    writeFileSync(file, 'newer');
    const changed = await get(etag);
    expect([changed.status, await changed.text()]).toEqual([200, 'newer']);
  });

  test('a link in a directory leads to what is beside its page', async () => {
    mkdirSync(join(folder, 'blog'));
    writeFileSync(join(folder, 'blog/index.html'), '<script src="blog.js"></script>');
    writeFileSync(join(folder, 'blog/blog.js'), 'the script');
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    const page = await fetch(`${url.replace('ws', 'http')}/blog`);
    expect(await (await fetch(new URL('blog.js', page.url))).text()).toBe('the script');
  });

  test.skipIf(process.platform === 'win32')('a pipe among the files is no file, and keeps nobody waiting', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    expect((await fetch(`${url.replace('ws', 'http')}/pipe`)).status).toBe(404);
  });

  test('many at once', async () => {
    writeFileSync(join(folder, 'a.txt'), 'x'.repeat(100_000));
    const { url } = await start({ listen: 'ws://127.0.0.1:0', files: folder });
    const texts = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(`${url.replace('ws', 'http')}/a.txt`)).text()),
    );
    expect(texts.every((text) => text.length === 100_000)).toBe(true);
  });

  test('all who are there have to go when it closes, also when its event history could not be saved', async () => {
    const failing = { append() {}, events: () => [], close: () => Promise.reject(new Error('the disk is full')) };
    const history = { topics: [{ topic: 'news' }], store: { open: () => failing } };
    // Nobody's time ends by itself.
    const clock = fakeClock();
    const node = await startRouter({ listen: 'ws://127.0.0.1:0', realms: [{ name: 'realm1', history }], clock });
    const silent = await peerOf(node.url);
    await expect(node.close()).rejects.toThrow('the disk is full');
    await silent.closed;
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

test.each([
  [['wamp.2.cbor', 'wamp.2.json'], 'wamp.2.cbor'],
  [['wamp.2.json', 'wamp.2.cbor'], 'wamp.2.json'],
  [['mqtt', 'wamp.2.ubjson', 'wamp.2.msgpack', 'wamp.2.json'], 'wamp.2.msgpack'],
])('of the subprotocols %j the first that there is here is spoken', async (offered, expected) => {
  const { url } = await start({ listen: 'ws://127.0.0.1:0' });
  const socket = new WebSocket(url, offered);
  cleanups.push(() => socket.terminate());
  await once(socket, 'open');
  expect(socket.protocol).toBe(expected);
});

describe('TLS', () => {
  test('a client that trusts the certificate is served', async () => {
    const { url } = await start({ listen: 'tls://localhost:0', tls: testTls });
    const [one, two] = await Promise.all([clientAt(url), clientAt(url)]);
    await one.register('math.add', ([a, b]) => a + b);
    expect(await two.call('math.add', [2, 3])).toBe(5);
  });

  test.each(['tls', 'wss'])('a new certificate at %s:// is for those who come, and drops nobody', async (kind) => {
    const node = await start({ listen: [`${kind}://127.0.0.1:0`, 'tcp://127.0.0.1:0'], tls: testTls });
    const url = node.url.replace(kind, 'tls');
    const before = await clientAt(url);
    await before.register('who', () => 'the first');
    node.renewTls(nextTls);
    await expect(clientAt(url)).rejects.toThrow(/self-signed certificate/);
    const after = await connect(rawSocket(url, { tls: { ca: nextTls.cert } }), { retry: false });
    cleanups.push(() => after.close());
    expect(await after.call('who')).toBe('the first');
    expect(() => node.renewTls({ ...testTls, key: nextTls.key })).toThrow(UsageError);
    expect(() => node.renewTls({ key: 'nonsense', cert: '' })).toThrow(UsageError);
    const still = await connect(rawSocket(url, { tls: { ca: nextTls.cert } }), { retry: false });
    await still.close();
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

test('an HTTP request that never comes to its end has the time of a handshake', { timeout: 20_000 }, async () => {
  const { url } = await start({ listen: 'ws://127.0.0.1:0', helloTimeout: 200 });
  const peer = await peerOf(url);
  peer.socket.write('GET / HTTP/1.1\r\nHost: here\r\n');
  await peer.closed;
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

describe('the size of messages', () => {
  test.each(['ws', 'tcp'])('too large over %s, ends the session and is counted', async (kind) => {
    const node = await start({ listen: `${kind}://127.0.0.1:0`, maxMessageBytes: 4096 });
    const hello = '[1,"realm1",{"roles":{"publisher":{}}}]';
    const publish = `[16,1,{},"a",["${'x'.repeat(8192)}"]]`;
    if (kind === 'ws') {
      const webSocket = new WebSocket(node.url, 'wamp.2.json');
      await once(webSocket, 'open');
      webSocket.send(hello);
      await once(webSocket, 'message');
      webSocket.send(publish);
      expect((await once(webSocket, 'close'))[0]).toBe(1009);
    } else {
      const peer = await peerOf(node.url);
      peer.say('7f f1 00 00');
      await peer.hearHex(4);
      peer.sayFrame(hello);
      await peer.hearFrame();
      peer.sayFrame(publish);
      await peer.closed;
    }
    await expect.poll(() => node.router.stats).toMatchObject({ oversized: 1, sessions: 0 });
  });

  test.each([json, msgpack, cbor])('nested too deeply, ends the session and is counted', async (serializer) => {
    const node = await start({ maxDepth: 8 });
    const client = await connect(rawSocket(node.url), { serializers: [serializer()], retry: false });
    cleanups.push(() => client.close());
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    await client.publish('a', [nested(6)], { acknowledge: true });
    await expect(client.publish('a', [nested(7)], { acknowledge: true })).rejects.toThrow();
    expect(await client.closed).toMatchObject({ uri: 'wamp.error.protocol_violation' });
    expect(node.router.stats.violations).toBe(1);
  });
});
