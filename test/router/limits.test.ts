import { type Dict, errorUris } from 'rocade/protocol';
import { type Limits, type ConnectionInfo, Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { featuresWithout, Peer, stranger } from './peer.ts';

const LIMIT = 'rocade.error.limit_exceeded';
const limited = (limits: Partial<Limits>, options = {}): Router => new Router({ limits, ...options });
const from = (router: Router, connection: ConnectionInfo) => ({
  accept: (channel: Parameters<Router['accept']>[0]) => router.accept(channel, connection),
});

describe('limits: each is refused by name, counted, and leaves the others alone', () => {
  test('subscriptions of a session', () => {
    const router = limited({ maxSubscriptions: 2 });
    const [peer, other] = [new Peer(router), new Peer(router)];
    const id = peer.subscribe('a');
    peer.subscribe('b');
    const request = peer.request('SUBSCRIBE', { options: {}, topic: 'c' });
    const error = peer.take('ERROR');
    expect([error.request, error.error, error.payload?.args]).toEqual([
      request,
      LIMIT,
      ['maxSubscriptions: at most 2'],
    ]);
    other.subscribe('c');
    peer.request('UNSUBSCRIBE', { subscription: id });
    peer.take('UNSUBSCRIBED');
    peer.subscribe('c');
    expect(router.stats.limits.maxSubscriptions).toBe(1);
  });

  test('registrations of a session', () => {
    const router = limited({ maxRegistrations: 1 });
    const [peer, other] = [new Peer(router), new Peer(router)];
    peer.register('a');
    const request = peer.request('REGISTER', { options: {}, procedure: 'b' });
    expect(peer.takeError(64, request)).toBe(LIMIT);
    other.register('b');
    expect(router.stats.limits.maxRegistrations).toBe(1);
  });

  test('calls of a session that are not answered', () => {
    const router = limited({ maxPendingCalls: 1 });
    const [peer, callee] = [new Peer(router), new Peer(router)];
    callee.register('a');
    peer.call('a');
    expect(peer.takeError(48, peer.call('a'))).toBe(LIMIT);
    callee.yield(callee.take('INVOCATION').request);
    peer.take('RESULT');
    peer.call('a');
    callee.take('INVOCATION');
    expect(router.stats.limits.maxPendingCalls).toBe(1);
  });

  test('calls that are not answered yet, of which further parts are none more', () => {
    const router = limited({ maxPendingCalls: 1 });
    const [peer, callee] = [new Peer(router), new Peer(router)];
    callee.register('a');
    const part = { type: 'CALL', request: 5, options: { progress: true }, procedure: 'a' } as const;
    peer.send(part, part, { ...part, options: {} });
    for (let count = 0; count < 3; count++) callee.take('INVOCATION');
    peer.expectNothing();
  });

  test('calls that wait for a callee, which get the error that they would get without a queue', () => {
    const router = limited({}, { realms: [{ name: 'realm1', maxWaitingCalls: 1 }] });
    const [peer, callee] = [new Peer(router), new Peer(router)];
    callee.register('a', { concurrency: 1 });
    for (let count = 0; count < 2; count++) peer.call('a');
    expect(peer.takeError(48, peer.call('a'))).toBe(errorUris.noAvailableCallee);
    expect(router.stats.limits.maxWaitingCalls).toBe(1);
  });

  test('octets of calls that wait, until they have gone on', () => {
    const router = limited({ maxPendingCallBytes: 1000 });
    const [peer, callee] = [new Peer(router), new Peer(router)];
    callee.register('a', { concurrency: 1 });
    const text = 'x'.repeat(600);
    for (let count = 0; count < 2; count++) peer.call('a', text);
    expect(peer.takeError(48, peer.call('a', text))).toBe(errorUris.noAvailableCallee);
    expect(router.stats.limits.maxPendingCallBytes).toBe(1);
    callee.yield(callee.take('INVOCATION').request);
    peer.take('RESULT');
    peer.call('a', text);
    for (let count = 0; count < 2; count++) {
      callee.yield(callee.take('INVOCATION').request);
      peer.take('RESULT');
    }
    callee.expectNothing();
  });

  test('octets of calls that may go to another callee: those that do not fit go to one alone', () => {
    const router = limited({ maxPendingCallBytes: 1000 });
    const [peer, one, other] = [new Peer(router), new Peer(router), new Peer(router)];
    for (const callee of [one, other]) callee.register('a', { invoke: 'first' });
    const text = 'x'.repeat(600);
    for (let count = 0; count < 2; count++) peer.call('a', text);
    for (let count = 0; count < 2; count++) one.fail(one.take('INVOCATION').request, errorUris.unavailable);
    expect(other.take('INVOCATION').payload?.args).toEqual([text]);
    expect(peer.take('ERROR').error).toBe(errorUris.noAvailableCallee);
    expect(router.stats.limits.maxPendingCallBytes).toBe(1);
    // Nothing is left of the first, so that another fits.
    other.yield(1);
    peer.take('RESULT');
    peer.call('a', text);
    one.fail(one.take('INVOCATION').request, errorUris.unavailable);
    expect(other.take('INVOCATION').payload?.args).toEqual([text]);
  });

  test('octets of the options of calls, known or not', () => {
    const router = limited({ maxPendingCallBytes: 1000 });
    const [peer, callee] = [new Peer(router), new Peer(router)];
    callee.register('a');
    peer.callWith({ x_own: 'x'.repeat(2000) }, 'a');
    expect(peer.takeError(48, peer.callWith({ timeout: 10 }, 'a'))).toBe(LIMIT);
    peer.call('a');
    callee.yield(callee.take('INVOCATION').request);
    peer.take('RESULT');
    peer.callWith({ timeout: 10 }, 'a');
    for (let count = 0; count < 2; count++) callee.take('INVOCATION');
    expect(router.stats.limits.maxPendingCallBytes).toBe(1);
  });

  test('testaments, and the octets of all that they came in', () => {
    const router = limited({ maxTestaments: 2, maxTestamentBytes: 1000 });
    const peer = new Peer(router);
    const procedure = 'wamp.session.add_testament';
    const add = (options: Dict): number =>
      peer.request('CALL', { options: {}, procedure }, { args: ['a'], kwargs: { publish_options: options } });
    expect(peer.takeError(48, add({ x_own: 'x'.repeat(1000) }))).toBe(LIMIT);
    expect(peer.takeError(48, add({ eligible_authid: ['x'.repeat(1000)] }))).toBe(LIMIT);
    for (let count = 0; count < 2; count++) {
      add({});
      peer.take('RESULT');
    }
    expect(peer.takeError(48, add({}))).toBe(LIMIT);
    expect(router.stats.limits).toMatchObject({ maxTestaments: 1, maxTestamentBytes: 2 });
  });

  test('of calls that a session has given up, no more keep the place of another than it may have pending', () => {
    const router = limited({ maxPendingCalls: 3 });
    const [peer, callee] = [new Peer(router), new Peer(router, { roles: featuresWithout('callee', 'call_canceling') })];
    callee.register('a', { concurrency: 5 });
    for (let count = 0; count < 20; count++) {
      const request = peer.call('a');
      callee.take('INVOCATION');
      peer.send({ type: 'CANCEL', request, options: {} });
      peer.take('ERROR');
    }
  });

  test('what the router asks for those who log in is held to none', async () => {
    const router = limited(
      { maxPendingCalls: 1 },
      { realms: [{ name: 'realm1', auth: { methods: ['ticket'], principals: { procedure: 'authenticate' } } }] },
    );
    const authenticator = new Peer(from(router, { identity: {} }));
    authenticator.register('authenticate');
    const strangers = ['alice', 'bob'].map((authid) => {
      const channel = stranger(router);
      channel.deliver({
        type: 'HELLO',
        realm: 'realm1',
        details: { roles: { caller: {} }, authmethods: ['ticket'], authid },
      });
      channel.take('CHALLENGE');
      channel.deliver({ type: 'AUTHENTICATE', signature: 's3cret', extra: {} });
      return channel;
    });
    for (const request of [1, 2]) {
      await authenticator.channel.next('INVOCATION');
      authenticator.yield(request, 'user');
    }
    for (const channel of strangers) expect((await channel.next('WELCOME')).type).toBe('WELCOME');
  });

  test('sessions in all, also before they have said HELLO', () => {
    const router = limited({ maxSessions: 2 });
    const peer = new Peer(router);
    const waiting = stranger(router);
    const refused = stranger(router);
    expect(refused.take('ABORT')).toMatchObject({ reason: LIMIT, details: { message: 'maxSessions: at most 2' } });
    expect(refused.closedWith?.code).toBe(1013);
    waiting.lose();
    new Peer(router);
    expect(router.stats).toMatchObject({ sessions: 2, limits: { maxSessions: 1 } });
    peer.subscribe('a');
  });

  test('sessions of an address; those without one are not counted', () => {
    const router = limited({ maxSessionsPerAddress: 1 });
    const first = new Peer(from(router, { peer: '10.0.0.1' }));
    new Peer(from(router, { peer: '10.0.0.2' }));
    for (let i = 0; i < 3; i++) new Peer(router);
    const refused = stranger(from(router, { peer: '10.0.0.1' }));
    expect(refused.take('ABORT').reason).toBe(LIMIT);
    first.channel.lose();
    new Peer(from(router, { peer: '10.0.0.1' }));
    expect(router.stats.limits.maxSessionsPerAddress).toBe(1);
  });

  test('messages in a second: faster ones wait, in their order', () => {
    const clock = fakeClock();
    const router = limited({ maxMessagesPerSecond: 10 }, { clock });
    const [peer, other] = [new Peer(router), new Peer(router)];
    other.subscribe('a');
    const heard = (): unknown[] => {
      const values: unknown[] = [];
      for (;;) {
        try {
          values.push(other.take('EVENT').payload?.args[0]);
        } catch {
          return values;
        }
      }
    };
    for (let i = 0; i < 20; i++) peer.publish('a', [i]);
    // HELLO was the first of ten.
    expect(heard()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    clock.advance(100);
    expect(heard()).toEqual([9]);
    clock.advance(1000);
    expect(heard()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(router.stats.limits.maxMessagesPerSecond).toBeGreaterThan(0);
    peer.channel.lose();
    clock.advance(5000);
    expect(clock.pending).toBe(0);
  });

  test('a session that was made to wait for its rate and has vanished is not there for long', () => {
    const clock = fakeClock();
    const router = limited({ maxMessagesPerSecond: 10 }, { clock });
    const [peer, other] = [new Peer(router), new Peer(router)];
    other.subscribe('a');
    for (let i = 0; i < 1000; i++) peer.publish('a', [i]);
    peer.channel.lose();
    // What it has sent just before is heard.
    clock.advance(9900);
    expect(other.channel.sent.filter(({ type }) => type === 'EVENT').length).toBeGreaterThan(90);
    expect(router.stats.sessions).toBe(2);
    clock.advance(100);
    expect(router.stats.sessions).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('messages in a second are more for a role that says so, and any number for those who are trusted', () => {
    const clock = fakeClock();
    const everything = [{ uri: '', match: 'prefix', allow: ['call'] }] as const;
    const roles = {
      visitor: everything,
      service: { permissions: everything, maxMessagesPerSecond: 0 },
      slow: { maxMessagesPerSecond: 2 },
    };
    const router = limited(
      { maxMessagesPerSecond: 10 },
      {
        clock,
        realms: [
          { name: 'realm1', roles },
          { name: 'realm2', administrators: ['admin'] },
        ],
      },
    );
    const answered = (realm: string, authrole?: string): number => {
      const peer = new Peer(from(router, { identity: authrole === undefined ? {} : { authrole } }), { realm });
      for (let count = 0; count < 50; count++) peer.call('wamp.session.count');
      return peer.channel.sent.filter(({ type }) => type !== 'WELCOME').length;
    };
    expect(answered('realm1', 'visitor')).toBe(9);
    expect(answered('realm1', 'slow')).toBe(2);
    expect(answered('realm1', 'service')).toBe(50);
    expect(answered('realm1')).toBe(50);
    expect(answered('realm2')).toBe(50);
    expect(() => new Router({ realms: [{ name: 'realm1', roles: { slow: { maxMessagesPerSecond: -1 } } }] })).toThrow(
      'maxMessagesPerSecond',
    );
  });

  test('violations and failed logins are counted', () => {
    const router = new Router();
    new Peer(router).channel.violate();
    const channel = stranger(router);
    channel.deliver({ type: 'HELLO', realm: 'realm1', details: { roles: { caller: {} }, authmethods: ['ticket'] } });
    expect(channel.take('ABORT').reason).toBe(errorUris.noMatchingAuthMethod);
    expect(router.stats).toMatchObject({ violations: 1, failedLogins: 1, droppedEvents: 0 });
  });

  test('limits that are none are refused when the router is made', () => {
    expect(() => limited({ maxSessions: 0 })).toThrow('limits.maxSessions: expected a positive number');
    expect(() => limited({ maxSession: 1 } as never)).toThrow("limits: there is none called 'maxSession'");
    expect(() => new Router({ slowSubscribers: 'ignore' as never })).toThrow('slowSubscribers');
  });
});

describe('limits: a session that reads too slowly', () => {
  /** A subscriber, a publisher and somebody who hears of what is dropped. */
  const scene = (slowSubscribers: 'disconnect' | 'drop') => {
    const clock = fakeClock();
    const router = limited({ maxQueuedBytes: 1000 }, { slowSubscribers, clock, goodbyeTimeout: 500 });
    const [slow, publisher, watcher] = [new Peer(router), new Peer(router), new Peer(router)];
    let waiting = 0;
    Object.defineProperty(slow.channel, 'bufferedAmount', { get: () => waiting });
    let dropped = 0;
    Object.assign(slow.channel, { drop: () => void dropped++ });
    slow.subscribe('a');
    slow.register('a.procedure');
    watcher.subscribe('a');
    watcher.subscribe('wamp.session.on_events_dropped');
    const publish = (value: unknown): void => void publisher.publish('a', [value]);
    const told = (): unknown[] => {
      const [event, ...others] = watcher.channel.sent.filter(
        (message) => message.type === 'EVENT' && message.payload?.args.length === 2,
      );
      return [event, ...others].map((message) => message?.type === 'EVENT' && message.payload?.args);
    };
    return {
      ...{ clock, router, slow, publisher, watcher, publish, told },
      wait: (octets: number) => void (waiting = octets),
      drops: () => dropped,
    };
  };

  test('is dropped after a time, and nobody else loses anything', async () => {
    const { clock, router, slow, watcher, publish, wait, drops } = scene('disconnect');
    wait(1001);
    for (let i = 0; i < 5; i++) publish(i);
    // It is ended after the publication was delivered.
    await Promise.resolve();
    expect(slow.takeAbort()).toEqual({
      reason: LIMIT,
      text: 'maxQueuedBytes: at most 1000; this session reads too slowly',
    });
    expect(slow.channel.closedWith?.code).toBe(1013);
    for (let i = 0; i < 5; i++) expect(watcher.take('EVENT').payload?.args).toEqual([i]);
    expect(router.counts('realm1')).toMatchObject({ sessions: 2, registrations: 0 });
    expect(router.stats.limits.maxQueuedBytes).toBe(1);
    clock.advance(499);
    expect(drops()).toBe(0);
    clock.advance(1);
    expect(drops()).toBe(1);
  });

  test('or loses events until it has caught up, which is counted and told', () => {
    const { router, slow, publish, told, wait } = scene('drop');
    publish('early');
    wait(1001);
    for (let i = 0; i < 5; i++) publish(i);
    wait(1000);
    publish('late');
    expect([slow.take('EVENT'), slow.take('EVENT')].map(({ payload }) => payload?.args)).toEqual([['early'], ['late']]);
    slow.expectNothing();
    expect(told()).toEqual([
      [slow.session, 1],
      [slow.session, 5],
    ]);
    expect(router.stats).toMatchObject({ droppedEvents: 5, limits: { maxQueuedBytes: 1 } });
  });

  test('gets its answers and invocations all the same, up to four times as much', async () => {
    const { slow, publisher, wait } = scene('drop');
    wait(4000);
    publisher.call('a.procedure');
    slow.take('INVOCATION');
    wait(4001);
    const request = publisher.call('a.procedure');
    await Promise.resolve();
    expect(slow.takeAbort().reason).toBe(LIMIT);
    // Whoever has called it hears of that.
    expect([publisher.take('ERROR'), publisher.take('ERROR')].map(({ error }) => error)).toEqual([
      errorUris.canceled,
      errorUris.canceled,
    ]);
    expect(request).toBe(2);
  });
});

describe('limits that are kept elsewhere are counted here, too', () => {
  test('messages too large, as the transport says', () => {
    const router = new Router();
    const peer = new Peer(router);
    peer.channel.lose({ code: 1009, reason: 'too large' });
    expect(router.stats.oversized).toBe(1);
  });

  test('HELLO and logins that take too long', () => {
    const clock = fakeClock();
    const auth = { principals: { alice: { role: 'user', ticket: 'right' } } };
    const router = new Router({ clock, helloTimeout: 100, authTimeout: 200, realms: [{ name: 'realm1', auth }] });
    const [silent, slow] = [stranger(router), stranger(router)];
    const details = { roles: { caller: {} }, authmethods: ['ticket'], authid: 'alice' };
    slow.deliver({ type: 'HELLO', realm: 'realm1', details });
    clock.advance(100);
    expect(silent.take('ABORT').reason).toBe(errorUris.timeout);
    expect(router.stats.timeouts).toBe(1);
    clock.advance(100);
    expect(router.stats.timeouts).toBe(2);
  });
});
