import type { WampError } from 'rocade';
import { type FakeClock, fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import type { RawPeer } from './raw-peer.ts';
import { clientAt, joined, peerOf, setStage, shaken, start } from './stage.ts';

setStage();

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
    const count = 6000;
    const ping = Buffer.concat([Buffer.from('01002710', 'hex'), Buffer.alloc(10_000)]);
    peer.socket.pause();
    for (let sent = 0; sent < count; sent++) peer.socket.write(ping);
    // The router has plenty of turns in which it could read all 60 MB.
    const other = await joined(url);
    for (let request = 1; request <= 1000; request++) {
      other.sayFrame(`[32,${request},{},"a.b"]`);
      await other.hearFrame();
    }
    expect(peer.socket.writableLength).toBeGreaterThan(20_000_000);
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
    await expect(client.call('take.all', [long])).rejects.toMatchObject({ uri: 'wamp.error.payload_size_exceeded' });
    small.sayFrame('[48,2,{},"make.long"]');
    expect(await small.hearFrame()).toMatch(/^\[8,48,2,{},"wamp.error.payload_size_exceeded",\["cannot send/);
  });

  test('an event reaches those who can take it, and is counted for the others', async () => {
    const { url, router } = await start();
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
    expect(router.stats.droppedEvents).toBe(1);
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
