import fc from 'fast-check';
import { errorUris, MATCH_POLICIES, MESSAGES, type MatchPolicy, matchesUri } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { UriIndex } from '../../src/router/uri-index.ts';
import { Peer, payload } from './peer.ts';

describe('Advanced Profile, Pattern-based Registrations', () => {
  // The specification's example. R2 is a plain string prefix of the fifth call, too, and prefixes go before wildcards.
  const registrations: [name: string, procedure: string, match: MatchPolicy][] = [
    ['R1', 'a1.b2.c3.d4.e55', 'exact'],
    ['R2', 'a1.b2.c3', 'prefix'],
    ['R3', 'a1.b2.c3.d4', 'prefix'],
    ['R4', 'a1.b2..d4.e5', 'wildcard'],
    ['R5', 'a1.b2.c33..e5', 'wildcard'],
    ['R6', 'a1.b2..d4.e5..g7', 'wildcard'],
    ['R7', 'a1.b2..d4..f6.g7', 'wildcard'],
  ];

  test.each([
    ['a1.b2.c3.d4.e55', 'R1'],
    ['a1.b2.c3.d98.e74', 'R2'],
    ['a1.b2.c3.d4.e325', 'R3'],
    ['a1.b2.c55.d4.e5', 'R4'],
    ['a1.b2.c33.d4.e5', 'R2'],
    ['a1.b2.c88.d4.e5.f6.g7', 'R6'],
  ])('a call of %s goes to %s, and the callee is told which procedure it was', (procedure, expected) => {
    const router = new Router();
    const callee = new Peer(router);
    const names = new Map(registrations.map(([name, uri, match]) => [callee.register(uri, { match }), name]));
    new Peer(router).call(procedure, 1);
    const { registration, details } = callee.take('INVOCATION');
    expect(names.get(registration)).toBe(expected);
    expect(details.procedure).toBe(expected === 'R1' ? undefined : procedure);
  });

  test('what no pattern takes in is no_such_procedure', () => {
    const router = new Router();
    const callee = new Peer(router);
    for (const [, procedure, match] of registrations) callee.register(procedure, { match });
    const caller = new Peer(router);
    const request = caller.call('a2.b2.c2.d2.e2');
    expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.noSuchProcedure);
    callee.expectNothing();
  });

  test('the same URI under another policy is another registration', () => {
    const callee = new Peer(new Router());
    const ids = MATCH_POLICIES.map((match) => callee.register('a.b', { match }));
    expect(new Set(ids).size).toBe(3);
  });

  test.each([
    ['wamp.session.nothing', errorUris.noSuchProcedure],
    ['no uri', errorUris.invalidUri],
    ['a..b', errorUris.invalidUri],
  ])('a prefix takes in nothing that nobody may register: %s', (procedure, expected) => {
    const router = new Router();
    const callee = new Peer(router);
    callee.register('', { match: 'prefix' });
    const caller = new Peer(router);
    expect(caller.takeError(MESSAGES.CALL.code, caller.call(procedure))).toBe(expected);
    callee.expectNothing();
  });

  test('a pattern that is unregistered leaves its calls to the next best', () => {
    const router = new Router();
    const [near, far] = [new Peer(router), new Peer(router)];
    far.register('a.', { match: 'prefix' });
    const registration = near.register('a.b.', { match: 'prefix' });
    near.request('UNREGISTER', { registration });
    new Peer(router).call('a.b.c');
    far.take('INVOCATION');
  });
});

describe('Advanced Profile, Pattern-based Subscriptions', () => {
  test('an event is told once for each subscription that takes it in, under one publication id', () => {
    const router = new Router();
    const subscriber = new Peer(router);
    const exact = subscriber.subscribe('a.b.c');
    const prefix = subscriber.subscribe('a.', 'prefix');
    const wildcard = subscriber.subscribe('a..c', 'wildcard');
    subscriber.subscribe('a.b.x', 'prefix');
    new Peer(router).publish('a.b.c', [1]);
    const events = [subscriber.take('EVENT'), subscriber.take('EVENT'), subscriber.take('EVENT')];
    subscriber.expectNothing();
    expect(events.map(({ subscription }) => subscription)).toEqual([exact, prefix, wildcard]);
    expect(new Set(events.map(({ publication }) => publication)).size).toBe(1);
    // Only who cannot know the topic otherwise is told.
    expect(events.map(({ details }) => details.topic)).toEqual([undefined, 'a.b.c', 'a.b.c']);
    expect(events[2]?.payload).toMatchObject(payload(1));
  });

  test('a prefix is a plain string prefix, and the empty one takes in everything', () => {
    const router = new Router();
    const subscriber = new Peer(router);
    subscriber.subscribe('com.a', 'prefix');
    subscriber.subscribe('', 'prefix');
    new Peer(router).publish('com.ab');
    const topics = subscriber.channel.sent.flatMap((message) =>
      message.type === 'EVENT' ? [message.details.topic] : [],
    );
    expect(topics.filter((topic) => topic === 'com.ab')).toHaveLength(2);
    // What the router itself has to say is no exception.
    expect(topics).toContain('wamp.session.on_join');
  });

  test('a wildcard takes in URIs of as many components only', () => {
    const router = new Router();
    const subscriber = new Peer(router);
    subscriber.subscribe('a..', 'wildcard');
    const publisher = new Peer(router);
    for (const topic of ['a.b', 'a.b.c.d', 'b.b.c', 'a.b.c']) publisher.publish(topic);
    expect(subscriber.take('EVENT').details.topic).toBe('a.b.c');
    subscriber.expectNothing();
  });
});

describe('UriIndex', () => {
  const part = fc.constantFrom('a', 'b', 'ab', 'c');
  const uri = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
  const pattern = fc.oneof(
    fc.tuple(uri, fc.constant<MatchPolicy>('exact')),
    fc.tuple(
      uri.map((text) => text.slice(0, Math.ceil(text.length / 2))),
      fc.constant<MatchPolicy>('prefix'),
    ),
    fc.tuple(
      fc.array(fc.option(part, { nil: '' }), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
      fc.constant<MatchPolicy>('wildcard'),
    ),
  );

  test('finds exactly what matches, whatever was put in and taken out before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 40 }), uri, (steps, looked) => {
        const index = new UriIndex<string>();
        const model = new Map<string, [string, MatchPolicy]>();
        for (const [[text, match], add] of steps) {
          const name = `${match} ${text}`;
          if (add) {
            index.set(text, match, name);
            model.set(name, [text, match]);
          } else {
            index.delete(text, match);
            model.delete(name);
          }
          expect(index.get(text, match)).toBe(add ? name : undefined);
        }
        const found: string[] = [];
        index.forEachMatch(looked, (name) => void found.push(name));
        const expected = [...model]
          .filter(([, [text, match]]) => matchesUri(looked, text, match))
          .map(([name]) => name);
        expect(found.toSorted()).toEqual(expected.toSorted());
        const best = index.best(looked);
        if (expected.length === 0) expect(best).toBeUndefined();
        else expect(expected).toContain(best);
        const order = (name: string): number => MATCH_POLICIES.indexOf(name.split(' ')[0] as MatchPolicy);
        for (const name of expected) expect(order(best as string)).toBeLessThanOrEqual(order(name));
      }),
      { numRuns: 2000 },
    );
  });

  test('stays right while thousands come and go', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const parts = (count: number, gaps: boolean): string =>
      Array.from({ length: count }, () => (gaps && random(3) === 0 ? '' : `p${random(6)}`)).join('.');
    const index = new UriIndex<string>();
    const model = new Map<string, [string, MatchPolicy]>();
    for (let step = 1; step <= 20_000; step++) {
      const match = MATCH_POLICIES[random(3)] as MatchPolicy;
      const text = parts(1 + random(6), match === 'wildcard').slice(0, match === 'prefix' ? 1 + random(18) : undefined);
      const name = `${match} ${text}`;
      // First mostly in, then mostly out.
      if (random(10) < (step < 12_000 ? 7 : 2)) {
        index.set(text, match, name);
        model.set(name, [text, match]);
      } else {
        index.delete(text, match);
        model.delete(name);
      }
      if (step % 500 > 0) continue;
      const looked = parts(1 + random(6), false);
      const found: string[] = [];
      index.forEachMatch(looked, (one) => void found.push(one));
      const expected = [...model].filter(([, [one, policy]]) => matchesUri(looked, one, policy)).map(([one]) => one);
      expect(found.toSorted()).toEqual(expected.toSorted());
    }
    for (const [text, match] of model.values()) {
      expect(index.get(text, match)).toBe(`${match} ${text}`);
      index.delete(text, match);
    }
    index.forEachMatch('p1.p1.p1', (one) => expect.unreachable(`${one} is not there any more`));
  });

  test('whoever is told of a match may change what there is', () => {
    const index = new UriIndex<string>();
    const texts: [string, MatchPolicy][] = [
      ['a.b', 'exact'],
      ['a', 'prefix'],
      ['a.', 'prefix'],
      ['.b', 'wildcard'],
      ['a.', 'wildcard'],
    ];
    for (const [text, match] of texts) index.set(text, match, `${match} ${text}`);
    const found: string[] = [];
    index.forEachMatch('a.b', (name) => {
      found.push(name);
      for (const [text, match] of texts) index.delete(text, match);
      index.forEachMatch('a.b', () => expect.unreachable('all of them are gone'));
    });
    expect(found).toEqual(['exact a.b', 'prefix a.', 'prefix a', 'wildcard a.', 'wildcard .b']);
  });

  test('prefers the wildcard with the longer run of components before its first gap', () => {
    const index = new UriIndex<string>();
    for (const text of ['a..c.d', 'a.b..d', '.b.c.d', 'a.b.c.']) index.set(text, 'wildcard', text);
    expect(index.best('a.b.c.d')).toBe('a.b.c.');
    index.delete('a.b.c.', 'wildcard');
    expect(index.best('a.b.c.d')).toBe('a.b..d');
    index.delete('a.b..d', 'wildcard');
    expect(index.best('a.b.c.d')).toBe('a..c.d');
  });
});
