import { type AuthMethod, cryptosign, cryptosignKeys, ticket, wampcra } from 'rocade/auth';
import { errorUris } from 'rocade/protocol';
import type { AuthOptions, ConnectionInfo, Principal } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { joining, realm, refusal, SECRET } from './logins.ts';

const fingerprint = 'ab'.repeat(32);
const connection: ConnectionInfo = { certificate: { fingerprint, authorized: true, commonName: 'alice' } };
const keys = cryptosignKeys();
const byTicket = ticket({ authid: 'alice', ticket: 'T' });
const bySecret = wampcra({ authid: 'alice', secret: SECRET });
const byCertificate: AuthMethod = { name: 'tls', authid: 'alice', answer: () => ({ signature: '' }) };

const outcome = async (auth: AuthOptions, methods: AuthMethod[]): Promise<unknown> => {
  const attempt = joining(realm(auth), { auth: methods }, connection);
  return attempt.then(
    async (client) => {
      await client.close();
      return 'let in';
    },
    (error: { uri?: string }) => error.uri,
  );
};

describe('where two proofs are wanted', () => {
  const alice: Principal = {
    role: 'user',
    ticket: 'T',
    wampcra: SECRET,
    certificates: [fingerprint],
    second: 'ticket',
  };
  const sources: [string, AuthOptions][] = [
    ['data', { principals: { alice }, methods: ['ticket', 'wampcra', 'tls'] }],
    ['a function', { principals: () => alice, methods: ['ticket', 'wampcra', 'tls'] }],
  ];

  describe.each(sources)('of %s', (_, auth) => {
    test('both let in, one of which may be a certificate', async () => {
      expect(await outcome(auth, [bySecret, byTicket])).toBe('let in');
      expect(await outcome(auth, [byCertificate, byTicket])).toBe('let in');
    });

    test.each([
      ['the second', [byTicket]],
      ['the second, named first', [byTicket, bySecret].slice(0, 1)],
      ['the first', [bySecret]],
      ['a certificate', [byCertificate]],
      ['a certificate, and the other first one', [byCertificate, bySecret]],
    ])('%s alone does not', async (__, methods) => {
      expect(await outcome(auth, methods)).toBe(errorUris.authenticationFailed);
    });
  });
});

describe('a certificate, of which a function is asked,', () => {
  const asked = (principal: Principal): AuthOptions => ({
    principals: () => principal,
    methods: ['tls', 'wampcra', 'cryptosign', 'ticket'],
  });

  test.each<[string, Principal]>([
    ['gives a role and nothing to prove', { role: 'user' }],
    ['names this certificate', { role: 'user', certificates: [fingerprint.toUpperCase()], wampcra: SECRET }],
  ])('lets in when it %s', async (_, principal) => {
    expect(await outcome(asked(principal), [byCertificate])).toBe('let in');
  });

  test.each<[string, Principal]>([
    ['names another', { role: 'user', certificates: ['cd'.repeat(32)] }],
    ['names none', { role: 'user', certificates: [] }],
    ['gives a secret, whatever it was asked', { role: 'user', wampcra: SECRET }],
    ['gives a key, whatever it was asked', { role: 'user', cryptosign: keys.publicKey }],
  ])('does not let in when it %s', async (_, principal) => {
    expect(await outcome(asked(principal), [byCertificate])).toBe(errorUris.authenticationFailed);
  });

  test('does not keep from another way in', async () => {
    const method = cryptosign({ authid: 'alice', privateKey: keys.privateKey });
    expect(await outcome(asked({ role: 'user', cryptosign: keys.publicKey }), [byCertificate, method])).toBe('let in');
  });
});

test('who is refused by all of them hears no more than that', async () => {
  const attempt = joining(
    realm({ principals: () => undefined, methods: ['tls'] }),
    { auth: [byCertificate] },
    connection,
  );
  expect((await refusal(attempt)).uri).toBe(errorUris.authenticationFailed);
});
