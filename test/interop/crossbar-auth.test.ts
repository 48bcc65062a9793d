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
import { afterAll, beforeAll, expect, test } from 'vitest';
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
