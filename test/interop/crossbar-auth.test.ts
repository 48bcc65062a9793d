import { connect } from 'rocade';
import {
  anonymous,
  type AuthMethod,
  cookie,
  crossbarScram,
  crossbarScramRecord,
  cryptosign,
  cryptosignKeys,
  scram,
  ticket,
  wampcra,
  wampcraRecord,
} from 'rocade/auth';
import { rawSocket, webSocket } from 'rocade/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testTls, trusted } from '../certificates/index.ts';
import { describeWithPeers } from './describe-peers.ts';
import { type RunningRouter, realm, startCrossbar } from './routers.ts';

const SECRET = 'pencil';
const keys = cryptosignKeys();

/** A router that knows one user for each method. */
async function startWithUsers(): Promise<RunningRouter> {
  const { salt, iterations, keylen } = await wampcraRecord({ secret: SECRET });
  const principals = (users: object) => ({ type: 'static', principals: users });
  const role = 'user';
  const argon2 = { password: SECRET, iterations: 4, memory: 4096 };
  const pbkdf2 = { password: SECRET, kdf: 'pbkdf2', iterations: 4096 } as const;
  return startCrossbar({
    ticket: principals({ tick: { ticket: SECRET, role } }),
    wampcra: {
      type: 'static',
      // Crossbar.io salts the secret itself, at each login.
      users: { plain: { secret: SECRET, role }, salted: { secret: SECRET, salt, iterations, keylen, role } },
    },
    cryptosign: principals({ keyed: { realm, role, authorized_keys: [keys.publicKey] } }),
    scram: principals({
      argon: { ...(await crossbarScramRecord(argon2)), role },
      derived: { ...(await crossbarScramRecord(pbkdf2)), role },
    }),
  });
}

type Login = readonly [authid: string, method: (secret: string) => AuthMethod];
const logins: Record<string, Login> = {
  ticket: ['tick', (secret) => ticket({ authid: 'tick', ticket: secret })],
  'WAMP-CRA': ['plain', (secret) => wampcra({ authid: 'plain', secret })],
  'WAMP-CRA with a salt': ['salted', (secret) => wampcra({ authid: 'salted', secret: async () => secret })],
  'SCRAM by Argon2id': ['argon', (password) => crossbarScram({ authid: 'argon', password })],
  'SCRAM by PBKDF2': ['derived', (password) => crossbarScram({ authid: 'derived', password })],
  cryptosign: [
    'keyed',
    (secret) => cryptosign({ privateKey: secret === SECRET ? keys.privateKey : cryptosignKeys().privateKey }),
  ],
  'cryptosign with a name': [
    'keyed',
    (secret) =>
      cryptosign({ authid: 'keyed', privateKey: secret === SECRET ? keys.privateKey : cryptosignKeys().privateKey }),
  ],
};

describeWithPeers('our client logs in at Crossbar.io', () => {
  let router: RunningRouter;
  beforeAll(async () => {
    router = await startWithUsers();
  });
  afterAll(() => router.close());

  const join = (...auth: AuthMethod[]) => connect(router.url, { realm, auth, retry: false });

  test.each(Object.entries(logins))('by %s: twice with one object, and works', async (_, [authid, method]) => {
    const object = method(SECRET);
    for (let login = 0; login < 2; login++) {
      const client = await join(object);
      expect(client.session?.welcome).toMatchObject({ authid, authrole: 'user', authmethod: object.name });
      await client.register('com.example.echo', ([value]) => value);
      expect(await client.call('com.example.echo', [login])).toBe(login);
      await client.close();
    }
  });

  test.each(Object.entries(logins))('not by %s with a wrong secret, and says so without it', async (_, [, method]) => {
    const error: Error = await join(method('Xpencil')).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'AbortedError', uri: 'wamp.error.not_authorized' });
    expect(error.message).not.toContain('pencil');
  });

  test('as nobody that is known', async () => {
    for (const method of [
      ticket({ authid: 'nobody', ticket: SECRET }),
      wampcra({ authid: 'nobody', secret: SECRET }),
      crossbarScram({ authid: 'nobody', password: SECRET }),
    ])
      await expect(join(method)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  test('by the first method that the router has, of several', async () => {
    const client = await join(cookie(), ticket({ authid: 'tick', ticket: SECRET }), anonymous());
    expect(client.session?.welcome).toMatchObject({ authid: 'tick', authmethod: 'ticket' });
    await client.close();
  });

  // Known names that are not configured are passed over; an unknown one, as the specified SCRAM's, ends it.
  test('but not with a method whose name it does not know, whatever else is offered', async () => {
    const methods = [scram({ authid: 'tick', password: SECRET }), ticket({ authid: 'tick', ticket: SECRET })];
    await expect(join(...methods)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    await expect(join(anonymous())).rejects.toMatchObject({ uri: 'wamp.error.no_auth_method' });
  });

  test('and not where the router would have to prove itself by cryptosign, which Crossbar.io does not', async () => {
    const method = cryptosign({ privateKey: keys.privateKey, routerKey: cryptosignKeys().publicKey });
    await expect(join(method)).rejects.toThrow(/has not signed with the key/);
  });
});

describeWithPeers('over TLS, our client ties its login at Crossbar.io to the connection', () => {
  // Crossbar.io has `tls-unique` only, and TLS 1.3 only, in which it takes the client's Finished message, hashed.
  describe.each([false, true])('RawSocket: %s', (raw) => {
    let router: RunningRouter;
    beforeAll(async () => {
      const principals = { keyed: { realm, role: 'user', authorized_keys: [keys.publicKey] } };
      router = await startCrossbar({ cryptosign: { type: 'static', principals } }, { tls: testTls, raw });
    });
    afterAll(() => router.close());

    const join = (method: AuthMethod) => {
      const connector = (raw ? rawSocket : webSocket)(router.url, { tls: trusted });
      return connect(connector, { realm, auth: [method], retry: false });
    };
    const { privateKey } = keys;

    test('by tls-unique, and not with another id', async () => {
      const client = await join(cryptosign({ privateKey, channelBinding: 'tls-unique' }));
      expect(client.session?.welcome).toMatchObject({ authid: 'keyed', authrole: 'user', authmethod: 'cryptosign' });
      await client.close();
      const id = new Uint8Array(32);
      const wrong = cryptosign({ privateKey, channelBinding: { type: 'tls-unique', id } });
      await expect(join(wrong)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    });

    test('tls-exporter is refused there', async () => {
      const method = cryptosign({ privateKey, channelBinding: 'tls-exporter' });
      await expect(join(method)).rejects.toMatchObject({
        uri: 'wamp.error.not_authorized',
        message: expect.stringContaining('invalid channel binding type'),
      });
    });

    test('a trustroot is taken along, and looked at', async () => {
      const trustroot = '0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57';
      const client = await join(cryptosign({ privateKey, trustroot }));
      expect(client.session?.welcome).toMatchObject({ authid: 'keyed' });
      await client.close();
    });
  });
});

describeWithPeers('our client comes back to Crossbar.io by the cookie that it was given', () => {
  let router: RunningRouter;
  beforeAll(async () => {
    const argon = await crossbarScramRecord({ password: SECRET, iterations: 4, memory: 4096 });
    router = await startCrossbar(
      {
        cookie: {},
        ticket: { type: 'static', principals: { tick: { ticket: SECRET, role: 'user' } } },
        scram: { type: 'static', principals: { argon: { ...argon, role: 'user' } } },
      },
      { cookie: true },
    );
  });
  afterAll(() => router.close());

  const join = (cookies: Map<string, string>, ...auth: AuthMethod[]) =>
    connect(webSocket(router.url, { cookies }), { realm, auth, retry: { initialDelay: 1 } });

  test.each([
    ['tick', 'ticket', ticket({ authid: 'tick', ticket: SECRET })],
    ['argon', 'scram', crossbarScram({ authid: 'argon', password: SECRET })],
  ])('as %s, who logged in by %s before', async (authid, authmethod, method) => {
    const cookies = new Map<string, string>();
    let asked = 0;
    const counted: AuthMethod = {
      ...method,
      answer: (...challenge) => {
        asked++;
        return method.answer(...challenge);
      },
    };
    const client = await join(cookies, cookie(), counted);
    expect(client.session?.welcome).toMatchObject({ authid, authmethod, authprovider: 'static' });
    expect([...cookies.keys()]).toEqual(['cbtid']);
    expect(asked).toBe(1);
    await client.register('com.example.echo', ([value]) => value);

    const back = new Promise((resolve) => client.on('joined', resolve));
    client.reconnect();
    await back;
    // Crossbar.io names the method of the first login, and the cookie as who vouches for it.
    expect(client.session?.welcome).toMatchObject({ authid, authmethod, authprovider: 'cookie' });
    expect(asked).toBe(1);
    expect(await client.call('com.example.echo', [1], { idempotent: true })).toBe(1);
    await client.close();

    const later = await join(new Map(cookies), cookie());
    expect(later.session?.welcome).toMatchObject({ authid, authprovider: 'cookie' });
    await later.close();
  });

  test('and not by one that was made up, or none', async () => {
    for (const cookies of [new Map(), new Map([['cbtid', 'AAAAAAAAAAAAAAAAAAAAAAAA']])]) {
      const error: unknown = await join(cookies, cookie()).catch((reason) => reason);
      expect(error).toMatchObject({ uri: 'wamp.error.no_auth_method' });
    }
  });
});
