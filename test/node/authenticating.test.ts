import { type Channel, connect, type Connector, json, webSocket as plainWebSocket } from 'rocade';
import { type AuthMethod, type ChannelBindingType, cookie, cryptosign, cryptosignKeys, ticket } from 'rocade/auth';
import { rawSocket, webSocket } from 'rocade/node';
import type { AuthOptions } from 'rocade/router';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { nextTls, testTls, trusted } from '../certificates/index.ts';
import { cleanups, folder, setStage, start } from './stage.ts';

setStage();

const none = { answer: () => ({ signature: '' }) };
const byTicket: AuthOptions = { principals: { alice: { role: 'user', ticket: 'T' } } };
const inRealm = (auth: AuthOptions) => ({ realms: [{ name: 'realm1', auth }] });
const who = async (target: Parameters<typeof connect>[0], auth?: AuthMethod[]) => {
  const client = await connect(target, { ...(auth && { auth }), retry: false });
  const { authid, authrole, authmethod } = client.session?.welcome ?? {};
  await client.close();
  return { authid, authrole, authmethod };
};

test('a listener whose way to log in makes no sense does not listen', async () => {
  const listen = { url: 'ws://127.0.0.1:0', auth: { principals: () => undefined } };
  await expect(start({ listen })).rejects.toThrow('auth.methods: needed for principals');
});

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

  test('a function is told whether somebody has signed the certificate whom the listener trusts, also later', async () => {
    const seen: unknown[] = [];
    const auth: AuthOptions = {
      methods: ['tls'],
      principals({ transport }) {
        seen.push((transport['client_cert'] as { authorized: boolean }).authorized);
        return { role: 'user' };
      },
    };
    const method: AuthMethod = { name: 'tls', ...none };
    const asking = { ...testTls, requestCert: true, rejectUnauthorized: false };
    for (const [tls, expected] of [
      [asking, false],
      [{ ...asking, ca: testTls.cert }, true],
    ] as const) {
      const node = await start({ ...inRealm(auth), listen: 'tls://127.0.0.1:0', tls });
      await who(rawSocket(node.url, { tls: { ...trusted, ...testTls } }), [method]);
      node.renewTls(nextTls);
      await who(rawSocket(node.url, { tls: { ...testTls, ca: nextTls.cert } }), [method]);
      expect(seen.splice(0)).toEqual([expected, expected]);
    }
  });

  const keys = cryptosignKeys();
  const router = cryptosignKeys();
  const bindable = (listen: string) =>
    start({
      ...inRealm({
        privateKey: router.privateKey,
        principals: { alice: { role: 'user', cryptosign: keys.publicKey } },
      }),
      listen,
      tls: testTls,
    });
  /** By both transports, over one version of TLS or another. */
  const ways = (['TLSv1.2', 'TLSv1.3'] as const).flatMap((version) => {
    const tls = { ...trusted, minVersion: version, maxVersion: version };
    return [
      { version, kind: 'tls', connector: (url: string) => rawSocket(url.replace('wss:', 'tls:'), { tls }) },
      { version, kind: 'wss', connector: (url: string) => webSocket(url, { tls }) },
    ];
  });

  test.each(ways)('cryptosign is tied to the connection: $kind, $version', async ({ version, connector }) => {
    const { url } = await bindable('wss://127.0.0.1:0');
    const bound = (type: ChannelBindingType) =>
      cryptosign({ privateKey: keys.privateKey, routerKey: router.publicKey, channelBinding: type });
    const alice = { authid: 'alice', authrole: 'user', authmethod: 'cryptosign' };
    expect(await who(connector(url), [bound('tls-unique')])).toEqual(alice);
    if (version === 'TLSv1.3') expect(await who(connector(url), [bound('tls-exporter')])).toEqual(alice);
    else
      await expect(who(connector(url), [bound('tls-exporter')])).rejects.toMatchObject({
        code: 'auth',
        message: expect.stringMatching(/^cryptosign: this connection has no tls-exporter: expected TLS 1.3/),
      });
  });

  test.each(['tls-unique', 'tls-exporter'] as const)('%s differs from connection to connection', async (type) => {
    const { url } = await bindable('wss://127.0.0.1:0');
    const seen = new Set<string>();
    for (const { connector } of ways.slice(2)) {
      const channel = await connector(url)({ signal: new AbortController().signal, serializers: [json()] });
      const id = channel.channelBinding?.(type);
      expect(id).toHaveLength(32);
      expect(channel.channelBinding?.(type)).toEqual(id);
      seen.add(String(id));
      channel.drop?.();
    }
    expect(seen.size).toBe(2);
  });

  test('a session that was resumed has no tls-unique, which two connections could share then', async () => {
    const { url } = await bindable('wss://127.0.0.1:0');
    const agent = new Agent({ keepAlive: false, ...trusted, maxVersion: 'TLSv1.2' });
    cleanups.push(() => agent.destroy());
    const login = (channelBinding: ChannelBindingType) =>
      who(webSocket(url, { agent }), [cryptosign({ privateKey: keys.privateKey, channelBinding })]);
    expect(await login('tls-unique')).toMatchObject({ authid: 'alice' });
    await expect(login('tls-unique')).rejects.toThrow(/expected TLS that resumes no session/);
  });

  test('a login for one connection is not good on another', async () => {
    const { url } = await bindable('wss://127.0.0.1:0');
    const [first, second] = await Promise.all(
      ways
        .slice(2)
        .map(({ connector }) => connector(url)({ signal: new AbortController().signal, serializers: [json()] })),
    );
    const stolen: AuthMethod = cryptosign({ privateKey: keys.privateKey, channelBinding: 'tls-exporter' });
    // What somebody in the middle does, who has both: asks on one connection and answers on the other.
    const method: AuthMethod = {
      name: stolen.name,
      authextra: () => stolen.authextra?.(first) ?? {},
      answer: (challenge) => stolen.answer(challenge, first),
    };
    await expect(who(async () => second as Channel, [method])).rejects.toMatchObject({
      uri: 'wamp.error.authentication_failed',
    });
    first?.close();
  });

  test('without TLS there is nothing to tie it to, and the connection is not left open', async () => {
    const { url, router: running } = await bindable('ws://127.0.0.1:0');
    const methods = [cryptosign({ privateKey: keys.privateKey, channelBinding: 'tls-exporter' })];
    for (const target of [url, webSocket(url), rawSocket(url.replace('ws:', 'tcp:'))]) {
      let channel: Channel | undefined;
      const closed = vi.fn<() => void>();
      const connector: Connector = async (options) => {
        channel = await (typeof target === 'string' ? plainWebSocket(target) : target)(options);
        const close = channel.close.bind(channel);
        return Object.assign(channel, {
          close(...how: Parameters<typeof close>) {
            closed();
            close(...how);
          },
        });
      };
      await expect(who(connector, methods)).rejects.toThrow(/this connection has no tls-exporter/);
      expect(closed).toHaveBeenCalledOnce();
    }
    expect(running.counts('realm1')?.sessions).toBe(0);
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
    expect(set).toMatch(/^rocade=[\w-]{32}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const cookie = `other=1; ${set.split(';')[0]}`;
    const again = await visit(node.url, ['cookie'], { cookie });
    expect(again.answer).toMatchObject([2, expect.any(Number), { authid: 'alice', authmethod: 'cookie' }]);
    expect(again.set).toBeUndefined();
    const madeUp = await visit(node.url, ['cookie'], { cookie: 'rocade=abcdef' });
    expect(madeUp.answer).toMatchObject([3, {}, 'wamp.error.authentication_failed']);
    expect(madeUp.set).toBeDefined();
    await visit(node.url, ['cookie'], { cookie, leave: 'wamp.close.logout' });
    expect((await visit(node.url, ['cookie'], { cookie })).answer[0]).toBe(3);
  });

  test('that somebody slipped to a browser do not let that one in as whoever logs in there', async () => {
    const principals = { alice: { role: 'user', ticket: 'T' }, mallory: { role: 'user', ticket: 'M' } };
    const node = await start({ ...inRealm({ principals, cookie: {} }), listen: 'ws://127.0.0.1:0' });
    const valueOf = (set = ''): string => set.split(';')[0] as string;
    // Given out, but nobody has logged in with it.
    const unused = valueOf((await visit(node.url, ['cookie'])).set);
    const first = await visit(node.url, ['ticket'], { cookie: unused });
    expect(valueOf(first.set)).not.toBe(unused);
    expect((await visit(node.url, ['cookie'], { cookie: unused })).answer[0]).toBe(3);
    expect((await visit(node.url, ['cookie'], { cookie: valueOf(first.set) })).answer[0]).toBe(2);
    // The one that lets in who slipped it.
    const jar = new Map<string, string>();
    await who(webSocket(node.url, { cookies: jar }), [ticket({ authid: 'mallory', ticket: 'M' })]);
    const hers = `rocade=${jar.get('rocade')}`;
    expect((await visit(node.url, ['ticket'], { cookie: hers })).answer[0]).toBe(2);
    expect((await visit(node.url, ['cookie'], { cookie: hers })).answer[0]).toBe(3);
  });

  test('a program keeps them as a browser does, when it is given a place for them', async () => {
    const node = await start({ ...inRealm({ ...byTicket, cookie: {} }), listen: 'ws://127.0.0.1:0' });
    const cookies = new Map([['mine', '1']]);
    const first = webSocket(node.url, { cookies, headers: { cookie: 'own=2' } });
    const withTicket = [cookie(), ticket({ authid: 'alice', ticket: 'T' })];
    expect(await who(first, withTicket)).toMatchObject({ authid: 'alice', authmethod: 'ticket' });
    expect([...cookies.keys()]).toEqual(['mine', 'rocade']);
    expect(await who(first, withTicket)).toMatchObject({ authid: 'alice', authmethod: 'cookie' });
    // Another program that was given what the first has kept.
    const later = webSocket(node.url, { cookies: new Map(cookies) });
    expect(await who(later, [cookie()])).toMatchObject({ authid: 'alice', authmethod: 'cookie' });
    await expect(who(webSocket(node.url), [cookie()])).rejects.toMatchObject({
      uri: 'wamp.error.authentication_failed',
    });
  });

  test('of one realm let into no other, at a listener that has its own way for all of them', async () => {
    const listen = { url: 'ws://127.0.0.1:0', auth: { ...byTicket, cookie: {} } };
    const node = await start({ realms: ['realm1', 'realm2'], listen });
    const back = webSocket(node.url, { cookies: new Map() });
    await who(back, [ticket({ authid: 'alice', ticket: 'T' })]);
    await expect(connect(back, { realm: 'realm2', auth: [cookie()], retry: false })).rejects.toMatchObject({
      uri: 'wamp.error.authentication_failed',
    });
    expect(await who(back, [cookie()])).toMatchObject({ authid: 'alice', authmethod: 'cookie' });
  });

  test.each([
    ['ws', /; SameSite=Strict$/],
    ['wss', /; SameSite=Strict; Secure$/],
  ])('go over %s as it is', async (kind, expected) => {
    const listen = `${kind}://127.0.0.1:0`;
    const node = await start({ ...inRealm({ ...byTicket, cookie: {} }), listen, tls: testTls });
    const socket = new WebSocket(node.url, ['wamp.2.json'], trusted);
    cleanups.push(() => socket.terminate());
    const [{ headers }] = (await once(socket, 'upgrade')) as [{ headers: { 'set-cookie'?: string[] } }];
    expect(headers['set-cookie']).toEqual([expect.stringMatching(expected)]);
  });

  test('are not set where nobody wants them', async () => {
    const node = await start({ ...inRealm(byTicket), listen: 'ws://127.0.0.1:0' });
    expect((await visit(node.url, ['ticket'])).set).toBeUndefined();
  });
});
