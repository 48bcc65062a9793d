import { connect } from 'rocade';
import { scramRecord, wampcraRecord } from 'rocade/auth';
import { type Principal, type PrincipalSource, Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { SECRET } from './logins.ts';
import { ALL_FEATURES, stranger } from './peer.ts';

const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;
const kept: Principal = {
  role: 'member',
  wampcra: await wampcraRecord({ secret: SECRET, iterations: 1000 }),
  scram: await scramRecord({ password: SECRET, ...cost }),
};
const users = new Map([
  ['alice', kept],
  ['ally', { ...kept, authid: 'alice' }],
]);

const sources: Record<string, PrincipalSource> = {
  data: Object.fromEntries(users),
  'a function': ({ authid }) => users.get(authid),
  'a procedure': { procedure: 'com.example.authenticate', realm: 'back' },
};

describe.each(Object.entries(sources))('names of %s', (_, principals) => {
  const scene = async () => {
    const auth = { methods: ['wampcra', 'wamp-scram'] as const, principals };
    const router = new Router({ realms: [{ name: 'realm1', auth }, 'back'], onError: () => {} });
    const service = await connect(router.connect(), { realm: 'back' });
    await service.register('com.example.authenticate', ([, authid]) => users.get(authid as string) ?? null);
    /** What a CHALLENGE tells, but for what is random. */
    return async (authid: string, method: string): Promise<Record<string, unknown>> => {
      const channel = stranger(router);
      const authextra = { nonce: 'AAAA' };
      const details = { roles: ALL_FEATURES, authmethods: [method], authid, authextra };
      channel.deliver({ type: 'HELLO', realm: 'realm1', details });
      const { extra } = await channel.next('CHALLENGE');
      channel.lose();
      const { challenge, salt, nonce: _nonce, ...others } = extra as Record<string, unknown>;
      const told = challenge === undefined ? {} : (JSON.parse(challenge as string) as Record<string, unknown>);
      const { nonce: _random, timestamp: _now, session: _id, ...signed } = told;
      return { ...others, ...signed, salted: typeof salt === 'string' && salt.length };
    };
  };

  test.each(['wampcra', 'wamp-scram'])('are told by no challenge of %s, known or not', async (method) => {
    const challenged = await scene();
    const known = await challenged('alice', method);
    if (method === 'wampcra') expect(known).toMatchObject({ authid: 'alice', authrole: 'member' });
    for (const authid of ['nobody', 'somebody', 'ally'])
      expect(await challenged(authid, method)).toEqual({ ...known, ...(method === 'wampcra' && { authid }) });
  });
});
