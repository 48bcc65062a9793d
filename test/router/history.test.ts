import { errorUris, type MatchPolicy, type MessageOf } from 'rocade/protocol';
import { type HistoryTopic, type Permission, Router } from 'rocade/router';
import { type FakeClock, fakeClock } from 'rocade/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { msgpackWire } from '../../src/serializers/index.ts';
import { Peer } from './peer.ts';

// Specification: Advanced Profile, "Event History".

type Kwargs = Record<string, unknown>;
interface Shown {
  timestamp: string;
  subscription: number;
  publication: number;
  details: Record<string, unknown>;
  args?: unknown[];
  kwargs?: Kwargs;
}

let clock: FakeClock;
let router: Router;
let publisher: Peer;
let asker: Peer;

function routerWith(topics: readonly HistoryTopic[]): Router {
  clock = fakeClock();
  router = new Router({ clock, realms: [{ name: 'realm1', history: { topics } }] });
  publisher = new Peer(router);
  asker = new Peer(router);
  return router;
}

beforeEach(() => void routerWith([{ topic: 'log.', match: 'prefix' }]));

function publish(topic: string, value: unknown, options: MessageOf<'PUBLISH'>['options'] = {}): number {
  publisher.publish(topic, [value], { ...options, acknowledge: true });
  return publisher.take('PUBLISHED').publication;
}

/** The events of a subscription as they are shown. */
async function events(subscription: number, kwargs?: Kwargs, peer = asker): Promise<Shown[]> {
  peer.request('CALL', { options: {}, procedure: 'wamp.subscription.get_events' }, { args: [subscription], kwargs });
  const { payload } = await peer.channel.next('RESULT');
  return (payload?.args ?? []) as Shown[];
}

async function error(subscription: unknown, kwargs?: Kwargs, peer = asker): Promise<[string, unknown]> {
  peer.request('CALL', { options: {}, procedure: 'wamp.subscription.get_events' }, { args: [subscription], kwargs });
  const answered = await peer.channel.next('ERROR');
  return [answered.error, answered.payload?.args[0]];
}

const valuesOf = (shown: readonly Shown[]): unknown[] => shown.map(({ args }) => args?.[0]);
const subscriptionTo = (topic: string, match: MatchPolicy = 'exact'): number =>
  new Peer(router).subscribe(topic, match);

describe('what is kept', () => {
  test("the specification's example: each subscription has its own publications", async () => {
    routerWith([{ topic: 'com.mycompany.log', match: 'prefix' }]);
    const [auth, basket, all] = [
      asker.subscribe('com.mycompany.log.auth'),
      asker.subscribe('com.mycompany.log.basket'),
      asker.subscribe('com.mycompany.log', 'prefix'),
    ];
    asker = new Peer(router);
    for (const [index, name] of ['auth', 'basket', 'basket', 'basket', 'checkout'].entries())
      publish(`com.mycompany.log.${name}`, index + 1);
    expect(valuesOf(await events(auth))).toEqual([1]);
    expect(valuesOf(await events(basket))).toEqual([2, 3, 4]);
    expect(valuesOf(await events(all))).toEqual([1, 2, 3, 4, 5]);
  });

  test('an event is shown as it was published, with its time and the id of the subscription that was asked for', async () => {
    const subscription = subscriptionTo('log.', 'prefix');
    const start = Date.now();
    clock.advance(1500);
    publisher.request(
      'PUBLISH',
      { options: { acknowledge: true, disclose_me: true }, topic: 'log.a' },
      { args: ['Straße', new Uint8Array([0, 255])], kwargs: { k: 1 } },
    );
    const { publication } = publisher.take('PUBLISHED');
    publisher.request('PUBLISH', { options: {}, topic: 'log.b' });
    const [full, empty] = await events(subscription);
    expect(full).toMatchObject({
      subscription,
      publication,
      details: { topic: 'log.a', publisher: publisher.session },
      args: ['Straße', new Uint8Array([0, 255])],
      kwargs: { k: 1 },
    });
    expect(Math.abs(Date.parse(full?.timestamp ?? '') - start - 1500)).toBeLessThan(60_000);
    expect(Object.keys(empty ?? {})).toEqual(['timestamp', 'subscription', 'publication', 'details']);
  });

  test('whoever asks in another serializer gets the same', async () => {
    const subscription = subscriptionTo('log.', 'prefix');
    publish('log.a', { octets: new Uint8Array([1, 2]), text: 'é' });
    const other = new Peer(router, { serializer: msgpackWire() });
    expect(valuesOf(await events(subscription, {}, other))).toEqual([{ octets: new Uint8Array([1, 2]), text: 'é' }]);
  });

  test('a subscription is there before anybody subscribes, and stays when all have left', async () => {
    publish('log.a', 1);
    asker.request(
      'CALL',
      { options: {}, procedure: 'wamp.subscription.lookup' },
      { args: ['log.', { match: 'prefix' }], kwargs: undefined },
    );
    const subscription = asker.take('RESULT').payload?.args[0] as number;
    expect(valuesOf(await events(subscription))).toEqual([1]);
    const visitor = new Peer(router);
    expect(visitor.subscribe('log.', 'prefix')).toBe(subscription);
    visitor.channel.lose();
    publish('log.a', 2);
    expect(valuesOf(await events(subscription))).toEqual([1, 2]);
  });

  test('subscriptions within a pattern that is kept have a history; others say that they have none', async () => {
    routerWith([{ topic: 'log.', match: 'prefix' }, { topic: 'a..c', match: 'wildcard' }, { topic: 'one' }]);
    for (const topic of ['log.x.y', 'a.b.c', 'one']) publish(topic, topic);
    for (const [topic, match, expected] of [
      ['log.x.y', 'exact', ['log.x.y']],
      ['log.x', 'prefix', ['log.x.y']],
      ['log..y', 'wildcard', ['log.x.y']],
      ['a.b.c', 'exact', ['a.b.c']],
      ['a.b.', 'wildcard', undefined],
      ['a..c', 'wildcard', ['a.b.c']],
      ['one', 'exact', ['one']],
      ['one', 'prefix', undefined],
      ['.x.y', 'wildcard', undefined],
      ['lo', 'prefix', undefined],
      ['two', 'exact', undefined],
    ] as const) {
      const subscription = subscriptionTo(topic, match);
      if (expected) expect(valuesOf(await events(subscription))).toEqual(expected);
      else expect((await error(subscription))[0]).toBe(errorUris.historyUnavailable);
    }
  });

  test('a realm without history says so', async () => {
    router = new Router();
    asker = new Peer(router);
    expect(await error(asker.subscribe('a.topic'))).toEqual([
      errorUris.historyUnavailable,
      "this realm keeps no history of 'a.topic' (exact)",
    ]);
  });

  test('only the newest are kept, by number and by octets', async () => {
    routerWith([
      { topic: 'few', maxEvents: 100 },
      { topic: 'small', maxBytes: 3000 },
    ]);
    const [few, small] = [subscriptionTo('few'), subscriptionTo('small')];
    for (let index = 0; index < 350; index++) publish('few', index);
    for (const letter of ['a', 'b', 'c']) publish('small', letter.repeat(1000));
    expect(valuesOf(await events(few))).toEqual(Array.from({ length: 100 }, (_, index) => 250 + index));
    expect(valuesOf(await events(small)).map((text) => (text as string)[0])).toEqual(['b', 'c']);
    // One that has no room by itself costs the others nothing.
    publish('small', 'd'.repeat(4000));
    expect(valuesOf(await events(small)).map((text) => (text as string)[0])).toEqual(['b', 'c']);
  });
});

describe('conditions', () => {
  let subscription: number;
  let ids: number[];
  /** RFC 3339 of the moment of the event with this value. */
  let timeOf: (value: number) => string;

  beforeEach(async () => {
    subscription = subscriptionTo('log.', 'prefix');
    ids = [];
    for (let value = 0; value < 6; value++) {
      ids.push(publish(value % 2 ? 'log.odd' : 'log.even', value));
      clock.advance(1000);
    }
    const all = await events(subscription);
    timeOf = (value) => all[value]?.timestamp as string;
  });

  test.each<[string, () => Kwargs, number[]]>([
    ['none', () => ({}), [0, 1, 2, 3, 4, 5]],
    ['limit', () => ({ limit: 2 }), [0, 1]],
    ['reverse', () => ({ reverse: true }), [5, 4, 3, 2, 1, 0]],
    ['limit in reverse', () => ({ reverse: true, limit: 2 }), [5, 4]],
    ['topic', () => ({ topic: 'log.odd' }), [1, 3, 5]],
    ['a topic that there is not', () => ({ topic: 'log.none' }), []],
    ['from_time', () => ({ from_time: timeOf(4) }), [4, 5]],
    ['after_time', () => ({ after_time: timeOf(4) }), [5]],
    ['before_time', () => ({ before_time: timeOf(2) }), [0, 1]],
    ['until_time', () => ({ until_time: timeOf(2) }), [0, 1, 2]],
    ['from_publication', () => ({ from_publication: ids[3] }), [3, 4, 5]],
    ['after_publication', () => ({ after_publication: ids[3] }), [4, 5]],
    ['before_publication', () => ({ before_publication: ids[2] }), [0, 1]],
    ['until_publication', () => ({ until_publication: ids[2] }), [0, 1, 2]],
    ['a publication that there is not', () => ({ after_publication: 4711 }), []],
    ['two pages', () => ({ after_publication: ids[1], limit: 2 }), [2, 3]],
    ['two pages in reverse', () => ({ before_publication: ids[3], reverse: true, limit: 2 }), [2, 1]],
    [
      'all at once',
      () => ({ from_time: timeOf(1), before_publication: ids[5], topic: 'log.odd', reverse: true, limit: 5 }),
      [3, 1],
    ],
    ['nulls', () => ({ limit: null, from_time: null, topic: null }), [0, 1, 2, 3, 4, 5]],
  ])('%s', async (_, kwargs, expected) => {
    expect(valuesOf(await events(subscription, kwargs()))).toEqual(expected);
  });

  test('times may have another zone, or fractions', async () => {
    const inZone = new Date(Date.parse(timeOf(3)) + 2 * 3600_000).toISOString().replace('Z', '+02:00');
    expect(valuesOf(await events(subscription, { from_time: inZone }))).toEqual([3, 4, 5]);
    expect(valuesOf(await events(subscription, { from_time: timeOf(3).toLowerCase() }))).toEqual([3, 4, 5]);
  });

  test('the answer says whether there would have been more', async () => {
    for (const [limit, more] of [
      [5, true],
      [6, false],
    ] as const) {
      asker.request(
        'CALL',
        { options: {}, procedure: 'wamp.subscription.get_events' },
        { args: [subscription], kwargs: { limit } },
      );
      expect((await asker.channel.next('RESULT')).payload?.kwargs).toEqual({ is_limit_reached: more });
    }
  });

  test.each<[Kwargs, string]>([
    [{ limit: 0 }, 'limit: expected positive integer, got 0'],
    [{ limit: '5' }, 'limit: expected positive integer, got "5"'],
    [{ reverse: 1 }, 'reverse: expected boolean, got 1'],
    [{ from_time: 'yesterday' }, "from_time: expected a time as in RFC 3339, got 'yesterday'"],
    [{ until_time: '2026-13-01T00:00:00Z' }, "until_time: expected a time as in RFC 3339, got '2026-13-01T00:00:00Z'"],
    [{ after_publication: 0.5 }, 'after_publication: expected id, got 0.5'],
    [{ topic: 'a b' }, 'topic: expected URI, got "a b"'],
  ])('%j is an invalid argument', async (kwargs, sentence) => {
    expect(await error(subscription, kwargs)).toEqual([errorUris.invalidArgument, sentence]);
  });

  test('a subscription that there is not', async () => {
    expect((await error(4711))[0]).toBe(errorUris.noSuchSubscription);
    expect((await error('log.'))[0]).toBe(errorUris.invalidArgument);
  });
});

describe('who may see it', () => {
  test('what was for some roles or users only is filtered by who asks', async () => {
    const subscription = subscriptionTo('log.a');
    const { authid } = asker.welcome.details;
    publish('log.a', 'admins', { eligible_authrole: ['admin'] });
    publish('log.a', 'not me', { exclude_authid: [authid as string] });
    publish('log.a', 'me', { eligible_authid: [authid as string], eligible_authrole: ['anonymous'] });
    publish('log.a', 'all');
    expect(valuesOf(await events(subscription))).toEqual(['me', 'all']);
    expect(valuesOf(await events(subscription, {}, new Peer(router)))).toEqual(['not me', 'all']);
  });

  test('what named sessions is not kept at all', async () => {
    const subscription = subscriptionTo('log.a');
    publish('log.a', 1, { exclude: [asker.session] });
    publish('log.a', 2, { eligible: [asker.session] });
    expect(await events(subscription)).toEqual([]);
  });

  test('who may not subscribe may not ask', async () => {
    router = new Router({
      realms: [
        {
          name: 'realm1',
          history: { topics: [{ topic: 'secret' }] },
          roles: { anonymous: [{ uri: 'wamp.', match: 'prefix', allow: ['call'] }] },
        },
      ],
    });
    asker = new Peer(router);
    expect((await error(1))[0]).toBe(errorUris.notAuthorized);
  });

  test('who may subscribe to a topic may not ask for the pattern that is written like it', async () => {
    const anonymous: readonly Permission[] = [
      { uri: 'wamp.', match: 'prefix', allow: ['call'] },
      { uri: 'secret', allow: ['subscribe'] },
    ];
    const topics: readonly HistoryTopic[] = [{ topic: 'secret', match: 'prefix' }, { topic: 'secret' }];
    router = new Router({ realms: [{ name: 'realm1', history: { topics }, roles: { anonymous } }] });
    asker = new Peer(router);
    expect((await error(1))[0]).toBe(errorUris.notAuthorized);
    expect(await events(2)).toEqual([]);
  });
});

describe('options that make no sense', () => {
  test.each<[HistoryTopic[], string]>([
    [[{ topic: 'a..b' }], "realm 'realm1', history.topics[0].topic: expected a URI or a pattern for exact"],
    [[{ topic: 'a', match: 'glob' as 'exact' }], "realm 'realm1', history.topics[0].match: expected one of"],
    [[{ topic: 'a', maxEvents: 0 }], "realm 'realm1', history.topics[0].maxEvents: expected an integer from 1"],
    [[{ topic: 'a' }, { topic: 'a' }], "realm 'realm1', history.topics[1]: 'a' (exact) is there already"],
  ])('%j is refused', (topics, sentence) => {
    expect(() => routerWith(topics)).toThrow(sentence);
  });
});
