import { ticket } from 'rocade/auth';
import { errorUris, MESSAGES } from 'rocade/protocol';
import { type RealmOptions, Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { joining, realm, SECRET } from './logins.ts';
import { Peer } from './peer.ts';

type Options = Omit<RealmOptions, 'name'>;
const routerWith = (options: Options): Router => new Router({ realms: [{ name: 'realm1', ...options }] });
const trustedAt = (router: Router, authrole?: string) => ({
  accept: (channel: Parameters<Router['accept']>[0]) =>
    router.accept(channel, { identity: authrole === undefined ? {} : { authrole } }),
});

/** What comes of each procedure that ends what another session has: the URI of the error, or `done`. */
function outcomes(router: Router, killer: Peer): Set<string> {
  const attempts: ((victim: Peer) => number)[] = [
    ({ session }) => killer.call('wamp.session.kill', session),
    ({ welcome }) => killer.call('wamp.session.kill_by_authid', welcome.details.authid),
    ({ welcome }) => killer.call('wamp.session.kill_by_authrole', welcome.details.authrole),
    () => killer.call('wamp.session.kill_all'),
    (victim) => killer.call('wamp.registration.remove_callee', victim.register('a.procedure'), victim.session),
    (victim) => killer.call('wamp.subscription.remove_subscriber', victim.subscribe('a.topic'), victim.session),
  ];
  return new Set(
    attempts.map((attempt) => {
      const victim = new Peer(router);
      const request = attempt(victim);
      const answer = killer.channel.sent.at(-1);
      const outcome = answer?.type === 'ERROR' ? killer.takeError(48, request) : 'done';
      if (answer?.type !== 'ERROR') killer.take('RESULT');
      victim.channel.lose();
      return outcome;
    }),
  );
}
const ANONYMOUS: Options = { administrators: ['anonymous'] };
const ALL = { uri: '', match: 'prefix', allow: ['call', 'register', 'subscribe'] } as const;

describe('sessions, registrations and subscriptions of others are ended', () => {
  test.each<[string, Options]>([
    ['a realm without roles', {}],
    ['one with other administrators', { administrators: ['admin'] }],
    ['roles that deny it', { roles: { anonymous: [ALL, { uri: 'wamp.', match: 'prefix', allow: [] }] } }],
    ['roles that do not allow it', { roles: { anonymous: [{ ...ALL, uri: 'a.' }] } }],
  ])('by nobody in %s', (_, options) => {
    const router = routerWith(options);
    expect(outcomes(router, new Peer(router))).toEqual(new Set([errorUris.notAuthorized]));
  });

  test.each<[string, Options]>([
    ['administrators', ANONYMOUS],
    ['those whose role allows it', { roles: { anonymous: [ALL] } }],
  ])('by %s', (_, options) => {
    const router = routerWith(options);
    expect(outcomes(router, new Peer(router))).toEqual(new Set(['done']));
  });

  test.each<[string, Options]>([
    ['no roles', {}],
    ['roles', { roles: { anonymous: [{ ...ALL, uri: 'a.' }] } }],
  ])('by sessions of this process, where there are %s', (_, options) => {
    const router = routerWith(options);
    expect(outcomes(router, new Peer(trustedAt(router)))).toEqual(new Set(['done']));
  });

  test('by a session of this process that has a role as this role may', () => {
    const router = routerWith({ roles: { anonymous: [{ ...ALL, uri: 'a.' }], clerk: [{ ...ALL, uri: 'a.' }] } });
    expect(outcomes(router, new Peer(trustedAt(router, 'clerk')))).toEqual(new Set([errorUris.notAuthorized]));
  });
});

describe('a procedure is taken over with force_reregister', () => {
  const REGISTER = { options: { force_reregister: true }, procedure: 'a.procedure' } as const;
  const { code } = MESSAGES.REGISTER;

  test('not by strangers in a realm without roles: its callee keeps it', () => {
    const router = new Router();
    const [owner, stranger] = [new Peer(router), new Peer(router)];
    const registration = owner.register('a.procedure');
    expect(stranger.takeError(code, stranger.request('REGISTER', REGISTER))).toBe(errorUris.notAuthorized);
    owner.expectNothing();
    stranger.call('a.procedure');
    expect(owner.take('INVOCATION').registration).toBe(registration);
  });

  test('nor when only some of its callees are those of another', () => {
    const router = new Router();
    const [owner, stranger] = [new Peer(router), new Peer(router)];
    for (const peer of [owner, stranger]) peer.register('a.procedure', { invoke: 'last' });
    expect(stranger.takeError(code, stranger.request('REGISTER', REGISTER))).toBe(errorUris.notAuthorized);
  });

  test.each<[string, Options]>([
    ['administrators', ANONYMOUS],
    ['those whose role allows them to register it', { roles: { anonymous: [ALL] } }],
  ])('by %s', (_, options) => {
    const router = routerWith(options);
    const [owner, next] = [new Peer(router), new Peer(router)];
    owner.register('a.procedure');
    next.register('a.procedure', REGISTER.options);
    expect(owner.take('UNREGISTERED').request).toBe(0);
  });

  test('by the session that has it', () => {
    const owner = new Peer(new Router());
    owner.register('a.procedure');
    const request = owner.request('REGISTER', REGISTER);
    expect(owner.take('UNREGISTERED').request).toBe(0);
    expect(owner.take('REGISTERED').request).toBe(request);
  });

  test('by one that has logged in by the same name, and not by another name or in another role', async () => {
    const adder = { ticket: SECRET, role: 'service' };
    const router = realm({ principals: { adder, other: adder, double: { ...adder, role: 'user', authid: 'adder' } } });
    const as = (authid: string) => joining(router, { auth: [ticket({ authid, ticket: SECRET })] });
    const [former, other, double, later] = await Promise.all([as('adder'), as('other'), as('double'), as('adder')]);
    await former.register('a.procedure', () => 'former');
    for (const client of [other, double])
      await expect(client.register('a.procedure', () => 'other', { forceReregister: true })).rejects.toMatchObject({
        uri: errorUris.notAuthorized,
      });
    await later.register('a.procedure', () => 'later', { forceReregister: true });
    expect(await other.call('a.procedure')).toBe('later');
  });

  test('by everybody where nobody has it', () => {
    new Peer(new Router()).register('a.procedure', REGISTER.options);
  });
});

test('the rest of the meta API is for everybody in a realm without roles', () => {
  const router = new Router();
  const [peer, other] = [new Peer(router), new Peer(router)];
  const ask = (procedure: string, ...args: unknown[]): unknown => {
    peer.call(procedure, ...args);
    return peer.take('RESULT').payload?.args ?? [];
  };
  expect(ask('wamp.session.list')).toEqual([[peer.session, other.session]]);
  expect(ask('wamp.session.get', other.session)).toMatchObject([{ session: other.session }]);
  expect(ask('wamp.session.add_testament', 'a.topic', [], {})).toEqual([]);
});

test('administrators that make no sense are refused when the router is made', () => {
  expect(() => routerWith({ administrators: 'admin' as never })).toThrow('administrators: expected a list of roles');
  expect(() => routerWith({ administrators: ['admin'], roles: {} })).toThrow('is for a realm without roles');
});
