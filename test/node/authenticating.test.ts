import { connect } from 'rocade';
import { type AuthMethod, cryptosign, cryptosignKeys, ticket } from 'rocade/auth';
import { rawSocket } from 'rocade/node';
import type { AuthOptions } from 'rocade/router';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testTls, trusted } from '../certificates/index.ts';
import { RawPeer } from './raw-peer.ts';
import { cleanups, folder, start } from './stage.ts';

const none = { answer: () => ({ signature: '' }) };
const byTicket: AuthOptions = { principals: { alice: { role: 'user', ticket: 'T' } } };
const inRealm = (auth: AuthOptions) => ({ realms: [{ name: 'realm1', auth }] });
const who = async (target: Parameters<typeof connect>[0], auth?: AuthMethod[]) => {
  const client = await connect(target, { ...(auth && { auth }), retry: false });
  const { authid, authrole, authmethod } = client.session?.welcome ?? {};
  await client.close();
  return { authid, authrole, authmethod };
};

describe('listeners', () => {
  test('may let in each in their own way', async () => {
    const local: AuthOptions = { anonymous: 'operator' };
    const { urls } = await start({
      ...inRealm(byTicket),
      listen: ['ws://127.0.0.1:0', { url: `unix:${folder}/router`, auth: local }],
    });
    const [ws = '', unix = ''] = urls;
    expect(await who(rawSocket(unix))).toMatchObject({ authrole: 'operator' });
    expect(await who(ws, [ticket({ authid: 'alice', ticket: 'T' })])).toMatchObject({ authid: 'alice' });
    await expect(connect(ws, { retry: false })).rejects.toMatchObject({ uri: 'wamp.error.authentication_required' });
  });

  test('are on more than this machine only where nobody comes in without a word', async () => {
    const listen = 'tcp://0.0.0.0:0';
    await expect(start({ listen })).rejects.toThrow(/realms admit anybody/);
    await expect(start({ listen, ...inRealm({ anonymous: 'guest' }) })).rejects.toThrow(/realms admit anybody/);
    await expect(start({ listen: { url: listen, auth: { anonymous: 'x' } }, ...inRealm(byTicket) })).rejects.toThrow(
      /realms admit anybody/,
    );
    await start({ listen, ...inRealm(byTicket) });
    await expect(start({ listen, realms: [{ name: 'realm1', roles: {} }] })).rejects.toThrow(/realms admit anybody/);
    await start({ listen, realms: [{ name: 'realm1', roles: {} }], open: true });
  });
});

describe('Advanced Profile, Authentication over TLS', () => {
  test.each(['wss', 'tls'] as const)('%s: a client certificate lets in, whoever has signed it', async (kind) => {
    const { fingerprint256 } = new X509Certificate(testTls.cert);
    const auth: AuthOptions = { principals: { alice: { role: 'user', certificates: [fingerprint256] } } };
    const tls = { ...testTls, requestCert: true, rejectUnauthorized: false };
    const { url } = await start({ ...inRealm(auth), listen: `${kind}://127.0.0.1:0`, tls });
    // RawSocket is taken on the port of wss, too.
    const raw = url.replace('wss:', 'tls:');
    const method: AuthMethod = { name: 'tls', ...none };
    const shown = rawSocket(raw, { tls: { ...trusted, ...testTls } });
    expect(await who(shown, [method])).toEqual({ authid: 'alice', authrole: 'user', authmethod: 'tls' });
    const hidden = connect(rawSocket(raw, { tls: trusted }), { auth: [method], retry: false });
    await expect(hidden).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
  });

  test('cryptosign may be tied to the TLS connection, as RFC 9266 has it', async () => {
    const { privateKey, publicKey } = cryptosignKeys();
    const { url } = await start({
      ...inRealm({ principals: { alice: { role: 'user', cryptosign: publicKey } } }),
      listen: 'tls://127.0.0.1:0',
      tls: testTls,
    });
    const socket = connectTls({ port: Number(new URL(url).port), host: '127.0.0.1', ...trusted });
    cleanups.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    const id = new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
    const peer = await RawPeer.over(socket);
    peer.say('7f f1 00 00');
    await peer.hear(4);
    const login = cryptosign({ privateKey, channelBinding: { type: 'tls-exporter', id } });
    const details = { roles: { caller: {} }, authmethods: ['cryptosign'], authextra: login.authextra?.() };
    peer.sayFrame(JSON.stringify([1, 'realm1', details]));
    const [, , extra] = JSON.parse(await peer.hearFrame());
    const { signature } = await login.answer(extra);
    peer.sayFrame(JSON.stringify([5, signature, {}]));
    expect(JSON.parse(await peer.hearFrame())).toMatchObject([2, expect.any(Number), { authid: 'alice' }]);
  });
});

describe('Advanced Profile, Authentication: cookies of browsers', () => {
  /** Joins as a browser would, which sends the cookie by itself; gives the answer and the cookie that was set. */
  const visit = async (
    url: string,
    authmethods: readonly string[],
    { cookie, leave = 'wamp.close.normal' }: { readonly cookie?: string; readonly leave?: string } = {},
  ) => {
    const socket = new WebSocket(url, ['wamp.2.json'], cookie === undefined ? {} : { headers: { cookie } });
    const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
      [{ headers: { 'set-cookie'?: string[] } }],
      unknown,
    ];
    const say = async (message: unknown) => {
      const answered = once(socket, 'message');
      socket.send(JSON.stringify(message));
      return JSON.parse(String((await answered)[0])) as unknown[];
    };
    const hello = [1, 'realm1', { roles: { caller: {} }, authmethods, authid: 'alice' }];
    let answer = await say(hello);
    if (answer[0] === 4) answer = await say([5, 'T', {}]);
    if (answer[0] === 2) await say([6, {}, leave]);
    socket.close();
    await once(socket, 'close');
    return { answer, set: response.headers['set-cookie']?.[0] };
  };

  test('let in again by the cookie that was set, and not by one that was made up, nor after a logout', async () => {
    const node = await start({ ...inRealm({ ...byTicket, cookie: {} }), listen: 'ws://127.0.0.1:0' });
    const { answer, set = '' } = await visit(node.url, ['cookie', 'ticket']);
    expect(answer).toMatchObject([2, expect.any(Number), { authid: 'alice', authmethod: 'ticket' }]);
    expect(set).toMatch(/^rocade=[\w-]{32}\.[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const cookie = `other=1; ${set.split(';')[0]}`;
    const again = await visit(node.url, ['cookie'], { cookie });
    expect(again.answer).toMatchObject([2, expect.any(Number), { authid: 'alice', authmethod: 'cookie' }]);
    expect(again.set).toBeUndefined();
    const madeUp = await visit(node.url, ['cookie'], { cookie: 'rocade=abc.def' });
    expect(madeUp.answer).toMatchObject([3, {}, 'wamp.error.authentication_failed']);
    expect(madeUp.set).toBeDefined();
    await visit(node.url, ['cookie'], { cookie, leave: 'wamp.close.logout' });
    expect((await visit(node.url, ['cookie'], { cookie })).answer[0]).toBe(3);
  });

  test('are not set where nobody wants them', async () => {
    const node = await start({ ...inRealm(byTicket), listen: 'ws://127.0.0.1:0' });
    expect((await visit(node.url, ['ticket'])).set).toBeUndefined();
  });
});
