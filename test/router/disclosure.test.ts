import { errorUris, MESSAGES } from 'rocade/protocol';
import { type Disclosure, Router, type TrustRule } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

/** What a subscriber is told of an event, besides what was published. */
function toldOf(realm: { disclosure?: Disclosure; trustLevels?: TrustRule[] }, disclose_me?: boolean) {
  const router = new Router({ realms: [{ name: 'realm1', ...realm }] });
  const [publisher, subscriber] = [new Peer(router), new Peer(router)];
  subscriber.subscribe('a.topic');
  publisher.publish('a.topic', [1], disclose_me === undefined ? {} : { disclose_me });
  const { authid, authrole } = publisher.welcome.details;
  return {
    details: subscriber.take('EVENT').details,
    disclosed: { publisher: publisher.session, publisher_authid: authid, publisher_authrole: authrole },
  };
}

describe('Advanced Profile, Publisher Identification', () => {
  test.each([
    [undefined, undefined, false],
    [undefined, false, false],
    [undefined, true, true],
    ['ask', true, true],
    ['always', undefined, true],
    ['always', false, true],
    ['never', undefined, false],
    ['never', false, false],
  ] as const)('in a realm with disclosure %s and with disclose_me %s the publisher is told: %s', (policy, me, told) => {
    const { details, disclosed } = toldOf(policy ? { disclosure: policy } : {}, me);
    expect(details).toEqual(told ? disclosed : {});
  });

  test('a realm that never discloses refuses those who ask, and delivers nothing', () => {
    const router = new Router({ realms: [{ name: 'realm1', disclosure: 'never' }] });
    const [publisher, subscriber] = [new Peer(router), new Peer(router)];
    subscriber.subscribe('a.topic');
    const request = publisher.publish('a.topic', [1], { disclose_me: true, acknowledge: true });
    expect(publisher.takeError(MESSAGES.PUBLISH.code, request)).toBe(errorUris.discloseMeDisallowed);
    publisher.publish('a.topic', [1], { disclose_me: true });
    publisher.expectNothing();
    subscriber.expectNothing();
  });

  test('who has subscribed to a pattern is told the topic as well', () => {
    const router = new Router();
    const [publisher, subscriber] = [new Peer(router), new Peer(router)];
    subscriber.subscribe('a.', 'prefix');
    publisher.publish('a.topic', [1], { disclose_me: true });
    expect(subscriber.take('EVENT').details).toMatchObject({ topic: 'a.topic', publisher: publisher.session });
  });
});

describe('Advanced Profile, Publication Trust Levels', () => {
  test('the first rule that fits the role and the topic decides', () => {
    const levelWith = (...trustLevels: TrustRule[]): unknown => toldOf({ trustLevels }).details.trustlevel;
    expect(levelWith()).toBeUndefined();
    expect(levelWith({ level: 0 })).toBe(0);
    expect(levelWith({ level: 3, authrole: 'anonymous', uri: 'a.', match: 'prefix' }, { level: 1 })).toBe(3);
    expect(levelWith({ level: 3, authrole: 'service' }, { level: 2, uri: 'a.topic' })).toBe(2);
    expect(levelWith({ level: 3, uri: 'a' }, { level: 2, uri: 'b.topic' })).toBeUndefined();
  });

  test('with disclosure, both are told', () => {
    const { details, disclosed } = toldOf({ disclosure: 'always', trustLevels: [{ level: 2 }] });
    expect(details).toEqual({ ...disclosed, trustlevel: 2 });
  });
});

describe('options of a realm that make no sense', () => {
  test.each([
    [{ name: 'a b' }, "realm: expected a URI such as 'com.example.name'"],
    [
      { name: 'realm1', disclosure: 'sometimes' as Disclosure },
      `realm 'realm1', disclosure: expected one of ask, always, never, got "sometimes"`,
    ],
    [
      { name: 'realm1', trustLevels: [{ level: -1 }] },
      "realm 'realm1', trustLevels[0].level: expected an integer from 0",
    ],
    [
      { name: 'realm1', trustLevels: [{ level: 1 }, { level: 1, uri: 'a..b' }] },
      "realm 'realm1', trustLevels[1].uri: expected a URI or a pattern for exact",
    ],
    [
      { name: 'realm1', trustLevels: [{ level: 1, uri: 'a', match: 'regexp' as 'exact' }] },
      "realm 'realm1', trustLevels[0].match: expected one of exact, prefix, wildcard",
    ],
  ])('%j is refused with a sentence', (realm, sentence) => {
    expect(() => new Router({ realms: [realm] })).toThrow(sentence);
  });
});

describe('Advanced Profile, Authorization: disclosure by permission', () => {
  const published = (disclose: 'always' | 'never' | undefined, options: { disclose_me?: boolean }) => {
    const permission = { uri: 'a.', match: 'prefix', allow: ['call', 'publish', 'subscribe'] } as const;
    const roles = { anonymous: [{ ...permission, ...(disclose && { disclose }) }] };
    const router = new Router({ realms: [{ name: 'realm1', roles }] });
    const [publisher, other] = [new Peer(router), new Peer(router)];
    other.subscribe('a.topic');
    publisher.publish('a.topic', [], options);
    return { publisher, other };
  };

  test('is as the sender asks for it, without anything said', () => {
    expect(published(undefined, {}).other.take('EVENT').details.publisher).toBeUndefined();
    const { publisher, other } = published(undefined, { disclose_me: true });
    expect(other.take('EVENT').details.publisher).toBe(publisher.session);
  });

  test('may be forced', () => {
    const { publisher, other } = published('always', {});
    expect(other.take('EVENT').details.publisher).toBe(publisher.session);
  });

  test('may be refused', () => {
    expect(published('never', {}).other.take('EVENT').details.publisher).toBeUndefined();
    const { publisher, other } = published('never', { disclose_me: true });
    other.expectNothing();
    const options = { disclose_me: true };
    const request = publisher.request('PUBLISH', { options: { ...options, acknowledge: true }, topic: 'a.topic' });
    expect(publisher.takeError(16, request)).toBe(errorUris.discloseMeDisallowed);
    const call = publisher.request('CALL', { options, procedure: 'a.procedure' });
    expect(publisher.takeError(48, call)).toBe(errorUris.discloseMeDisallowed);
  });

  // Whether somebody is told who publishes, or calls, where it asks for that and where it does not.
  test.each([
    ['always', 'never', [true, true]],
    ['always', 'always', [true, true]],
    ['ask', 'never', [false, true]],
    ['ask', 'always', [false, true]],
    ['never', 'always', [false, 'refused']],
    ['never', 'ask', [false, 'refused']],
    [undefined, 'always', [true, true]],
    [undefined, 'never', [false, 'refused']],
  ] as const)('a permission that says %s goes before a realm that says %s', (disclose, disclosure, expected) => {
    const allow = ['call', 'register', 'publish', 'subscribe'] as const;
    const permission = { uri: '', match: 'prefix', allow, ...(disclose && { disclose }) } as const;
    const router = new Router({ realms: [{ name: 'realm1', disclosure, roles: { anonymous: [permission] } }] });
    const [sender, other] = [new Peer(router), new Peer(router)];
    other.subscribe('a.topic');
    other.register('a.procedure');
    const refusedBy = (): boolean => sender.channel.sent.at(-1)?.type === 'ERROR';
    const outcomes = [{}, { disclose_me: true }].map((options) => {
      sender.publish('a.topic', [], { ...options, acknowledge: true });
      const published = refusedBy() ? 'refused' : other.take('EVENT').details.publisher === sender.session;
      sender.callWith(options, 'a.procedure');
      const called = refusedBy() ? 'refused' : other.take('INVOCATION').details.caller === sender.session;
      expect(called).toBe(published);
      return called;
    });
    expect(outcomes).toEqual(expected);
  });

  test.each([
    ['never', false],
    ['ask', true],
  ] as const)(
    'a callee that wants to know of each caller is told of one whose permission says %s: %s',
    (disclose, told) => {
      const permission = { uri: '', match: 'prefix', allow: ['call', 'register'], disclose } as const;
      const router = new Router({ realms: [{ name: 'realm1', roles: { anonymous: [permission] } }] });
      const [caller, callee] = [new Peer(router), new Peer(router)];
      callee.register('a.procedure', { disclose_caller: true });
      caller.call('a.procedure');
      expect(callee.take('INVOCATION').details.caller).toBe(told ? caller.session : undefined);
    },
  );
});
