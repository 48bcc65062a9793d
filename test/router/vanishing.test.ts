import { errorUris, MESSAGES } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { ALL_FEATURES, Peer } from './peer.ts';

// Specification: Basic Profile, "Caller Leaving", "Callee Leaving"; Advanced Profile, "Call Canceling".

/** The ways for a session to end. */
const WAYS = {
  'losing the connection': (peer) => peer.channel.lose(),
  'a GOODBYE': (peer) => peer.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' }),
  'an ABORT': (peer) => peer.send({ type: 'ABORT', details: {}, reason: 'com.example.enough' }),
  'a protocol violation': (peer) => peer.channel.violate(),
} satisfies Record<string, (peer: Peer) => void>;
const ways = Object.entries(WAYS) as [string, (peer: Peer) => void][];

function trio(): { router: Router; caller: Peer; callee: Peer; other: Peer } {
  const router = new Router();
  const [caller, callee, other] = [new Peer(router), new Peer(router), new Peer(router)];
  callee.register('a.procedure');
  return { router, caller, callee, other };
}

describe.each(ways)('a callee that goes by %s', (_, leave) => {
  test('takes its registrations with it, and the procedures are free', () => {
    const { router, caller, callee } = trio();
    callee.register('b.procedure');
    leave(callee);
    expect(router.counts('realm1')?.registrations).toBe(0);
    expect(caller.takeError(MESSAGES.CALL.code, caller.call('a.procedure'))).toBe(errorUris.noSuchProcedure);
    caller.register('a.procedure');
  });

  test('has its callers told, each call once, with canceled', () => {
    const { router, caller, callee, other } = trio();
    const requests = [caller.call('a.procedure'), caller.call('a.procedure')];
    const another = other.call('a.procedure');
    leave(callee);
    for (const request of requests) expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.canceled);
    expect(other.takeError(MESSAGES.CALL.code, another)).toBe(errorUris.canceled);
    caller.expectNothing();
    other.expectNothing();
    expect(router.counts('realm1')).toMatchObject({ sessions: 2, subscriptions: 0, registrations: 0, calls: 0 });
  });

  test('ends calls that were being cancelled too', () => {
    const { router, caller, callee } = trio();
    const request = caller.call('a.procedure');
    caller.send({ type: 'CANCEL', request, options: { mode: 'kill' } });
    leave(callee);
    expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.canceled);
    expect(router.counts('realm1')?.calls).toBe(0);
  });
});

describe.each(ways)('a caller that goes by %s', (_, leave) => {
  test('has its callees interrupted, and their late answers dropped', () => {
    const { router, caller, callee } = trio();
    caller.call('a.procedure');
    caller.call('a.procedure');
    const invocations = [callee.take('INVOCATION').request, callee.take('INVOCATION').request];
    leave(caller);
    for (const request of invocations) {
      expect(callee.take('INTERRUPT')).toMatchObject({ request, options: { mode: 'killnowait' } });
    }
    expect(router.counts('realm1')).toMatchObject({ sessions: 2, subscriptions: 0, registrations: 1, calls: 0 });
    for (const request of invocations) callee.yield(request, 'late');
    callee.expectNothing();
    expect(callee.channel.closedWith).toBeUndefined();
  });

  test('does not have a callee interrupted that cannot be', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router, { roles: { ...ALL_FEATURES, callee: {} } })];
    callee.register('a.procedure');
    caller.call('a.procedure');
    callee.take('INVOCATION');
    leave(caller);
    callee.expectNothing();
  });

  test('does not have a callee interrupted twice', () => {
    const { caller, callee } = trio();
    const request = caller.call('a.procedure');
    callee.take('INVOCATION');
    caller.send({ type: 'CANCEL', request, options: { mode: 'kill' } });
    callee.take('INTERRUPT');
    leave(caller);
    callee.expectNothing();
  });
});

describe('a session that calls itself', () => {
  test.each(ways)('and goes by %s leaves no call behind', (_, leave) => {
    const { router, callee } = trio();
    callee.call('a.procedure');
    leave(callee);
    expect(router.counts('realm1')).toMatchObject({ sessions: 2, subscriptions: 0, registrations: 0, calls: 0 });
  });

  test('hears how the call ended before GOODBYE, and nothing after it', () => {
    const { callee } = trio();
    const request = callee.call('a.procedure');
    callee.take('INVOCATION');
    callee.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' });
    expect(callee.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.canceled);
    callee.take('GOODBYE');
    callee.expectNothing();
  });
});

describe('a session that has subscribed to what is told of registrations and subscriptions', () => {
  test('is told nothing of what its own leaving takes away, but the others are', () => {
    const { callee, other } = trio();
    const topics = ['registration.on_unregister', 'registration.on_delete', 'subscription.on_unsubscribe'];
    for (const peer of [callee, other]) for (const topic of topics) peer.subscribe(`wamp.${topic}`);
    const [before, othersBefore] = [callee.channel.sent.length, other.channel.sent.length];
    callee.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' });
    expect(callee.channel.sent.slice(before).map(({ type }) => type)).toEqual(['GOODBYE']);
    expect(other.channel.sent.slice(othersBefore).map(({ type }) => type)).toEqual(Array(5).fill('EVENT'));
  });
});

describe('a router that closes', () => {
  test('tells callers how their calls ended before it says GOODBYE', () => {
    const { router, caller, callee } = trio();
    const request = caller.call('a.procedure');
    callee.take('INVOCATION');
    void router.close();
    const types = caller.channel.sent.slice(1).map(({ type }) => type);
    // Whether the call or the callee went first.
    expect([['GOODBYE'], ['ERROR', 'GOODBYE']]).toContainEqual(types);
    if (types.length === 2) expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.canceled);
    caller.take('GOODBYE');
    expect(callee.channel.sent.at(-1)?.type).toBe('GOODBYE');
    expect(router.counts('realm1')).toMatchObject({ sessions: 0, subscriptions: 0, registrations: 0, calls: 0 });
  });
});

describe('a result that cannot be written for the caller', () => {
  test('becomes an error, since the caller has to have an answer', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router, { serializer: undefined })];
    callee.register('a.procedure');
    const request = caller.call('a.procedure');
    callee.yield(callee.take('INVOCATION').request, () => 1);
    expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.invalidPayload);
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('so does an error whose arguments cannot be', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router, { serializer: undefined })];
    callee.register('a.procedure');
    const request = caller.call('a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    const payload = { args: [Symbol('x')], kwargs: undefined };
    callee.send({
      type: 'ERROR',
      requestType: 68,
      request: invocation,
      details: {},
      error: 'com.example.error',
      payload,
    });
    expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.invalidPayload);
  });

  test('and arguments that cannot be written for the callee are refused, and use up no id', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router, { serializer: undefined }), new Peer(router)];
    callee.register('a.procedure');
    const request = caller.call('a.procedure', () => 1);
    expect(caller.takeError(MESSAGES.CALL.code, request)).toBe(errorUris.invalidPayload);
    caller.call('a.procedure', 1);
    expect(callee.take('INVOCATION').request).toBe(1);
    callee.expectNothing();
  });
});
