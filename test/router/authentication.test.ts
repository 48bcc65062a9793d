import { json } from 'rocade';
import {
  type AuthMethod,
  crossbarScram,
  crossbarScramRecord,
  cryptosign,
  cryptosignKeys,
  scram,
  scramRecord,
  ticket,
  ticketRecord,
  wampcra,
  wampcraRecord,
} from 'rocade/auth';
import { errorUris, WampError } from 'rocade/protocol';
import { type AuthOptions, type Login, type Principal, Router } from 'rocade/router';
import { fakeClock, recordingChannel } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { joining, realm, refusal, SECRET, WRONG } from './logins.ts';
import { ALL_FEATURES, stranger } from './peer.ts';

const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;
const keys = cryptosignKeys();

/** What a principal has, and how a client uses it with a secret. */
interface Case {
  readonly name: string;
  readonly principal: () => Promise<Omit<Principal, 'role'>> | Omit<Principal, 'role'>;
  readonly method: (secret: string, authid?: string) => AuthMethod;
  readonly authmethod: string;
}

const keyOf = (secret: string): string => (secret === SECRET ? keys : cryptosignKeys()).privateKey;
const cases: readonly Case[] = [
  {
    name: 'a ticket in clear',
    authmethod: 'ticket',
    principal: () => ({ ticket: SECRET }),
    method: (secret, authid = 'alice') => ticket({ authid, ticket: secret }),
  },
  {
    name: 'a ticket of which a hash is kept',
    authmethod: 'ticket',
    principal: async () => ({ ticket: await ticketRecord({ ticket: SECRET, iterations: 100 }) }),
    method: (secret, authid = 'alice') => ticket({ authid, ticket: secret }),
  },
  {
    name: 'WAMP-CRA',
    authmethod: 'wampcra',
    principal: () => ({ wampcra: SECRET }),
    method: (secret, authid = 'alice') => wampcra({ authid, secret }),
  },
  {
    name: 'WAMP-CRA with a salt',
    authmethod: 'wampcra',
    principal: async () => ({ wampcra: await wampcraRecord({ secret: SECRET, iterations: 100 }) }),
    method: (secret, authid = 'alice') => wampcra({ authid, secret }),
  },
  {
    name: 'SCRAM',
    authmethod: 'wamp-scram',
    principal: async () => ({ scram: await scramRecord({ password: SECRET, ...cost }) }),
    method: (secret, authid = 'alice') => scram({ authid, password: secret }),
  },
  {
    name: 'SCRAM with Argon2id',
    authmethod: 'wamp-scram',
    principal: async () => ({
      scram: await scramRecord({ password: SECRET, kdf: 'argon2id13', iterations: 16, memory: 1024 }),
    }),
    method: (secret, authid = 'alice') => scram({ authid, password: secret }),
  },
  {
    name: "Crossbar.io's SCRAM",
    authmethod: 'scram',
    principal: async () => ({ crossbarScram: await crossbarScramRecord({ password: SECRET, ...cost }) }),
    method: (secret, authid = 'alice') => crossbarScram({ authid, password: secret }),
  },
  {
    name: 'cryptosign',
    authmethod: 'cryptosign',
    principal: () => ({ cryptosign: [cryptosignKeys().publicKey, keys.publicKey.toUpperCase()] }),
    method: (secret, authid = 'alice') => cryptosign({ authid, privateKey: keyOf(secret) }),
  },
];

describe.each(cases)('Advanced Profile, Authentication: $name', ({ principal, method, authmethod }) => {
  const auth = async (): Promise<AuthOptions> => ({ principals: { alice: { role: 'user', ...(await principal()) } } });

  test('lets in who knows the secret, with name, role and method in WELCOME', async () => {
    const to = realm(await auth());
    const client = await joining(to, { auth: [method(SECRET)] });
    expect(client.session?.welcome).toMatchObject({
      authid: 'alice',
      authrole: 'user',
      authmethod,
      authprovider: 'static',
    });
    expect(to.counts('realm1')).toMatchObject({ sessions: 1 });
    await client.close();
  });

  test('answers a wrong secret and an unknown name alike, and keeps nothing of either', async () => {
    const to = realm(await auth());
    const wrong = await refusal(joining(to, { auth: [method(WRONG)] }));
    const unknown = await refusal(joining(to, { auth: [method(SECRET, 'mallory')] }));
    expect(wrong.uri).toBe(errorUris.authenticationFailed);
    expect(unknown).toMatchObject({ uri: wrong.uri, message: wrong.message });
    expect(wrong.message).not.toContain(WRONG);
    expect(to.counts('realm1')).toMatchObject({ sessions: 0 });
  });

  test('asks an unknown name for the same as a known one, and each time for the same', async () => {
    const to = realm(await auth());
    const challenged = async (authid: string) => {
      const channel = recordingChannel({ serializer: json() });
      to.accept(channel);
      const client = method(SECRET, authid);
      channel.deliver({
        type: 'HELLO',
        realm: 'realm1',
        details: { roles: ALL_FEATURES, authmethods: [client.name], authid, authextra: client.authextra?.() ?? {} },
      });
      const { authmethod: asked, extra } = await channel.next('CHALLENGE');
      const { nonce: _, challenge, salt, ...rest } = extra;
      return { asked, salt, rest, form: typeof challenge };
    };
    const [known, unknown, again] = [await challenged('alice'), await challenged('bob'), await challenged('bob')];
    expect(unknown).toMatchObject({ asked: known.asked, rest: known.rest, form: known.form });
    expect(typeof unknown.salt).toBe(typeof known.salt);
    expect(again.salt).toEqual(unknown.salt);
  });

  test('lets in whom a function knows', async () => {
    const credentials = await principal();
    const logins: Login[] = [];
    const to = realm({
      methods: [authmethod as never],
      principals: (login) => {
        logins.push(login);
        return login.authid === 'alice' ? { role: 'user', extra: { plan: 'gold' }, ...credentials } : undefined;
      },
    });
    const client = await joining(to, { auth: [method(SECRET)] }, { transport: 'test', peer: '10.0.0.1' });
    expect(client.session?.welcome).toMatchObject({ authid: 'alice', authrole: 'user', authprovider: 'function' });
    expect(client.session?.welcome['authextra']).toMatchObject({ plan: 'gold' });
    expect(logins).toMatchObject([
      { realm: 'realm1', authid: 'alice', method: authmethod, transport: { type: 'test', peer: '10.0.0.1' } },
    ]);
    expect((await refusal(joining(to, { auth: [method(WRONG)] }))).uri).toBe(errorUris.authenticationFailed);
    expect((await refusal(joining(to, { auth: [method(SECRET, 'bob')] }))).uri).toBe(errorUris.authenticationFailed);
    await client.close();
  });

  test('lets in whom a procedure knows', async () => {
    const credentials = await principal();
    const to = new Router({
      realms: [
        'back',
        {
          name: 'realm1',
          auth: { methods: [authmethod as never], principals: { procedure: 'com.example.who', realm: 'back' } },
        },
      ],
      onError: () => {},
    });
    const service = await joining(to, { realm: 'back' });
    await service.register('com.example.who', ([name, authid]) => {
      if (authid !== 'alice') throw new WampError('com.example.error.nobody');
      return { role: `user of ${name as string}`, ...credentials };
    });
    const client = await joining(to, { auth: [method(SECRET)] });
    expect(client.session?.welcome).toMatchObject({ authrole: 'user of realm1', authprovider: 'dynamic' });
    expect((await refusal(joining(to, { auth: [method(WRONG)] }))).uri).toBe(errorUris.authenticationFailed);
    expect((await refusal(joining(to, { auth: [method(SECRET, 'bob')] }))).uri).toBe(errorUris.authenticationFailed);
    await Promise.all([client.close(), service.close()]);
  });
});

describe('Advanced Profile, Authentication: what a procedure answers', () => {
  const failures: Error[] = [];
  const answering = async (answer: unknown) => {
    const auth: AuthOptions = { methods: ['ticket'], principals: { procedure: 'com.example.who', realm: 'back' } };
    const realms = ['back', { name: 'realm1', auth }, { name: 'realm2', auth }];
    failures.length = 0;
    const to = new Router({ realms, onError: (error) => void failures.push(error) });
    await (await joining(to, { realm: 'back' })).register('com.example.who', () => answer);
    return (name: string) => joining(to, { realm: name, auth: [ticket({ authid: 'alice', ticket: 'right' })] });
  };

  test.each([false, null, undefined])('with %s it knows nobody, which is no failure of its', async (answer) => {
    const join = await answering(answer);
    expect((await refusal(join('realm1'))).uri).toBe(errorUris.authenticationFailed);
    expect(failures).toEqual([]);
  });

  test('with a realm it lets into that one, and into no other that was asked for', async () => {
    const join = await answering({ role: 'user', realm: 'realm2' });
    const client = await join('realm2');
    expect(client.session?.welcome).toMatchObject({ realm: 'realm2', authrole: 'user' });
    expect((await refusal(join('realm1'))).uri).toBe(errorUris.authenticationFailed);
    expect(failures.map(({ cause }) => cause)).toMatchObject([
      { message: `'com.example.who' lets 'alice' into the realm "realm2", and not into 'realm1'` },
    ]);
    await client.close();
  });

  test('with a realm that is none it lets into the one that was asked for', async () => {
    const client = await (await answering({ role: 'user', realm: null }))('realm1');
    expect(client.session?.welcome.authrole).toBe('user');
    await client.close();
  });
});

describe('Advanced Profile, Authentication: a procedure that cannot be asked', () => {
  const scene = (clock = fakeClock()) =>
    new Router({
      clock,
      realms: [
        'back',
        {
          name: 'realm1',
          auth: { methods: ['ticket'], principals: { procedure: 'com.example.who', realm: 'back' } },
        },
      ],
      limits: { maxFailedLoginsPerAuthid: 2 },
      onError: () => {},
    });
  const alice = (to: Router) => joining(to, { auth: [ticket({ authid: 'alice', ticket: 'right' })] });

  test('is told apart from what is wrong, and counts for no failed login', async () => {
    const to = scene();
    for (let attempt = 0; attempt < 3; attempt++) expect((await refusal(alice(to))).uri).toBe(errorUris.unavailable);
    const service = await joining(to, { realm: 'back' });
    await service.register('com.example.who', () => 'user');
    const client = await alice(to);
    expect(client.session?.welcome.authrole).toBe('user');
    await Promise.all([client.close(), service.close()]);
  });

  test('is also one whose service leaves before it answers', async () => {
    const to = scene();
    const service = await joining(to, { realm: 'back' });
    const asked = new Promise<void>((resolve) => {
      void service.register('com.example.who', () => {
        resolve();
        return new Promise(() => {});
      });
    });
    const refused = refusal(alice(to));
    await asked;
    await service.close();
    expect((await refused).uri).toBe(errorUris.unavailable);
  });

  test('is also one that does not answer within 10 seconds', async () => {
    const clock = fakeClock();
    const to = scene(clock);
    const service = await joining(to, { realm: 'back' });
    let interrupted = 0;
    const asked = new Promise<void>((resolve) => {
      void service.register('com.example.who', (_, { signal }) => {
        signal.addEventListener('abort', () => interrupted++);
        resolve();
        return new Promise(() => {});
      });
    });
    const refused = refusal(alice(to));
    await asked;
    clock.advance(9999);
    expect(to.counts('back')?.calls).toBe(1);
    clock.advance(1);
    expect((await refused).uri).toBe(errorUris.unavailable);
    await service.close();
    expect([interrupted, to.counts('back')?.calls]).toEqual([1, 0]);
  });

  test.each([errorUris.runtimeError, 'com.example.error.nobody'])('is none that answers with %s', async (uri) => {
    const to = scene();
    const service = await joining(to, { realm: 'back' });
    await service.register('com.example.who', () => {
      throw new WampError(uri);
    });
    expect((await refusal(alice(to))).uri).toBe(errorUris.authenticationFailed);
    await service.close();
  });

  test('is also a function that says so', async () => {
    const principals = (): never => {
      throw new WampError(errorUris.unavailable, ['the database is being moved']);
    };
    const to = new Router({
      realms: [{ name: 'realm1', auth: { methods: ['ticket'], principals } }],
      onError: () => {},
    });
    const { uri, message } = await refusal(alice(to));
    expect({ uri, message }).toEqual({
      uri: errorUris.unavailable,
      message: 'wamp.error.unavailable: nobody here can check names at the moment',
    });
  });
});

describe('Advanced Profile, Authentication: the choice of a method', () => {
  const auth: AuthOptions = {
    anonymous: 'guest',
    principals: { alice: { role: 'user', wampcra: SECRET, ticket: 'T' }, bob: { role: 'user', ticket: 'B' } },
  };

  test("is made in the client's order, of what the principal has", async () => {
    const to = realm(auth);
    const methods = [wampcra({ authid: 'alice', secret: SECRET }), ticket({ authid: 'alice', ticket: 'T' })];
    const byFirst = await joining(to, { auth: methods });
    const byOther = await joining(to, { auth: methods.toReversed() });
    const bob = [wampcra({ authid: 'bob', secret: SECRET }), ticket({ authid: 'bob', ticket: 'B' })];
    const bobs = await joining(to, { auth: bob });
    expect([byFirst, byOther, bobs].map((client) => client.session?.welcome.authmethod)).toEqual([
      'wampcra',
      'ticket',
      'ticket',
    ]);
    await Promise.all([byFirst, byOther, bobs].map((client) => client.close()));
  });

  test('is anonymous without any, in the role that the realm gives', async () => {
    const client = await joining(realm(auth), {});
    expect(client.session?.welcome).toMatchObject({ authrole: 'guest', authmethod: 'anonymous' });
    await client.close();
  });

  test('does not fall back to anonymous when a secret is wrong', async () => {
    const attempt = joining(realm(auth), { auth: [ticket({ authid: 'bob', ticket: 'wrong' })] });
    expect((await refusal(attempt)).uri).toBe(errorUris.authenticationFailed);
  });

  test('asks those for a proof who offer none, where nobody comes in without', () => {
    const channel = stranger(realm({ principals: { alice: { role: 'user', ticket: 'T' } } }));
    channel.deliver({ type: 'HELLO', realm: 'realm1', details: { roles: ALL_FEATURES } });
    const { reason, details } = channel.take('ABORT');
    expect(reason).toBe(errorUris.authenticationRequired);
    expect(details.message).toMatch(/one of: ticket$/);
  });

  test('names the methods when there is none in common', async () => {
    const attempt = joining(realm(auth), { auth: [cryptosign({ privateKey: keys.privateKey })] });
    const { uri, message } = await refusal(attempt);
    expect(uri).toBe(errorUris.noMatchingAuthMethod);
    expect(message).toMatch(/wampcra.*anonymous/);
  });

  test('may be another for each listener', async () => {
    const to = realm({ principals: { alice: { role: 'user', ticket: 'T' } } });
    const client = await joining(to, {}, { auth: { anonymous: 'local' } });
    expect(client.session?.welcome.authrole).toBe('local');
    expect((await refusal(joining(to, {}))).uri).toBe(errorUris.authenticationRequired);
    await client.close();
  });
});
