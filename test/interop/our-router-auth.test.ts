import { crossbarScramRecord, cryptosignKeys, ticketRecord, wampcraRecord } from 'rocade/auth';
import { startRouter } from 'rocade/node';
import type { Principal } from 'rocade/router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testTls } from '../certificates/index.ts';
import { describeWithPeers } from './describe-peers.ts';
import { autobahnJs, autobahnPython, type ForeignClient, wampy, xconn } from './foreign-clients.ts';
import { realm } from './routers.ts';

const SECRET = 'pencil';
const WRONG = 'eraser';
const keys = cryptosignKeys();

/** What each of them can; a principal for each method, whose name says what is kept. */
const able: readonly (readonly [client: ForeignClient, methods: readonly string[]])[] = [
  [autobahnPython, ['ticket', 'wampcra', 'scram', 'cryptosign']],
  [autobahnJs, ['ticket', 'wampcra', 'cryptosign']],
  [wampy, ['ticket', 'wampcra', 'cryptosign']],
  [xconn, ['ticket', 'wampcra', 'cryptosign']],
];
const secretOf = (method: string, right: boolean): string =>
  method === 'cryptosign' ? (right ? keys : cryptosignKeys()).privateKey : right ? SECRET : WRONG;

describeWithPeers('clients of other makes log in at our router', () => {
  let router: Awaited<ReturnType<typeof startRouter>>;
  beforeAll(async () => {
    const role = 'user';
    const principals: Record<string, Principal> = {
      'ticket in clear': { role, ticket: SECRET },
      'ticket hashed': { role, ticket: await ticketRecord({ ticket: SECRET, iterations: 1000 }) },
      'wampcra in clear': { role, wampcra: SECRET },
      'wampcra salted': { role, wampcra: await wampcraRecord({ secret: SECRET, iterations: 1000 }) },
      'scram by argon2id': {
        role,
        crossbarScram: await crossbarScramRecord({ password: SECRET, iterations: 4, memory: 4096 }),
      },
      'scram by pbkdf2': {
        role,
        crossbarScram: await crossbarScramRecord({ password: SECRET, kdf: 'pbkdf2', iterations: 4096 }),
      },
      'cryptosign keyed': { role, cryptosign: keys.publicKey },
    };
    router = await startRouter({ listen: 'ws://127.0.0.1:0', realms: [{ name: realm, auth: { principals } }] });
  });
  afterAll(() => router.close());

  const names: Record<string, readonly string[]> = {
    ticket: ['ticket in clear', 'ticket hashed'],
    wampcra: ['wampcra in clear', 'wampcra salted'],
    scram: ['scram by argon2id'],
    cryptosign: ['cryptosign keyed'],
  };
  const logins = able.flatMap(([client, methods]) =>
    methods.flatMap((method) => (names[method] ?? []).map((authid) => ({ client, method, authid }))),
  );

  test.each(logins)('$client.traits.name by $authid, and works', async ({ client, method, authid }) => {
    const party = await client.join(router.url, realm, { method, authid, secret: secretOf(method, true) });
    try {
      await party.register('com.example.echo', 'echo');
      expect(await party.call('com.example.echo', { args: [1], kwargs: {} })).toEqual({ args: [1], kwargs: {} });
    } finally {
      await party.dispose();
    }
  });

  // Its helper for PBKDF2 wants octets for the salt, and it gives it the base64 text of CHALLENGE: it fails on any router.
  test('not autobahn-python by scram by pbkdf2, which stumbles over the salt before it answers', async () => {
    const login = { method: 'scram', authid: 'scram by pbkdf2', secret: SECRET };
    const failure: unknown = await autobahnPython.join(router.url, realm, login).catch((error: unknown) => error);
    expect(failure).toMatchObject({ uri: 'wamp.error.cannot_authenticate' });
    expect(router.router.counts(realm)).toMatchObject({ sessions: 0 });
  });

  const refused = able.flatMap(([client, methods]) =>
    methods.flatMap((method) => [
      { client, method, what: 'a wrong secret', authid: names[method]?.[0] ?? '' },
      { client, method, what: 'an unknown name', authid: 'nobody' },
    ]),
  );

  // The others have none.
  test('autobahn-python by cryptosign, tied to its TLS connection as it does: tls-unique', async () => {
    const auth = { principals: { keyed: { role: 'user', cryptosign: keys.publicKey } } };
    const listen = { listen: 'wss://127.0.0.1:0', tls: testTls };
    const secure = await startRouter({ ...listen, realms: [{ name: realm, auth }] });
    const login = { method: 'cryptosign', authid: 'keyed', secret: keys.privateKey };
    try {
      const party = await autobahnPython.join(secure.url, realm, { ...login, channelBinding: 'tls-unique' });
      await party.dispose();
      // Without TLS there is none.
      const plain = autobahnPython.join(router.url, realm, { ...login, channelBinding: 'tls-unique' });
      await expect(plain).rejects.toThrow();
    } finally {
      await secure.close();
    }
  });

  test.each(refused)('not $client.traits.name by $method with $what', async ({ client, method, what, authid }) => {
    const login = { method, authid, secret: secretOf(method, what !== 'a wrong secret') };
    await expect(client.join(router.url, realm, login)).rejects.toThrow();
    expect(router.router.counts(realm)).toMatchObject({ sessions: 0 });
  });
});
