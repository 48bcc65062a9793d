import type { Serializer } from 'rocade';
import type { MatchPolicy, MessageOf } from 'rocade/protocol';
import { type RealmOptions, Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { batched, cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { Peer } from './peer.ts';

// Specification: Advanced Profile, "Event Retention".

type Options = MessageOf<'PUBLISH'>['options'];

function routerWith(retention: RealmOptions['retention'] = {}): Router {
  return new Router({ realms: [{ name: 'realm1', retention }] });
}

function retain(peer: Peer, topic: string, ...[value, options = {}]: [value: unknown, options?: Options]): number {
  peer.publish(topic, [value], { ...options, retain: true, acknowledge: true });
  return peer.take('PUBLISHED').publication;
}

/** What a subscription brings right away. */
function retained(peer: Peer, topic: string, match: MatchPolicy = 'exact'): MessageOf<'EVENT'>[] {
  const before = peer.channel.sent.length;
  peer.request('SUBSCRIBE', { options: { match, get_retained: true }, topic });
  peer.take('SUBSCRIBED');
  return Array.from({ length: peer.channel.sent.length - before - 1 }, () => peer.take('EVENT'));
}
const valuesOf = (events: readonly MessageOf<'EVENT'>[]): unknown[] => events.map(({ payload }) => payload?.args[0]);

describe('keeping and giving out', () => {
  test('who subscribes later and asks for it gets the newest event, after SUBSCRIBED, as it was published', () => {
    const router = routerWith();
    const publisher = new Peer(router);
    retain(publisher, 'a.topic', 'old');
    const publication = retain(publisher, 'a.topic', 'new', { disclose_me: true });
    publisher.publish('a.topic', ['not kept']);
    const subscriber = new Peer(router);
    const events = retained(subscriber, 'a.topic');
    expect(events).toMatchObject([
      { publication, details: { retained: true, publisher: publisher.session }, payload: { args: ['new'] } },
    ]);
    expect(events[0]?.details.topic).toBeUndefined();
    // Later ones are ordinary again.
    publisher.publish('a.topic', ['next']);
    expect(subscriber.channel.sent.at(-1)).toMatchObject({ type: 'EVENT', details: {}, payload: { args: ['next'] } });
  });

  test('without get_retained nothing comes', () => {
    const router = routerWith();
    retain(new Peer(router), 'a.topic', 1);
    const subscriber = new Peer(router);
    subscriber.subscribe('a.topic');
    subscriber.expectNothing();
  });

  test('each SUBSCRIBE that asks is given it, also of one who has subscribed already', () => {
    const router = routerWith();
    retain(new Peer(router), 'a.topic', 1);
    const subscriber = new Peer(router);
    expect([valuesOf(retained(subscriber, 'a.topic')), valuesOf(retained(subscriber, 'a.topic'))]).toEqual([[1], [1]]);
  });

  test('one who subscribes to a pattern gets the newest of every topic in it, and is told which', () => {
    const router = routerWith();
    const publisher = new Peer(router);
    for (const topic of ['a.b.c', 'a.x.c', 'b.b.c', 'a.b']) retain(publisher, topic, topic);
    retain(publisher, 'a.b.c', 'again');
    const events = retained(new Peer(router), 'a..c', 'wildcard');
    // Those published first come first.
    expect(events.map(({ details, payload }) => [details.topic, payload?.args[0]])).toEqual([
      ['a.x.c', 'a.x.c'],
      ['a.b.c', 'again'],
    ]);
    expect(valuesOf(retained(new Peer(router), 'a.b', 'prefix'))).toEqual(['a.b', 'again']);
  });

  test('an event is kept whether or not anybody listens, and stays when the publisher leaves', () => {
    const router = routerWith();
    const publisher = new Peer(router);
    retain(publisher, 'a.topic', 1);
    publisher.channel.lose();
    expect(valuesOf(retained(new Peer(router), 'a.topic'))).toEqual([1]);
    expect(router.counts('realm1')).toMatchObject({ retained: 1, retainedDropped: 0 });
  });

  test('a realm keeps its own', () => {
    const router = new Router({ realms: ['realm1', 'realm2'] });
    retain(new Peer(router), 'a.topic', 1);
    expect(retained(new Peer(router, { realm: 'realm2' }), 'a.topic')).toEqual([]);
  });

  const serializers: [string, () => Serializer][] = [
    ['JSON', jsonWire],
    ['batched JSON', () => batched(jsonWire())],
    ['MessagePack', msgpackWire],
    ['CBOR', cborWire],
  ];
  test.each(serializers)('what was published in %s reaches subscribers in all serializers', (_, serializer) => {
    const router = routerWith();
    const value = { text: 'Straße €', octets: new Uint8Array([0, 255]), deep: [null, 1.5] };
    const publisher = new Peer(router, { serializer: serializer() });
    publisher.request('PUBLISH', { options: { retain: true }, topic: 'a.topic' }, { args: [value], kwargs: { k: 1 } });
    for (const [, other] of serializers) {
      const [event] = retained(new Peer(router, { serializer: other() }), 'a.topic');
      expect([event?.payload?.args, event?.payload?.kwargs]).toEqual([[value], { k: 1 }]);
    }
  });
});

describe('restrictions', () => {
  test('an event goes to none but those who would have got it when it was published', () => {
    const router = routerWith();
    const [publisher, one, two] = [new Peer(router), new Peer(router), new Peer(router)];
    retain(publisher, 'a.topic', 'for one', { eligible: [one.session] });
    retain(publisher, 'b.topic', 'not for two', { exclude_authid: [two.welcome.details.authid as string] });
    retain(publisher, 'c.topic', 'for nobody', { eligible: [] });
    retain(publisher, 'd.topic', 'for admins', { eligible_authrole: ['admin'] });
    expect(valuesOf(retained(one, '', 'prefix').filter(({ details }) => details.retained))).toEqual([
      'for one',
      'not for two',
    ]);
    expect(valuesOf(retained(two, '', 'prefix').filter(({ details }) => details.retained))).toEqual([]);
  });

  test('who may not have the newest gets the newest of those that it may have', () => {
    const router = routerWith();
    const [publisher, one, two] = [new Peer(router), new Peer(router), new Peer(router)];
    retain(publisher, 'a.topic', 'for all');
    retain(publisher, 'a.topic', 'for one', { eligible: [one.session] });
    expect([valuesOf(retained(one, 'a.topic')), valuesOf(retained(two, 'a.topic'))]).toEqual([
      ['for one'],
      ['for all'],
    ]);
    retain(publisher, 'a.topic', 'new for all');
    expect(valuesOf(retained(new Peer(router), 'a.topic'))).toEqual(['new for all']);
    expect(router.counts('realm1')?.retained).toBe(1);
  });

  test('one for the same receivers takes the place of the one before, and only so many others are kept', () => {
    const router = routerWith();
    const publisher = new Peer(router);
    const peers = Array.from({ length: 20 }, () => new Peer(router));
    retain(publisher, 'a.topic', 'for all');
    for (const value of ['first', 'second'])
      for (const { session } of peers) retain(publisher, 'a.topic', value, { eligible: [session] });
    // Of the first for want of room, and one for each of the second.
    expect(router.counts('realm1')).toMatchObject({ retained: 17, retainedDropped: 4 + 20 });
    expect(peers.map((peer) => valuesOf(retained(peer, 'a.topic'))[0])).toEqual([
      ...Array.from({ length: 4 }, () => 'for all'),
      ...Array.from({ length: 16 }, () => 'second'),
    ]);
  });

  test('a publisher gets its own only where it would have got it', () => {
    const router = routerWith();
    const publisher = new Peer(router);
    retain(publisher, 'a.topic', 1);
    retain(publisher, 'b.topic', 2, { exclude_me: false });
    expect(valuesOf(retained(publisher, 'a.topic'))).toEqual([]);
    expect(valuesOf(retained(publisher, 'b.topic'))).toEqual([2]);
  });

  test('what is refused is not kept', () => {
    const router = new Router({ realms: [{ name: 'realm1', disclosure: 'never' }] });
    const publisher = new Peer(router);
    publisher.publish('a.topic', [1], { retain: true, disclose_me: true });
    publisher.publish('wamp.topic', [1], { retain: true });
    expect(router.counts('realm1')?.retained).toBe(0);
  });
});

describe('bounds', () => {
  test('beyond the number of events those set longest ago go, and are counted', () => {
    const router = routerWith({ maxEvents: 2 });
    const publisher = new Peer(router);
    for (const topic of ['a', 'b', 'a', 'c']) retain(publisher, topic, topic);
    expect([retained(new Peer(router), 'b').length, valuesOf(retained(new Peer(router), 'a'))]).toEqual([0, ['a']]);
    expect(router.counts('realm1')).toMatchObject({ retained: 2, retainedDropped: 1 });
  });

  test('beyond the octets too; one that is too large by itself is not kept, and neither is what it replaces', () => {
    const router = routerWith({ maxBytes: 5000 });
    const publisher = new Peer(router);
    for (const topic of ['a', 'b', 'c']) retain(publisher, topic, 'x'.repeat(2000));
    expect(router.counts('realm1')).toMatchObject({ retained: 2, retainedDropped: 1 });
    retain(publisher, 'c', 'x'.repeat(6000));
    expect(retained(new Peer(router), 'c')).toEqual([]);
    expect(router.counts('realm1')).toMatchObject({ retained: 1, retainedDropped: 2 });
  });

  test('values from within the process count as well', () => {
    const router = routerWith({ maxBytes: 5000 });
    const publisher = new Peer(router, { serializer: undefined });
    retain(publisher, 'a', [{ text: 'x'.repeat(2000), octets: new Uint8Array(2000), number: 1 }]);
    retain(publisher, 'b', ['x'.repeat(1000)]);
    expect(router.counts('realm1')).toMatchObject({ retained: 1, retainedDropped: 1 });
  });

  test('lists of receivers and what is told besides count as well', () => {
    const router = routerWith({ maxBytes: 5000 });
    const publisher = new Peer(router);
    retain(publisher, 'a', 1, { eligible_authid: ['x'.repeat(2000)] });
    retain(publisher, 'b', 1, { enc_algo: 'mqtt', enc_key: 'x'.repeat(6000) });
    expect(router.counts('realm1')).toMatchObject({ retained: 0, retainedDropped: 2 });
  });

  test('a realm may keep none at all', () => {
    const router = routerWith({ maxEvents: 0 });
    retain(new Peer(router), 'a.topic', 1);
    expect(router.counts('realm1')).toMatchObject({ retained: 0, retainedDropped: 0 });
  });

  test.each([{ maxEvents: -1 }, { maxBytes: 1.5 }])('%j is refused', (retention) => {
    expect(() => routerWith(retention)).toThrow(/^realm 'realm1', retention\.max.*: expected an integer from 0/u);
  });
});
