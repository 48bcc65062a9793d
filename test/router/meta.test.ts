import { closeUris, errorUris, MESSAGES } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_FEATURES, Peer } from './peer.ts';

let router: Router;
let peer: Peer;
let other: Peer;

beforeEach(() => {
  router = new Router({ realms: [{ name: 'realm1', administrators: ['anonymous'] }] });
  peer = new Peer(router);
  other = new Peer(router);
});

/** What the router answers: the result's arguments, or the URI of the error. */
function ask(
  asking: Peer,
  procedure: string,
  ...[args = [], kwargs]: [args?: readonly unknown[], kwargs?: Record<string, unknown>]
): unknown {
  asking.request('CALL', { options: {}, procedure }, { args, kwargs });
  const answer = asking.channel.sent.at(-1);
  if (answer?.type === 'ERROR') return asking.take('ERROR').error;
  return asking.take('RESULT').payload?.args ?? [];
}

/** The arguments of the next event. */
const told = (listening: Peer): unknown => listening.take('EVENT').payload?.args;
/** Subscribes to all topics of one part of the meta API, and forgets what that itself caused. */
function watch(watching: Peer, part: string): void {
  watching.subscribe(`wamp.${part}.`, 'prefix');
  news(watching);
}
function hasMore(watching: Peer): boolean {
  try {
    watching.expectNothing();
    return false;
  } catch {
    return true;
  }
}
/** Topic and arguments of all events not yet taken. */
function news(watching: Peer): unknown[] {
  const all: unknown[] = [];
  while (hasMore(watching)) {
    const { details, payload } = watching.take('EVENT');
    all.push([details.topic?.split('.').slice(2).join('.'), ...(payload?.args ?? [])]);
  }
  return all;
}

describe('Advanced Profile, Session Meta API: procedures', () => {
  test('count and list know all sessions, or those of some roles', () => {
    expect(ask(peer, 'wamp.session.count')).toEqual([2]);
    expect(ask(peer, 'wamp.session.count', [['anonymous', 'admin']])).toEqual([2]);
    expect(ask(peer, 'wamp.session.count', [['admin']])).toEqual([0]);
    expect(ask(peer, 'wamp.session.count', [[]])).toEqual([0]);
    expect(ask(peer, 'wamp.session.list')).toEqual([[peer.session, other.session]]);
    expect(ask(peer, 'wamp.session.list', [['admin']])).toEqual([[]]);
    other.channel.lose();
    expect(ask(peer, 'wamp.session.list')).toEqual([[peer.session]]);
  });

  test('get tells who a session is, and nothing of its connection', () => {
    const { authid, authrole, authmethod, authprovider } = other.welcome.details;
    expect(ask(peer, 'wamp.session.get', [other.session])).toEqual([
      { session: other.session, authid, authrole, authmethod, authprovider },
    ]);
    expect(ask(peer, 'wamp.session.get', [4711])).toBe(errorUris.noSuchSession);
  });

  test('sessions of other realms are not there', () => {
    const both = new Router({ realms: [{ name: 'realm1', administrators: ['anonymous'] }, 'realm2'] });
    const [here, there] = [new Peer(both), new Peer(both, { realm: 'realm2' })];
    expect(ask(here, 'wamp.session.list')).toEqual([[here.session]]);
    expect(ask(here, 'wamp.session.get', [there.session])).toBe(errorUris.noSuchSession);
    expect(ask(here, 'wamp.session.kill', [there.session])).toBe(errorUris.noSuchSession);
    expect(ask(here, 'wamp.session.kill_all')).toEqual([0]);
    there.expectNothing();
  });

  test.each([
    ['wamp.session.count', ['admin']],
    ['wamp.session.list', [[1]]],
    ['wamp.session.get', []],
    ['wamp.session.get', ['me']],
    ['wamp.session.get', [null]],
    ['wamp.session.kill', [0]],
    ['wamp.session.kill_by_authid', [7]],
    ['wamp.registration.get', ['a']],
    ['wamp.registration.lookup', ['a', { match: 'regexp' }]],
    ['wamp.registration.match', ['a..b']],
    ['wamp.subscription.get', [1.5]],
    ['wamp.subscription.lookup', [['a']]],
    ['wamp.subscription.match', []],
  ])('%s of %j is an invalid argument', (procedure, args) => {
    expect(ask(peer, procedure, args)).toBe(errorUris.invalidArgument);
  });

  test('an error says what was expected and what came', () => {
    peer.request('CALL', { options: {}, procedure: 'wamp.session.get' }, { args: ['me'], kwargs: undefined });
    expect(peer.take('ERROR').payload?.args).toEqual(['session: expected id, got "me"']);
  });
});

describe('Advanced Profile, Session Meta API: ending sessions', () => {
  test('kill says GOODBYE with wamp.close.killed, and the session is out at once', () => {
    expect(ask(peer, 'wamp.session.kill', [other.session])).toEqual([]);
    expect(other.take('GOODBYE')).toEqual({ type: 'GOODBYE', details: {}, reason: closeUris.killed });
    expect(ask(peer, 'wamp.session.count')).toEqual([1]);
    expect(ask(peer, 'wamp.session.kill', [other.session])).toBe(errorUris.noSuchSession);
    other.send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    expect(other.channel.closedWith?.code).toBe(1000);
  });

  test('a reason and a message reach the one who is killed', () => {
    ask(peer, 'wamp.session.kill', [other.session], { reason: 'com.example.bye', message: 'see you' });
    expect(other.take('GOODBYE')).toMatchObject({ details: { message: 'see you' }, reason: 'com.example.bye' });
  });

  test('one that does not answer is cut off', () => {
    const clock = fakeClock();
    const timed = new Router({
      clock,
      goodbyeTimeout: 1000,
      realms: [{ name: 'realm1', administrators: ['anonymous'] }],
    });
    const [killer, silent] = [new Peer(timed), new Peer(timed)];
    ask(killer, 'wamp.session.kill', [silent.session]);
    clock.advance(999);
    expect(silent.channel.closedWith).toBeUndefined();
    clock.advance(1);
    expect(silent.channel.closedWith).toBeDefined();
  });

  test.each(['not a uri', '', 'a..b'])(
    "the reason '%s' is refused with invalid_uri, and nobody is killed",
    (reason) => {
      for (const [procedure, args] of [
        ['wamp.session.kill', [other.session]],
        ['wamp.session.kill_by_authid', [other.welcome.details.authid]],
        ['wamp.session.kill_by_authrole', ['anonymous']],
        ['wamp.session.kill_all', []],
      ] as const) {
        expect(ask(peer, procedure, args, { reason })).toBe(errorUris.invalidUri);
      }
      other.expectNothing();
    },
  );

  test("nobody's own session can be killed", () => {
    const { authid } = peer.welcome.details;
    expect(ask(peer, 'wamp.session.kill', [peer.session])).toBe(errorUris.noSuchSession);
    expect(ask(peer, 'wamp.session.kill_by_authid', [authid])).toEqual([[]]);
    expect(ask(peer, 'wamp.session.count')).toEqual([2]);
  });

  test('kill_by_authid answers with a list, kill_by_authrole and kill_all with a number', () => {
    expect(ask(peer, 'wamp.session.kill_by_authid', [other.welcome.details.authid])).toEqual([[other.session]]);
    const [third, fourth] = [new Peer(router), new Peer(router)];
    expect(ask(peer, 'wamp.session.kill_by_authrole', ['admin'])).toEqual([0]);
    expect(ask(peer, 'wamp.session.kill_by_authrole', ['anonymous'])).toEqual([2]);
    for (const killed of [other, third, fourth]) killed.take('GOODBYE');
    const fifth = new Peer(router);
    expect(ask(peer, 'wamp.session.kill_all')).toEqual([1]);
    fifth.take('GOODBYE');
    expect(ask(peer, 'wamp.session.list')).toEqual([[peer.session]]);
  });

  test('what the killed one held is gone: its callers hear of it', () => {
    other.register('a.procedure');
    const request = peer.call('a.procedure');
    ask(new Peer(router), 'wamp.session.kill', [other.session]);
    expect(peer.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.canceled);
    expect(router.counts('realm1')).toMatchObject({ registrations: 0, calls: 0 });
  });
});

describe('Advanced Profile, Session Meta API: events', () => {
  test('on_join tells who has joined, on_leave who has left', () => {
    peer.subscribe('wamp.session.on_join');
    peer.subscribe('wamp.session.on_leave');
    const third = new Peer(router);
    const { authid, authrole, authmethod, authprovider } = third.welcome.details;
    expect(told(peer)).toEqual([{ session: third.session, authid, authrole, authmethod, authprovider }]);
    third.channel.lose();
    expect(told(peer)).toEqual([third.session, authid, authrole]);
    peer.expectNothing();
  });

  test.each([
    ['.session.on_join', 'wildcard'],
    ['wamp..on_join', 'wildcard'],
    ['wamp.ses', 'prefix'],
    ['wa', 'prefix'],
    ['', 'prefix'],
  ] as const)("patterns take them in, such as '%s' as a %s", (topic, match) => {
    peer.subscribe(topic, match);
    const { session } = new Peer(router);
    const heard = peer.channel.sent.filter(
      (message) => message.type === 'EVENT' && message.details.topic === 'wamp.session.on_join',
    );
    expect(heard).toMatchObject([{ payload: { args: [{ session }] } }]);
  });

  test.each(['GOODBYE', 'ABORT'] as const)('on_leave comes once after %s', (type) => {
    peer.subscribe('wamp.session.on_leave');
    other.send({ type, details: {}, reason: 'wamp.close.normal' });
    other.channel.lose();
    expect(told(peer)).toEqual([other.session, other.welcome.details.authid, 'anonymous']);
    peer.expectNothing();
  });

  test('a kill is told as a leaving; kill_all is not', () => {
    peer.subscribe('wamp.session.on_leave');
    ask(new Peer(router), 'wamp.session.kill', [other.session]);
    expect(told(peer)).toEqual([other.session, other.welcome.details.authid, 'anonymous']);
    ask(peer, 'wamp.session.kill_all');
    peer.expectNothing();
  });

  test('they stay in their realm, and nobody else can publish them', () => {
    const both = new Router({ realms: ['realm1', 'realm2'] });
    const [here] = [new Peer(both)];
    here.subscribe('wamp.session.on_join');
    const there = new Peer(both, { realm: 'realm2' });
    const request = there.publish('wamp.session.on_join', [{}], { acknowledge: true });
    expect(there.takeError(MESSAGES.PUBLISH.code, request)).toBe(errorUris.invalidUri);
    here.expectNothing();
  });
});

describe('Advanced Profile, Registration Meta API', () => {
  test('the events come in their order, with who caused them', () => {
    watch(peer, 'registration');
    const id = other.register('a.', { match: 'prefix' });
    const details = {
      id,
      uri: 'a.',
      match: 'prefix',
      invoke: 'single',
      created: expect.stringMatching(/^\d{4}-.*Z$/u),
    };
    expect(news(peer)).toEqual([
      ['on_create', other.session, details],
      ['on_register', other.session, id],
    ]);
    other.request('UNREGISTER', { registration: id });
    expect(news(peer)).toEqual([
      ['on_unregister', other.session, id],
      ['on_delete', other.session, id],
    ]);
  });

  test('a callee that vanishes is told like one that unregisters', () => {
    watch(peer, 'registration');
    const id = other.register('a.procedure');
    news(peer);
    other.channel.lose();
    expect(news(peer)).toEqual([
      ['on_unregister', other.session, id],
      ['on_delete', other.session, id],
    ]);
  });

  test('list, lookup, match and get find what is registered, and not what the router answers itself', () => {
    expect(ask(peer, 'wamp.registration.list')).toEqual([{ exact: [], prefix: [], wildcard: [] }]);
    const exact = other.register('a.b.c');
    const prefix = other.register('a.', { match: 'prefix' });
    const wildcard = other.register('a..d', { match: 'wildcard' });
    expect(ask(peer, 'wamp.registration.list')).toEqual([{ exact: [exact], prefix: [prefix], wildcard: [wildcard] }]);
    expect(ask(peer, 'wamp.registration.lookup', ['a.b.c'])).toEqual([exact]);
    expect(ask(peer, 'wamp.registration.lookup', ['a.', { match: 'prefix' }])).toEqual([prefix]);
    expect(ask(peer, 'wamp.registration.lookup', ['a.'])).toEqual([null]);
    expect(ask(peer, 'wamp.registration.match', ['a.b.c'])).toEqual([exact]);
    expect(ask(peer, 'wamp.registration.match', ['a.b.d'])).toEqual([prefix]);
    expect(ask(peer, 'wamp.registration.match', ['b'])).toEqual([null]);
    expect(ask(peer, 'wamp.registration.match', ['wamp.session.count'])).toEqual([null]);
    expect(ask(peer, 'wamp.registration.get', [wildcard])).toMatchObject([
      { id: wildcard, uri: 'a..d', match: 'wildcard', invoke: 'single' },
    ]);
  });

  test('callees are listed and counted; of what is not there, nothing', () => {
    const id = other.register('a.procedure');
    expect(ask(peer, 'wamp.registration.list_callees', [id])).toEqual([[other.session]]);
    expect(ask(peer, 'wamp.registration.count_callees', [id])).toEqual([1]);
    for (const name of ['get', 'list_callees', 'count_callees'])
      expect(ask(peer, `wamp.registration.${name}`, [4711])).toBe(errorUris.noSuchRegistration);
  });

  test('remove_callee revokes a registration, and tells a callee that knows of revocation', () => {
    const roles = { ...ALL_FEATURES, callee: { features: { registration_revocation: true } } };
    const knows = new Peer(router, { roles });
    other = new Peer(router, { roles: { callee: {} } });
    const [first, second] = [knows.register('a.procedure'), other.register('b.procedure')];
    watch(peer, 'registration');
    expect(ask(new Peer(router), 'wamp.registration.remove_callee', [first, knows.session, 'has moved'])).toBe(
      errorUris.invalidUri,
    );
    expect(ask(new Peer(router), 'wamp.registration.remove_callee', [first, knows.session, 'has.moved'])).toEqual([]);
    expect(knows.take('UNREGISTERED').details).toEqual({ registration: first, reason: 'has.moved' });
    const again = knows.register('a.procedure');
    ask(new Peer(router), 'wamp.registration.remove_callee', [again, knows.session]);
    expect(knows.take('UNREGISTERED').details).toEqual({ registration: again, reason: 'wamp.error.unregistered' });
    knows.expectNothing();
    ask(new Peer(router), 'wamp.registration.remove_callee', [second, other.session]);
    other.expectNothing();
    expect(news(peer)).toEqual([
      ['on_unregister', knows.session, first],
      ['on_delete', knows.session, first],
      ['on_create', knows.session, expect.objectContaining({ id: again })],
      ['on_register', knows.session, again],
      ['on_unregister', knows.session, again],
      ['on_delete', knows.session, again],
      ['on_unregister', other.session, second],
      ['on_delete', other.session, second],
    ]);
    expect(ask(new Peer(router), 'wamp.registration.remove_callee', [second, other.session])).toBe(
      errorUris.noSuchRegistration,
    );
  });
});

describe('Advanced Profile, Subscription Meta API', () => {
  test('the events come in their order: on_create and on_delete once, on_subscribe and on_unsubscribe for each', () => {
    const third = new Peer(router);
    watch(peer, 'subscription');
    const id = other.subscribe('a..b', 'wildcard');
    third.subscribe('a..b', 'wildcard');
    third.subscribe('a..b', 'wildcard');
    const details = { id, uri: 'a..b', match: 'wildcard', created: expect.stringMatching(/^\d{4}-.*Z$/u) };
    expect(news(peer)).toEqual([
      ['on_create', other.session, details],
      ['on_subscribe', other.session, id],
      ['on_subscribe', third.session, id],
    ]);
    other.request('UNSUBSCRIBE', { subscription: id });
    third.channel.lose();
    expect(news(peer)).toEqual([
      ['on_unsubscribe', other.session, id],
      ['on_unsubscribe', third.session, id],
      ['on_delete', third.session, id],
    ]);
  });

  test('a subscriber has its SUBSCRIBED before it hears of its own subscription', () => {
    peer.request('SUBSCRIBE', { options: {}, topic: 'wamp.subscription.on_subscribe' });
    const { subscription } = peer.take('SUBSCRIBED');
    expect(told(peer)).toEqual([peer.session, subscription]);
  });

  test('one that is leaving hears nothing of what it leaves', () => {
    watch(other, 'subscription');
    watch(other, 'session');
    news(other);
    const before = other.channel.sent.length;
    other.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' });
    expect(other.channel.sent.slice(before).map(({ type }) => type)).toEqual(['GOODBYE']);
  });

  test('list, lookup, match and get find what is subscribed to', () => {
    expect(ask(peer, 'wamp.subscription.match', ['a.b.c'])).toEqual([null]);
    const exact = other.subscribe('a.b.c');
    const prefix = other.subscribe('a.', 'prefix');
    const wildcard = other.subscribe('a..c', 'wildcard');
    expect(ask(peer, 'wamp.subscription.list')).toEqual([{ exact: [exact], prefix: [prefix], wildcard: [wildcard] }]);
    expect(ask(peer, 'wamp.subscription.match', ['a.b.c'])).toEqual([[exact, prefix, wildcard]]);
    expect(ask(peer, 'wamp.subscription.match', ['a.x.c'])).toEqual([[prefix, wildcard]]);
    expect(ask(peer, 'wamp.subscription.lookup', ['a..c', { match: 'wildcard' }])).toEqual([wildcard]);
    expect(ask(peer, 'wamp.subscription.lookup', ['a..c'])).toEqual([null]);
    expect(ask(peer, 'wamp.subscription.get', [prefix])).toMatchObject([{ id: prefix, uri: 'a.', match: 'prefix' }]);
  });

  test('subscribers are listed and counted; of what is not there, nothing', () => {
    const id = other.subscribe('a.topic');
    peer.subscribe('a.topic');
    expect(ask(peer, 'wamp.subscription.list_subscribers', [id])).toEqual([[other.session, peer.session]]);
    expect(ask(peer, 'wamp.subscription.count_subscribers', [id])).toEqual([2]);
    for (const name of ['get', 'list_subscribers', 'count_subscribers'])
      expect(ask(peer, `wamp.subscription.${name}`, [4711])).toBe(errorUris.noSuchSubscription);
  });
});

describe('Advanced Profile, Subscription Revocation', () => {
  const roles = { ...ALL_FEATURES, subscriber: { features: { subscription_revocation: true } } };

  test('a subscriber that knows of revocation is told which subscription it has lost, and why', () => {
    const knows = new Peer(router, { roles });
    const id = knows.subscribe('a.topic');
    expect(ask(peer, 'wamp.subscription.remove_subscriber', [id, knows.session, 'no longer'])).toBe(
      errorUris.invalidUri,
    );
    expect(ask(peer, 'wamp.subscription.remove_subscriber', [id, knows.session, 'com.example.no_longer'])).toEqual([]);
    expect(knows.take('UNSUBSCRIBED')).toMatchObject({
      request: 0,
      details: { subscription: id, reason: 'com.example.no_longer' },
    });
    peer.publish('a.topic');
    knows.expectNothing();
  });

  test('one that does not is only taken out, and others stay', () => {
    other = new Peer(router, { roles: { subscriber: {} } });
    const id = other.subscribe('a.topic');
    peer.subscribe('a.topic');
    watch(peer, 'subscription');
    ask(new Peer(router), 'wamp.subscription.remove_subscriber', [id, other.session]);
    other.expectNothing();
    expect(news(peer)).toEqual([['on_unsubscribe', other.session, id]]);
    expect(ask(peer, 'wamp.subscription.list_subscribers', [id])).toEqual([[peer.session]]);
    expect(ask(peer, 'wamp.subscription.remove_subscriber', [id, other.session])).toBe(errorUris.noSuchSession);
    expect(ask(peer, 'wamp.subscription.remove_subscriber', [4711, other.session])).toBe(errorUris.noSuchSubscription);
  });
});
