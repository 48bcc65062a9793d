import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

const { PUBLISH, SUBSCRIBE, UNSUBSCRIBE } = MESSAGES;

type Options = MessageOf<'PUBLISH'>['options'];

/** Some clients of one router, and that. */
function peers(): [Peer, Peer, Peer, Router] {
  const router = new Router();
  return [new Peer(router), new Peer(router), new Peer(router), router];
}

describe('Basic Profile, Subscribing and Unsubscribing', () => {
  test('SUBSCRIBED gives the id of the subscription, the same to all who subscribe to the topic', () => {
    const [a, b] = peers();
    const id = a.subscribe('a.topic');
    expect([b.subscribe('a.topic'), a.subscribe('a.topic')]).toEqual([id, id]);
    expect(b.subscribe('another.topic')).not.toBe(id);
  });

  test('one who subscribes twice gets each event once, and is out with one UNSUBSCRIBE', () => {
    const [a, b] = peers();
    const subscription = a.subscribe('a.topic');
    a.subscribe('a.topic');
    b.publish('a.topic', [1]);
    a.take('EVENT');
    a.expectNothing();
    a.request('UNSUBSCRIBE', { subscription });
    a.take('UNSUBSCRIBED');
    b.publish('a.topic', [2]);
    a.expectNothing();
  });

  test('after UNSUBSCRIBED no event comes, and others keep theirs', () => {
    const [a, b, c] = peers();
    const subscription = a.subscribe('a.topic');
    b.subscribe('a.topic');
    const request = a.request('UNSUBSCRIBE', { subscription });
    expect(a.take('UNSUBSCRIBED')).toEqual({ type: 'UNSUBSCRIBED', request });
    c.publish('a.topic');
    a.expectNothing();
    expect(b.take('EVENT').subscription).toBe(subscription);
  });

  test('what nobody subscribes to any more is forgotten', () => {
    const [a, b, , router] = peers();
    const subscription = a.subscribe('a.topic');
    b.subscribe('a.topic');
    for (const peer of [a, b]) {
      peer.request('UNSUBSCRIBE', { subscription });
      peer.take('UNSUBSCRIBED');
    }
    expect(router.counts('realm1')?.subscriptions).toBe(0);
    expect(a.subscribe('a.topic')).not.toBe(subscription);
  });

  test("UNSUBSCRIBE of what is not there, or is another session's, is no_such_subscription", () => {
    const [a, b] = peers();
    const foreign = b.subscribe('a.topic');
    for (const subscription of [4711, foreign]) {
      const request = a.request('UNSUBSCRIBE', { subscription });
      expect(a.takeError(UNSUBSCRIBE.code, request)).toBe(errorUris.noSuchSubscription);
    }
    a.publish('a.topic');
    expect(b.take('EVENT').subscription).toBe(foreign);
  });

  test.each(['', 'a b', 'a#b', 'a..b', 'a.', '.a'])("the topic '%s' is refused with invalid_uri", (topic) => {
    const [a] = peers();
    const request = a.request('SUBSCRIBE', { options: {}, topic });
    expect(a.takeError(SUBSCRIBE.code, request)).toBe(errorUris.invalidUri);
    expect(a.channel.closedWith).toBeUndefined();
  });

  test('a subscription to the topics of the router is allowed', () => {
    expect(peers()[0].subscribe('wamp.session.on_join')).toBeGreaterThan(0);
  });
});

describe('Basic Profile, Publishing and Events', () => {
  test('an event carries what was published, under the id of the subscription', () => {
    const [a, b] = peers();
    const subscription = a.subscribe('a.topic');
    const args = ['Straße', { deep: [null, 1.5] }, new Uint8Array([0, 255])];
    b.request('PUBLISH', { options: {}, topic: 'a.topic' }, { args, kwargs: { k: [true] } });
    const event = a.take('EVENT');
    expect(event).toMatchObject({ subscription, publication: expect.any(Number), details: {} });
    expect([event.payload?.args, event.payload?.kwargs]).toEqual([args, { k: [true] }]);
  });

  test('an event without a payload has none', () => {
    const [a, b] = peers();
    a.subscribe('a.topic');
    b.request('PUBLISH', { options: {}, topic: 'a.topic' });
    expect(a.take('EVENT').payload).toBeUndefined();
  });

  test('a publication has one id, for the publisher and for all who receive it, and each its own', () => {
    const [a, b, c] = peers();
    a.subscribe('a.topic');
    b.subscribe('a.topic');
    const ids = [1, 2].map(() => {
      c.publish('a.topic', [], { acknowledge: true });
      const { publication } = c.take('PUBLISHED');
      expect([a.take('EVENT').publication, b.take('EVENT').publication]).toEqual([publication, publication]);
      return publication;
    });
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('without acknowledge nothing is answered, whether it is good or bad', () => {
    const [a] = peers();
    a.publish('a.topic');
    a.publish('a.topic', [], { acknowledge: false });
    a.publish('not a uri');
    a.publish('wamp.forbidden');
    a.expectNothing();
    expect(a.channel.closedWith).toBeUndefined();
  });

  test.each([
    ['not a uri', errorUris.invalidUri],
    ['', errorUris.invalidUri],
    ['a..b', errorUris.invalidUri],
    ['wamp.session.on_join', errorUris.invalidUri],
    ['wamp', errorUris.invalidUri],
  ])("with acknowledge the topic '%s' is refused with %s, and delivered to nobody", (topic, uri) => {
    const [a, b] = peers();
    if (topic.startsWith('wamp')) b.subscribe(topic);
    const request = a.publish(topic, [], { acknowledge: true });
    expect(a.takeError(PUBLISH.code, request)).toBe(uri);
    b.expectNothing();
  });

  test('PUBLISHED comes also when nobody listens', () => {
    const [a] = peers();
    const request = a.publish('a.topic', [], { acknowledge: true });
    expect(a.take('PUBLISHED')).toMatchObject({ request, publication: expect.any(Number) });
  });

  test('topics are compared by character: no case, no components', () => {
    const [a, b] = peers();
    for (const topic of ['a.topic', 'a.Topic', 'a', 'a.topic.more', '__proto__', 'constructor']) {
      a.subscribe(topic);
      b.publish(topic, [topic]);
      expect(a.take('EVENT').payload?.args).toEqual([topic]);
      a.expectNothing();
    }
  });
});

describe('Advanced Profile, Publisher Exclusion', () => {
  test.each([
    [{}, 0],
    [{ exclude_me: true }, 0],
    [{ exclude_me: false }, 1],
  ])('with the options %j the publisher gets %i of its own events', (options, count) => {
    const [a, b] = peers();
    for (const peer of [a, b]) peer.subscribe('a.topic');
    a.publish('a.topic', ['mine'], options);
    b.take('EVENT');
    if (count === 1) expect(a.take('EVENT').payload?.args).toEqual(['mine']);
    a.expectNothing();
  });
});

describe('Advanced Profile, Subscriber Black- and Whitelisting', () => {
  /** Three subscribers; who of them gets an event that a fourth publishes with these options? */
  function receivers(options: (all: readonly Peer[]) => Options): number[] {
    const router = new Router();
    const all = Array.from({ length: 3 }, () => new Peer(router));
    for (const peer of all) peer.subscribe('a.topic');
    new Peer(router).publish('a.topic', [1], options(all));
    return all.flatMap(({ channel }, index) => (channel.sent.at(-1)?.type === 'EVENT' ? [index] : []));
  }
  const sessions = (all: readonly Peer[], ...indexes: number[]): number[] =>
    indexes.map((index) => all[index]?.session as number);
  const authids = (all: readonly Peer[], ...indexes: number[]): string[] =>
    indexes.map((index) => all[index]?.welcome.details.authid as string);

  test('exclude keeps an event from sessions, by id, authid or authrole', () => {
    expect(receivers((all) => ({ exclude: sessions(all, 0, 2) }))).toEqual([1]);
    expect(receivers((all) => ({ exclude_authid: authids(all, 1) }))).toEqual([0, 2]);
    expect(receivers(() => ({ exclude_authrole: ['anonymous'] }))).toEqual([]);
    expect(receivers(() => ({ exclude_authrole: ['admin'], exclude: [1], exclude_authid: ['nobody'] }))).toEqual([
      0, 1, 2,
    ]);
  });

  test('eligible admits only those in it', () => {
    expect(receivers((all) => ({ eligible: sessions(all, 0, 2) }))).toEqual([0, 2]);
    expect(receivers((all) => ({ eligible_authid: authids(all, 1) }))).toEqual([1]);
    expect(receivers(() => ({ eligible_authrole: ['anonymous'] }))).toEqual([0, 1, 2]);
    expect(receivers(() => ({ eligible_authrole: ['admin'] }))).toEqual([]);
  });

  test.each(['eligible', 'eligible_authid', 'eligible_authrole'])('an empty list of %s admits nobody', (name) => {
    expect(receivers(() => ({ [name]: [] }))).toEqual([]);
  });

  test.each(['exclude', 'exclude_authid', 'exclude_authrole'])('an empty list of %s excludes nobody', (name) => {
    expect(receivers(() => ({ [name]: [] }))).toEqual([0, 1, 2]);
  });

  test('one has to be in every list of the eligible and in none of the excluded', () => {
    expect(receivers((all) => ({ eligible: sessions(all, 0, 1), eligible_authid: authids(all, 1, 2) }))).toEqual([1]);
    expect(receivers((all) => ({ eligible: sessions(all, 0, 1), exclude: sessions(all, 1) }))).toEqual([0]);
    expect(receivers((all) => ({ exclude: sessions(all, 0), exclude_authid: authids(all, 1) }))).toEqual([2]);
  });

  test('being eligible does not bring the publisher its own event', () => {
    const [a] = peers();
    a.subscribe('a.topic');
    a.publish('a.topic', [1], { eligible: [a.session] });
    a.expectNothing();
    a.publish('a.topic', [2], { eligible: [a.session], exclude_me: false });
    expect(a.take('EVENT').payload?.args).toEqual([2]);
  });
});

describe('sessions that vanish', () => {
  test.each(['lose', 'GOODBYE', 'ABORT', 'violate'] as const)('take their subscriptions with them: %s', (how) => {
    const [a, b, , router] = peers();
    a.subscribe('only.mine');
    a.subscribe('shared');
    b.subscribe('shared');
    if (how === 'lose') a.channel.lose();
    else if (how === 'violate') a.channel.violate();
    else a.send({ type: how, details: {}, reason: 'wamp.close.normal' });
    const before = a.channel.sent.length;
    b.publish('only.mine');
    b.publish('shared', [], { exclude_me: false });
    b.take('EVENT');
    expect(a.channel.sent.length).toBe(before);
    expect(router.counts('realm1')).toMatchObject({ sessions: 2, subscriptions: 1, registrations: 0, calls: 0 });
  });

  test('an event that cannot be written for one subscriber still reaches the others', () => {
    const router = new Router();
    const [writes, publisher, shares] = [
      new Peer(router),
      new Peer(router, { serializer: undefined }),
      new Peer(router, { serializer: undefined }),
    ];
    for (const peer of [writes, shares]) peer.subscribe('a.topic');
    publisher.publish('a.topic', [() => 1], { acknowledge: true });
    publisher.take('PUBLISHED');
    shares.take('EVENT');
    writes.expectNothing();
    publisher.publish('a.topic', [2]);
    expect(writes.take('EVENT').payload?.args).toEqual([2]);
  });
});
