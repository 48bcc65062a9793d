import { type AuthMethod, cryptosignKeys, ticket, wampcra } from 'rocade/auth';
import { errorUris } from 'rocade/protocol';
import { type Login, type PrincipalSource, Router } from 'rocade/router';
import { connect } from 'rocade';
import { describe, expect, test } from 'vitest';
import { joining, refusal } from './logins.ts';

const { publicKey } = cryptosignKeys();

/** Knows alice by her key, or by her ticket when it is given one. */
const known = ({ method, ticket: given }: Login) => {
  if (method !== 'ticket') return { role: 'user', cryptosign: publicKey };
  return given === 'right' ? { role: 'user', ticket: true as const } : undefined;
};
/** The same, as somebody writes it who says `ticket: true` of all whom he knows. */
const careless = (login: Login) => {
  const principal = known(login);
  return principal && { ticket: true as const, ...principal };
};

/** A router with such principals, in a function or behind a procedure. */
async function routerWith(kind: 'function' | 'careless function' | 'procedure'): Promise<Router> {
  const sources: Record<typeof kind, PrincipalSource> = {
    function: known,
    'careless function': careless,
    procedure: { procedure: 'com.example.authenticate', realm: 'back' },
  };
  const auth = { methods: ['ticket', 'wampcra', 'cryptosign'] as const, principals: sources[kind] };
  const router = new Router({ realms: [{ name: 'realm1', auth }, 'back'], onError: () => {} });
  const service = await connect(router.connect(), { realm: 'back' });
  await service.register('com.example.authenticate', ([, , details]) => {
    const { authmethod, ticket: given } = details as { authmethod: Login['method']; ticket?: string };
    if (authmethod !== 'ticket') return { role: 'user', pubkey: publicKey };
    return given === 'right' ? 'user' : null;
  });
  return router;
}

const alice = (secret: string): AuthMethod => ticket({ authid: 'alice', ticket: secret });

describe.each(['function', 'careless function', 'procedure'] as const)('principals of a %s', (kind) => {
  test('come in by the ticket that it was given and has checked', async () => {
    const router = await routerWith(kind);
    const client = await joining(router, { auth: [alice('right')] });
    expect(client.session?.welcome.authrole).toBe('user');
    await client.close();
    expect((await refusal(joining(router, { auth: [alice('wrong')] }))).uri).toBe(errorUris.authenticationFailed);
  });

  test.each(['wrong', 'right'])('do not come in by a %s ticket that it was not given', async (secret) => {
    const router = await routerWith(kind);
    // It is asked about the first of these, which alice does not have.
    const methods = [wampcra({ authid: 'alice', secret: 'whatever' }), alice(secret)];
    expect((await refusal(joining(router, { auth: methods }))).uri).toBe(errorUris.authenticationFailed);
  });
});
