import { errorUris } from 'rocade/protocol';
import { type RealmOptions, Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
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
