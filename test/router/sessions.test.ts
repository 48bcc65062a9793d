import { closeUris, errorUris, type Message, MESSAGES, type MessageType } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { sampleMessages } from '../../src/testing/sample-messages.ts';
import { ALL_FEATURES, Peer, stranger } from './peer.ts';

const hello = (realm = 'realm1', details: object = {}): Message => ({
  type: 'HELLO',
  realm,
  details: { roles: ALL_FEATURES, ...details },
});
const types = Object.keys(MESSAGES) as MessageType[];

describe('Basic Profile, Session Establishment', () => {
  test('HELLO is answered with WELCOME: a session id, the roles of the router and who the session is', () => {
    const { welcome } = new Peer(new Router());
    expect(welcome.session).toBeGreaterThan(0);
    expect(welcome.details).toMatchObject({
      realm: 'realm1',
      agent: 'rocade',
      authrole: 'anonymous',
      authmethod: 'anonymous',
      authid: expect.any(String),
    });
    expect(Object.keys(welcome.details.roles).sort()).toEqual(['broker', 'dealer']);
  });

  test('every session has an id and an authid of its own', () => {
    const router = new Router();
    const peers = Array.from({ length: 100 }, () => new Peer(router));
    expect(new Set(peers.map(({ session }) => session)).size).toBe(100);
    expect(new Set(peers.map(({ welcome }) => welcome.details.authid)).size).toBe(100);
    expect(router.counts('realm1')).toMatchObject({ sessions: 100 });
  });

  test('a realm that does not exist is refused with no_such_realm, and no session is made', () => {
    const router = new Router({ realms: ['realm1'] });
    const channel = stranger(router);
    channel.deliver(hello('realm2'));
    expect(channel.take('ABORT')).toMatchObject({
      reason: errorUris.noSuchRealm,
      details: { message: expect.stringContaining('realm2') },
    });
    expect(channel.closedWith).toBeDefined();
    expect([router.counts('realm1')?.sessions, router.counts('realm2')]).toEqual([0, undefined]);
  });

  test('a realm that is no URI is refused with invalid_uri', () => {
    const channel = stranger(new Router());
    channel.deliver(hello('not a realm'));
    expect(channel.take('ABORT').reason).toBe(errorUris.invalidUri);
  });

  test.each([{}, { broker: {} }, { other: {} }])('the roles %j are none of a client: protocol violation', (roles) => {
    const channel = stranger(new Router());
    channel.deliver(hello('realm1', { roles }));
    expect(channel.take('ABORT')).toMatchObject({
      reason: errorUris.protocolViolation,
      details: { message: expect.stringMatching(/^HELLO\.details\.roles/) },
    });
    expect(channel.closedWith?.code).toBe(1002);
  });

  test.each([[['anonymous']], [[]], [['ticket', 'anonymous']]])(
    'the authentication methods %j admit an anonymous session',
    (authmethods) => {
      const channel = stranger(new Router());
      channel.deliver(hello('realm1', { authmethods }));
      channel.take('WELCOME');
    },
  );

  test('authentication methods that the realm does not have are refused by name', () => {
    const channel = stranger(new Router());
    channel.deliver(hello('realm1', { authmethods: ['ticket'] }));
    expect(channel.take('ABORT').reason).toBe(errorUris.noMatchingAuthMethod);
  });

  test('realms are worlds of their own', () => {
    const router = new Router({ realms: ['one', 'two'] });
    const [one, two] = [new Peer(router, { realm: 'one' }), new Peer(router, { realm: 'two' })];
    one.subscribe('a.topic');
    one.register('a.procedure');
    two.publish('a.topic', [1]);
    const request = two.call('a.procedure');
    expect(two.takeError(48, request)).toBe(errorUris.noSuchProcedure);
    one.expectNothing();
    expect([router.counts('one'), router.counts('two')]).toMatchObject([
      { sessions: 1, subscriptions: 1, registrations: 1, calls: 0 },
      { sessions: 1, subscriptions: 0, registrations: 0, calls: 0 },
    ]);
  });

  test('a connection that says no HELLO in time is aborted', () => {
    const clock = fakeClock();
    const channel = stranger(new Router({ clock, helloTimeout: 300 }));
    clock.advance(299);
    channel.expectNothingSent();
    clock.advance(1);
    expect(channel.take('ABORT').reason).toBe(errorUris.timeout);
    expect(channel.closedWith).toBeDefined();
    expect(clock.pending).toBe(0);
  });

  test('one that says HELLO in time is left in peace', () => {
    const clock = fakeClock();
    const peer = new Peer(new Router({ clock }));
    expect(clock.pending).toBe(0);
    clock.advance(1e9);
    peer.expectNothing();
  });
});

describe('Basic Profile, Protocol Violations: each message in each state', () => {
  test.each(types.filter((type) => type !== 'HELLO' && type !== 'ABORT'))('%s before HELLO is one', (type) => {
    const router = new Router();
    const channel = stranger(router);
    channel.deliver(sampleMessages[type]);
    const { reason, details } = channel.take('ABORT');
    expect(reason).toBe(errorUris.protocolViolation);
    expect(details.message).toMatch(new RegExp(`^${type}: `));
    expect(channel.closedWith).toMatchObject({ code: 1002, reason: details.message });
  });

  const forbidden = types.filter(
    (type) => MESSAGES[type].from === 'router' || type === 'HELLO' || type === 'AUTHENTICATE',
  );
  test.each(forbidden)('%s of a client that has joined is one', (type) => {
    const router = new Router();
    const [peer, other] = [new Peer(router), new Peer(router)];
    peer.subscribe('a.topic');
    peer.send(sampleMessages[type] as never);
    const { reason, text } = peer.takeAbort();
    expect(reason).toBe(errorUris.protocolViolation);
    expect(text).toMatch(new RegExp(`^${type}: `));
    // Everything of it is gone, and the others do not notice.
    expect(router.counts('realm1')).toMatchObject({ sessions: 1, subscriptions: 0 });
    other.subscribe('a.topic');
  });

  const allowed = types.filter(
    (type) =>
      MESSAGES[type].from !== 'router' &&
      !['HELLO', 'AUTHENTICATE', 'ABORT', 'GOODBYE', 'YIELD', 'ERROR'].includes(type),
  );
  test.each(allowed)('%s of a client that has joined is none', (type) => {
    const router = new Router();
    const peer = new Peer(router);
    peer.send(sampleMessages[type] as never);
    expect(peer.channel.closedWith).toBeUndefined();
  });

  test('what is no message ends the session, with the text of what is wrong', () => {
    const peer = new Peer(new Router());
    peer.channel.violate('CALL.request: expected an id');
    expect(peer.takeAbort()).toEqual({ reason: errorUris.protocolViolation, text: 'CALL.request: expected an id' });
  });

  test.each(types)('%s after the router has said GOODBYE is ignored, unless it ends the session', (type) => {
    const router = new Router();
    const peer = new Peer(router);
    void router.close();
    peer.take('GOODBYE');
    peer.send(sampleMessages[type] as never);
    peer.expectNothing();
  });

  test.each(types)('%s after the client has said GOODBYE is not listened to', (type) => {
    const router = new Router();
    const peer = new Peer(router);
    peer.send({ type: 'GOODBYE', details: {}, reason: closeUris.normal });
    peer.take('GOODBYE');
    peer.send(sampleMessages[type] as never);
    peer.expectNothing();
  });
});

describe('Basic Profile, Session Closing', () => {
  test("a client's GOODBYE is answered once, with goodbye_and_out, and the connection left to the client", () => {
    const clock = fakeClock();
    const router = new Router({ clock });
    const peer = new Peer(router);
    peer.send({ type: 'GOODBYE', details: {}, reason: closeUris.normal });
    expect(peer.take('GOODBYE').reason).toBe(closeUris.goodbyeAndOut);
    peer.expectNothing();
    expect(peer.channel.closedWith).toBeUndefined();
    expect(router.counts('realm1')?.sessions).toBe(0);
    peer.channel.lose({ code: 1000 });
    expect(clock.pending).toBe(0);
  });

  test('one that then forgets to close its connection is helped after a time', () => {
    const clock = fakeClock();
    const peer = new Peer(new Router({ clock, goodbyeTimeout: 700 }));
    peer.send({ type: 'GOODBYE', details: {}, reason: closeUris.normal });
    clock.advance(699);
    expect(peer.channel.closedWith).toBeUndefined();
    clock.advance(1);
    expect(peer.channel.closedWith).toEqual({ code: 1000, reason: '' });
  });

  test('a router that closes meanwhile waits for that, and not for ever', async () => {
    const clock = fakeClock();
    const router = new Router({ clock, goodbyeTimeout: 700 });
    new Peer(router).send({ type: 'GOODBYE', details: {}, reason: closeUris.normal });
    const closed = router.close();
    clock.advance(700);
    await closed;
  });

  test("the router's GOODBYE is system_shutdown, or what it was told to say, and an answer ends the session", async () => {
    for (const reason of [undefined, closeUris.closeRealm]) {
      const router = new Router();
      const peer = new Peer(router);
      const closed = router.close(reason);
      expect(peer.take('GOODBYE').reason).toBe(reason ?? closeUris.systemShutdown);
      expect(peer.channel.closedWith).toBeUndefined();
      peer.send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
      expect(peer.channel.closedWith).toEqual({ code: 1000, reason: '' });
      await closed;
    }
  });

  test('a client that does not answer is cut off after a time', async () => {
    const clock = fakeClock();
    const router = new Router({ clock, goodbyeTimeout: 700 });
    const peers = [new Peer(router), new Peer(router)];
    const closed = router.close();
    clock.advance(700);
    await closed;
    expect(peers.map(({ channel }) => channel.closedWith)).toEqual([
      { code: 1000, reason: '' },
      { code: 1000, reason: '' },
    ]);
    expect(clock.pending).toBe(0);
  });

  test('closing resolves at once without sessions, and any number of times', async () => {
    const router = new Router();
    await Promise.all([router.close(), router.close()]);
    await router.close();
  });

  test('a router that closes aborts who has not joined yet, and accepts nobody new', async () => {
    const clock = fakeClock();
    const router = new Router({ clock });
    const early = stranger(router);
    const closed = router.close();
    expect(early.take('ABORT').reason).toBe(closeUris.systemShutdown);
    await closed;
    const late = stranger(router);
    expect(late.closedWith).toEqual({ code: 1001, reason: 'the router is closing' });
    expect(clock.pending).toBe(0);
  });

  test.each(['before HELLO', 'after WELCOME'])("a client's ABORT %s ends the session without an answer", (when) => {
    const clock = fakeClock();
    const router = new Router({ clock });
    const channel = when === 'before HELLO' ? stranger(router) : new Peer(router).channel;
    channel.deliver({ type: 'ABORT', details: {}, reason: 'wamp.error.cannot_authenticate' });
    channel.expectNothingSent();
    expect(channel.closedWith).toBeDefined();
    expect([clock.pending, router.counts('realm1')?.sessions]).toEqual([0, 0]);
  });

  test.each(['before HELLO', 'after WELCOME'])('a connection that is lost %s leaves nothing behind', async (when) => {
    const clock = fakeClock();
    const router = new Router({ clock });
    const channel = when === 'before HELLO' ? stranger(router) : new Peer(router).channel;
    channel.lose();
    expect([clock.pending, router.counts('realm1')?.sessions]).toEqual([0, 0]);
    await router.close();
  });
});

describe('realms of a router', () => {
  test('have names that are URIs, each once', () => {
    expect(() => new Router({ realms: ['a b'] })).toThrow(/realm/);
    expect(() => new Router({ realms: ['a', 'a'] })).toThrow("the realm 'a' is named twice");
    expect(new Router().realms).toEqual(['realm1']);
    expect(new Router({ realms: ['a', 'b.c'] }).realms).toEqual(['a', 'b.c']);
  });
});
