import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

const { CALL } = MESSAGES;
const { unavailable, noAvailableCallee } = errorUris;
type Policy = NonNullable<MessageOf<'REGISTER'>['options']['invoke']>;

function setUp(invoke: Policy, count: number) {
  const clock = fakeClock();
  const router = new Router({ clock });
  const callees = Array.from({ length: count }, () => new Peer(router));
  for (const callee of callees) callee.register('a.procedure', { invoke });
  return { clock, router, callees, caller: new Peer(router) };
}
/** The place of the callee that has an invocation not taken yet, and its id. */
function invoked(callees: readonly Peer[]): [place: number, invocation: number] {
  for (const [place, { channel }] of callees.entries()) {
    if (channel.sent.at(-1)?.type !== 'INVOCATION') continue;
    const { request } = channel.take('INVOCATION');
    // What was sent last is looked at: make it something else.
    callees[place]?.subscribe('a.topic');
    return [place, request];
  }
  throw new Error('nobody was invoked');
}

describe('Advanced Profile, Call Re-Routing', () => {
  test.each([
    ['roundrobin', [0, 1, 2]],
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
  ] as const)('%s: an unavailable callee makes it go to the next; the caller never knows', (invoke, order) => {
    const { router, callees, caller } = setUp(invoke, 3);
    const request = caller.call('a.procedure', 'payload');
    for (const [index, expected] of order.entries()) {
      const [place, invocation] = invoked(callees);
      expect(place).toBe(expected);
      caller.expectNothing();
      if (index < 2) callees[place]?.fail(invocation, unavailable);
      else callees[place]?.yield(invocation, 'done');
    }
    expect(caller.take('RESULT')).toMatchObject({ request, payload: { args: ['done'] } });
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test.each(['roundrobin', 'random', 'first', 'last'] as const)(
    '%s: each is asked once; when all are unavailable the caller gets no_available_callee',
    (invoke) => {
      const { router, callees, caller } = setUp(invoke, 4);
      const request = caller.callWith({ disclose_me: true }, 'a.procedure');
      const asked = callees.map(() => {
        const [place, invocation] = invoked(callees);
        callees[place]?.fail(invocation, unavailable);
        return place;
      });
      expect(asked.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      expect(caller.takeError(CALL.code, request)).toBe(noAvailableCallee);
      caller.expectNothing();
      expect(router.counts('realm1')?.calls).toBe(0);
    },
  );

  test.each([{}, { timeout: 1000 }])('single: no_available_callee at once, options %j', (options) => {
    const { caller, callees } = setUp('single', 1);
    const request = caller.callWith(options, 'a.procedure');
    const [, invocation] = invoked(callees);
    callees[0]?.fail(invocation, unavailable);
    expect(caller.takeError(CALL.code, request)).toBe(noAvailableCallee);
    caller.expectNothing();
  });

  test('the next callee gets the same payload and the same details, under an id of its own', () => {
    const { callees, caller } = setUp('first', 2);
    const [first, second] = callees as [Peer, Peer];
    second.register('b.procedure');
    caller.call('b.procedure');
    second.take('INVOCATION');
    caller.callWith({ disclose_me: true, receive_progress: true }, 'a.procedure', 'x', [1]);
    const invocation = first.take('INVOCATION');
    first.fail(invocation.request, unavailable);
    const next = second.take('INVOCATION');
    expect(next).toMatchObject({ request: 2, details: invocation.details });
    expect(next.payload?.args).toEqual(['x', [1]]);
  });

  test('a callee that joins while it is under way is asked, too', () => {
    const { router, callees, caller } = setUp('first', 1);
    caller.call('a.procedure');
    const [, invocation] = invoked(callees);
    const late = new Peer(router);
    late.register('a.procedure', { invoke: 'first' });
    callees[0]?.fail(invocation, unavailable);
    late.take('INVOCATION');
  });

  test('callees that have left or unregistered by then are not asked', () => {
    const { callees, caller } = setUp('first', 3);
    const request = caller.call('a.procedure');
    const [, invocation] = invoked(callees);
    callees[1]?.channel.lose();
    callees[2]?.channel.lose();
    callees[0]?.fail(invocation, unavailable);
    expect(caller.takeError(CALL.code, request)).toBe(noAvailableCallee);
  });

  test('a call that was canceled is not sent on', () => {
    const { callees, caller } = setUp('first', 2);
    const [first, second] = callees as [Peer, Peer];
    for (const mode of ['kill', 'killnowait'] as const) {
      const request = caller.call('a.procedure');
      const { request: invocation } = first.take('INVOCATION');
      caller.send({ type: 'CANCEL', request, options: { mode } });
      first.take('INTERRUPT');
      first.fail(invocation, unavailable);
      caller.takeError(CALL.code, request);
      caller.expectNothing();
      second.expectNothing();
    }
  });

  test('nor is one of whose result a part has gone out', () => {
    const { callees, caller } = setUp('first', 2);
    const [first, second] = callees as [Peer, Peer];
    const request = caller.callWith({ receive_progress: true }, 'a.procedure');
    const { request: invocation } = first.take('INVOCATION');
    first.progress(invocation, 1);
    caller.take('RESULT');
    first.fail(invocation, unavailable);
    expect(caller.takeError(CALL.code, request)).toBe(noAvailableCallee);
    second.expectNothing();
  });

  test('one that is called in parts goes on to the next with its first, but not with more', () => {
    const { callees, caller } = setUp('first', 3);
    const [first, second, third] = callees as [Peer, Peer, Peer];
    const part = { type: 'CALL', request: 1, options: { progress: true }, procedure: 'a.procedure' } as const;
    caller.send(part);
    first.fail(first.take('INVOCATION').request, unavailable);
    const { request: invocation, details } = second.take('INVOCATION');
    expect(details).toEqual({ progress: true });
    caller.send(part);
    expect(second.take('INVOCATION').request).toBe(invocation);
    second.fail(invocation, unavailable);
    expect(caller.takeError(CALL.code, 1)).toBe(noAvailableCallee);
    third.expectNothing();
  });

  test('its time goes on being measured from the call', () => {
    const { clock, callees, caller } = setUp('first', 2);
    const [first, second] = callees as [Peer, Peer];
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    clock.advance(60);
    first.fail(first.take('INVOCATION').request, unavailable);
    clock.advance(40);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    second.take('INVOCATION');
    second.take('INTERRUPT');
    first.expectNothing();
  });

  test('when its callee was to keep the time itself and the next does not, the router does', () => {
    const { clock, router, caller } = setUp('first', 0);
    const [first, second] = [new Peer(router), new Peer(router)];
    first.register('a.procedure', { invoke: 'first', forward_timeout: true });
    second.register('a.procedure', { invoke: 'first' });
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    clock.advance(1000);
    caller.expectNothing();
    first.fail(first.take('INVOCATION').request, unavailable);
    second.take('INVOCATION');
    clock.advance(100);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    second.take('INTERRUPT');
  });

  test('an answer of the callee that has sent it back settles nothing', () => {
    const { callees, caller } = setUp('first', 2);
    const [first, second] = callees as [Peer, Peer];
    caller.call('a.procedure');
    const { request: invocation } = first.take('INVOCATION');
    first.fail(invocation, unavailable);
    first.yield(invocation, 'too late');
    caller.expectNothing();
    second.yield(second.take('INVOCATION').request, 'mine');
    expect(caller.take('RESULT').payload?.args).toEqual(['mine']);
  });
});
