import { connect } from 'rocade';
import { type AuthMethod, cryptosign, cryptosignKeys, ticket, wampcra } from 'rocade/auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithPeers } from './describe-peers.ts';
import { type RunningRouter, realm, startXconnRouter } from './routers.ts';

const SECRET = 'pencil';
const keys = cryptosignKeys();
const keyOf = (secret: string): string => (secret === SECRET ? keys.privateKey : cryptosignKeys().privateKey);

const logins: Record<string, (secret: string) => AuthMethod> = {
  ticket: (secret) => ticket({ authid: 'alice', ticket: secret }),
  'WAMP-CRA': (secret) => wampcra({ authid: 'alice', secret }),
  cryptosign: (secret) => cryptosign({ authid: 'alice', privateKey: keyOf(secret) }),
};

describeWithPeers("our client logs in at xconn's router", () => {
  let router: RunningRouter;
  beforeAll(async () => {
    router = await startXconnRouter({ alice: { secret: SECRET, key: keys.publicKey } });
  });
  afterAll(() => router.close());

  // It does not say in WELCOME by which method.
  test.each(Object.entries(logins))('by %s, and works', async (_, method) => {
    const client = await connect(router.url, { realm, auth: [method(SECRET)], retry: false });
    expect(client.session?.welcome).toMatchObject({ authid: 'alice', authrole: 'user' });
    expect(client.session?.welcome.authmethod).toBeUndefined();
    await client.register('com.example.echo', ([value]) => value);
    expect(await client.call('com.example.echo', [1])).toBe(1);
    await client.close();
  });

  test.each(Object.entries(logins))('not by %s with a wrong secret', async (_, method) => {
    const joining = connect(router.url, { realm, auth: [method('Xpencil')], retry: false });
    await expect(joining).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
  });
});
