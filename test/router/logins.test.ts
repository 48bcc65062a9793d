import { type AuthMethod, cryptosign, cryptosignKeys, scramRecord, ticket, wampcra } from 'rocade/auth';
import { errorUris } from 'rocade/protocol';
import { type AuthOptions, type ConnectionInfo, type Principal, Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { joining, realm, refusal, SECRET, WRONG } from './logins.ts';
import { ALL_FEATURES, stranger } from './peer.ts';

const keys = cryptosignKeys();
const router = cryptosignKeys();

test.each(['nobody', 'someone', 'x', 'y', 'z'])(
  '%s is not known, and is asked by the method that it offers',
  async (authid) => {
    const principals = {
      alice: { role: 'user', ticket: 'T' },
      bob: { role: 'user', wampcra: SECRET },
      carol: { role: 'user', cryptosign: keys.publicKey },
    };
    for (const [method, field] of [
      ['cryptosign', 'challenge'],
      ['wampcra', 'challenge'],
      ['ticket', undefined],
    ] as const) {
      const channel = stranger(realm({ principals }));
      const details = { roles: ALL_FEATURES, authmethods: [method], authid };
      channel.deliver({ type: 'HELLO', realm: 'realm1', details });
      const { authmethod, extra } = await channel.next('CHALLENGE');
      expect([authmethod, Object.keys(extra).includes(String(field))]).toEqual([method, field !== undefined]);
      channel.deliver({ type: 'AUTHENTICATE', signature: 'anything', extra: {} });
      expect((await channel.next('ABORT')).reason).toBe(errorUris.authenticationFailed);
    }
  },
);

describe('Advanced Profile, Authentication: two rounds', () => {
  const auth: AuthOptions = { principals: { alice: { role: 'user', wampcra: SECRET, ticket: 'T', second: 'ticket' } } };
  const both = (secret: string, second: string): AuthMethod[] => [
    wampcra({ authid: 'alice', secret }),
    ticket({ authid: 'alice', ticket: second }),
  ];

  test('let in who has both proofs, and name the first method', async () => {
    const client = await joining(realm(auth), { auth: both(SECRET, 'T') });
    expect(client.session?.welcome.authmethod).toBe('wampcra');
    await client.close();
  });

  test.each([
    ['the first is wrong', both(WRONG, 'T')],
    ['the second is wrong', both(SECRET, 'X')],
    ['the second is not offered', [wampcra({ authid: 'alice', secret: SECRET })]],
  ])('let in nobody when %s', async (_, methods) => {
    expect((await refusal(joining(realm(auth), { auth: methods }))).uri).toBe(errorUris.authenticationFailed);
  });
});

describe('Advanced Profile, Authentication: cryptosign', () => {
  const auth: AuthOptions = {
    principals: { alice: { role: 'user', cryptosign: keys.publicKey } },
    privateKey: router.privateKey,
  };

  test('knows a client by its key alone', async () => {
    const client = await joining(realm(auth), { auth: [cryptosign({ privateKey: keys.privateKey })] });
    expect(client.session?.welcome.authid).toBe('alice');
    await client.close();
  });

  test('proves who the router is to a client that asks', async () => {
    const method = cryptosign({ privateKey: keys.privateKey, routerKey: router.publicKey });
    const client = await joining(realm(auth), { auth: [method] });
    expect(client.session?.welcome.authmethod).toBe('cryptosign');
    const { privateKey: _, ...silent } = auth;
    await expect(joining(realm(silent), { auth: [method] })).rejects.toMatchObject({ code: 'auth' });
    await client.close();
  });

  test('ties a login to its TLS connection, when both ends see the same', async () => {
    const id = new Uint8Array(32).fill(7);
    const method = cryptosign({ privateKey: keys.privateKey, channelBinding: { type: 'tls-exporter', id } });
    const bound = (octets: Uint8Array): ConnectionInfo => ({
      channelBinding: (type) => (type === 'tls-exporter' ? { type, id: octets } : undefined),
    });
    const client = await joining(realm(auth), { auth: [method] }, bound(id));
    expect(client.session?.welcome.authid).toBe('alice');
    const another = joining(realm(auth), { auth: [method] }, bound(new Uint8Array(32)));
    expect((await refusal(another)).uri).toBe(errorUris.authenticationFailed);
    const without = joining(realm(auth), { auth: [method] });
    expect((await refusal(without)).message).toMatch(/channel binding/);
    await client.close();
  });

  test('an answer to another challenge is none', async () => {
    const hello = (channel: ReturnType<typeof stranger>) => {
      const method = cryptosign({ privateKey: keys.privateKey });
      channel.deliver({
        type: 'HELLO',
        realm: 'realm1',
        details: { roles: ALL_FEATURES, authmethods: ['cryptosign'], authextra: method.authextra?.() ?? {} },
      });
      return method;
    };
    const to = realm(auth);
    const [one, two] = [stranger(to), stranger(to)];
    const method = hello(one);
    const { extra } = await one.next('CHALLENGE');
    const { signature } = await method.answer(extra);
    hello(two);
    await two.next('CHALLENGE');
    two.deliver({ type: 'AUTHENTICATE', signature, extra: {} });
    expect((await two.next('ABORT')).reason).toBe(errorUris.authenticationFailed);
  });
});

describe('Advanced Profile, Authentication: TLS client certificates', () => {
  const fingerprint = 'ab'.repeat(32);
  const shown = (print: string): ConnectionInfo => ({ certificate: { fingerprint: print, authorized: false } });
  const auth: AuthOptions = {
    principals: { alice: { role: 'user', certificates: [fingerprint.toUpperCase().replaceAll(/..(?=.)/g, '$&:')] } },
  };
  const tls: AuthMethod = { name: 'tls', answer: () => ({ signature: '' }) };

  test('let in without a challenge, by the certificate that was shown', async () => {
    const client = await joining(realm(auth), { auth: [tls] }, shown(fingerprint));
    expect(client.session?.welcome).toMatchObject({ authid: 'alice', authrole: 'user', authmethod: 'tls' });
    await client.close();
  });

  test.each([
    ['another certificate', shown('cd'.repeat(32)), undefined],
    ['no certificate', {}, undefined],
    ["another's name", shown(fingerprint), 'bob'],
  ])('do not let in with %s', async (_, connection, authid) => {
    const attempt = joining(realm(auth), { auth: [{ ...tls, ...(authid !== undefined && { authid }) }] }, connection);
    expect((await refusal(attempt)).uri).toBe(errorUris.authenticationFailed);
  });

  test('may be judged by a function', async () => {
    const to = realm({
      methods: ['tls'],
      principals: ({ transport }) => ({ role: 'user', authid: JSON.stringify(transport['client_cert']) }),
    });
    const connection = { certificate: { fingerprint, commonName: 'carol', authorized: true } };
    const client = await joining(to, { auth: [tls] }, connection);
    expect(JSON.parse(client.session?.welcome.authid ?? '')).toMatchObject({ commonName: 'carol', authorized: true });
    await client.close();
  });
});

describe('Advanced Profile, Authentication: cookies', () => {
  const cookie: AuthMethod = { name: 'cookie', answer: () => ({ signature: '' }) };
  const methods = (text: string): AuthMethod[] => [cookie, ticket({ authid: 'alice', ticket: text })];

  test('let a browser in again, until they are too old', async () => {
    const clock = fakeClock();
    const auth: AuthOptions = { principals: { alice: { role: 'user', ticket: 'T' } }, cookie: { maxAge: 1000 } };
    const to = new Router({ realms: [{ name: 'realm1', auth }], clock });
    const browser = { cookie: 'c1' };
    const first = await joining(to, { auth: methods('T') }, browser);
    expect(first.session?.welcome.authmethod).toBe('ticket');
    const again = await joining(to, { auth: methods('?') }, browser);
    expect(again.session?.welcome).toMatchObject({ authid: 'alice', authrole: 'user', authmethod: 'cookie' });
    expect((await refusal(joining(to, { auth: methods('?') }, { cookie: 'c2' }))).uri).toBe(
      errorUris.authenticationFailed,
    );
    clock.advance(1001);
    expect((await refusal(joining(to, { auth: methods('?') }, browser))).uri).toBe(errorUris.authenticationFailed);
    await Promise.all([first.close(), again.close()]);
  });
});

describe('Basic Profile, Sessions: the state of a login', () => {
  const auth: AuthOptions = { principals: { alice: { role: 'user', ticket: 'T' } } };
  const hello = {
    type: 'HELLO',
    realm: 'realm1',
    details: { roles: ALL_FEATURES, authmethods: ['ticket'], authid: 'alice' },
  } as const;

  test('before AUTHENTICATE, any other message is a protocol violation', async () => {
    const channel = stranger(realm(auth));
    channel.deliver(hello);
    await channel.next('CHALLENGE');
    channel.deliver({ type: 'SUBSCRIBE', request: 1, options: {}, topic: 'a.topic' });
    expect(channel.take('ABORT')).toMatchObject({
      reason: errorUris.protocolViolation,
      details: { message: 'SUBSCRIBE: expected AUTHENTICATE now' },
    });
  });

  test('after a wrong answer the session is over: the next guess needs another connection', async () => {
    const channel = stranger(realm(auth));
    channel.deliver(hello);
    await channel.next('CHALLENGE');
    channel.deliver({ type: 'AUTHENTICATE', signature: 'wrong', extra: {} });
    expect((await channel.next('ABORT')).reason).toBe(errorUris.authenticationFailed);
    expect(channel.closedWith).toBeDefined();
    channel.deliver({ type: 'AUTHENTICATE', signature: 'T', extra: {} });
    channel.expectNothingSent();
  });

  test('who does not answer a challenge in time is aborted, and leaves nothing behind', async () => {
    const clock = fakeClock();
    const to = new Router({ realms: [{ name: 'realm1', auth }], clock, authTimeout: 700 });
    const channel = stranger(to);
    channel.deliver(hello);
    await channel.next('CHALLENGE');
    clock.advance(699);
    channel.expectNothingSent();
    clock.advance(1);
    expect(channel.take('ABORT').reason).toBe(errorUris.timeout);
    expect(clock.pending).toBe(0);
  });

  test('who vanishes during a login is let in nowhere', async () => {
    let find: (principal: Principal) => void = () => {};
    const found = new Promise<Principal>((resolve) => {
      find = resolve;
    });
    const clock = fakeClock();
    const principals = () => found;
    const to = new Router({ realms: [{ name: 'realm1', auth: { methods: ['wampcra'], principals } }], clock });
    const channel = stranger(to);
    channel.deliver({ ...hello, details: { ...hello.details, authmethods: ['wampcra'] } });
    channel.expectNothingSent();
    channel.lose();
    find({ role: 'user', wampcra: SECRET });
    await found;
    await to.close();
    channel.expectNothingSent();
    expect([clock.pending, to.counts('realm1')?.sessions]).toEqual([0, 0]);
  });

  test('a function that fails lets nobody in, and is told to whoever runs the router', async () => {
    const failures: Error[] = [];
    const to = new Router({
      realms: [
        {
          name: 'realm1',
          auth: {
            methods: ['wampcra'],
            principals: () => {
              throw new Error(`no connection to the database of ${SECRET}`);
            },
          },
        },
      ],
      onError: (error) => void failures.push(error),
    });
    const { uri, message } = await refusal(joining(to, { auth: [wampcra({ authid: 'alice', secret: SECRET })] }));
    expect(uri).toBe(errorUris.authenticationFailed);
    expect(message).not.toContain('database');
    expect(failures).toHaveLength(1);
  });

  test.each(['trusted', ''])('a function gives nobody the role %j', async (role) => {
    const failures: string[] = [];
    const auth: AuthOptions = { methods: ['wampcra'], principals: () => ({ role, wampcra: SECRET }) };
    const onError = ({ cause }: Error): void => void failures.push((cause as Error).message);
    const to = new Router({ realms: [{ name: 'realm1', auth }], onError });
    const { uri } = await refusal(joining(to, { auth: [wampcra({ authid: 'alice', secret: SECRET })] }));
    expect(uri).toBe(errorUris.authenticationFailed);
    expect(failures).toEqual(["the principal 'alice' was given a role that nobody can log in with"]);
  });

  test('a name that cannot be one is refused like a wrong secret, and is nothing to tell whoever runs the router', async () => {
    const failures: Error[] = [];
    const scramOfBob = await scramRecord({ password: SECRET, kdf: 'pbkdf2', iterations: 4096 });
    const auth: AuthOptions = { principals: { bob: { role: 'user', scram: scramOfBob } } };
    const to = new Router({ realms: [{ name: 'realm1', auth }], onError: (error) => void failures.push(error) });
    const channel = stranger(to);
    const details = {
      roles: { caller: {} },
      authmethods: ['wamp-scram'],
      authid: '\u0007',
      authextra: { nonce: 'AAAA' },
    };
    channel.deliver({ type: 'HELLO', realm: 'realm1', details });
    const { nonce } = (await channel.next('CHALLENGE')).extra as { nonce: string };
    const extra = { nonce, channel_binding: null, cbind_data: null };
    channel.deliver({ type: 'AUTHENTICATE', signature: btoa('x'.repeat(32)), extra });
    const { reason, details: said } = await channel.next('ABORT');
    expect(reason).toBe(errorUris.authenticationFailed);
    expect(said.message).toBe('the name, or what was to prove it, is not right');
    expect(failures).toEqual([]);
  });

  test('a procedure that is not there is a line on the terminal, and not a stack', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const principals = { procedure: 'com.example.authenticate' };
    await refusal(
      joining(realm({ principals, methods: ['ticket'] }), { auth: [ticket({ authid: 'a', ticket: 't' })] }),
    );
    expect(printed.mock.calls).toEqual([
      [
        'rocade router:',
        "nobody could be found for 'a': wamp.error.no_such_procedure: nobody has registered 'com.example.authenticate'",
      ],
    ]);
    printed.mockRestore();
  });
});

describe('options that make no sense are refused when the router is made', () => {
  test.each<[string, AuthOptions, RegExp]>([
    ['no role', { principals: { a: { ticket: 't' } as never } }, /'a': expected a role/],
    ['the role of the router itself', { principals: { a: { role: 'trusted', ticket: 't' } } }, /'trusted'/],
    ['a key that is none', { principals: { a: { role: 'x', cryptosign: 'abc' } } }, /64 digits of hex/],
    [
      'a second proof without a credential',
      { principals: { a: { role: 'x', ticket: 't', second: 'wampcra' } } },
      /wampcra/,
    ],
    ['a function without methods', { principals: () => undefined }, /auth\.methods/],
    ['a method that there is not', { methods: ['magic' as never] }, /'magic'/],
    ['a ticket that only a function can give', { principals: { a: { role: 'x', ticket: true } } }, /functions/],
  ])('%s', (_, auth, text) => {
    expect(() => realm(auth)).toThrow(text);
  });
});
