import fc from 'fast-check';
import { errorUris, MESSAGES, type Roles } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { featuresWithout, Peer } from './peer.ts';

const { CALL, REGISTER } = MESSAGES;
const UNTOLD = featuresWithout('callee', 'call_canceling');

interface Made {
  readonly concurrency?: number;
  readonly callees?: number;
  readonly waiting?: number;
  readonly roles?: Roles;
}

function setUp({ concurrency = 1, callees: count = 1, waiting = 100, roles }: Made = {}) {
  const clock = fakeClock();
  const router = new Router({ clock, realms: [{ name: 'realm1', maxWaitingCalls: waiting }] });
  const callees = Array.from({ length: count }, () => new Peer(router, roles ? { roles } : {}));
  const register = { concurrency, ...(count > 1 && { invoke: 'roundrobin' as const }) };
  const registrations = callees.map((peer) => peer.register('a.procedure', register));
  const callee = callees[0] as Peer;
  return { clock, router, callees, callee, registration: registrations[0] as number, caller: new Peer(router) };
}
const invocation = (callee: Peer): [request: number, value: unknown] => {
  const { request, payload } = callee.take('INVOCATION');
  return [request, payload?.args[0]];
};

describe('REGISTER with concurrency', () => {
  test('a callee has no more calls at a time than it takes; the others wait, and come in order', () => {
    const { router, caller, callee } = setUp({ concurrency: 2 });
    for (const value of ['a', 'b', 'c', 'd']) caller.call('a.procedure', value);
    const [first] = invocation(callee);
    const [second] = invocation(callee);
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(4);
    callee.yield(second);
    const [third, value] = invocation(callee);
    expect(value).toBe('c');
    callee.expectNothing();
    callee.fail(first, 'com.example.error');
    const [fourth] = invocation(callee);
    for (const request of [third, fourth]) callee.yield(request);
    expect(['RESULT', 'ERROR', 'RESULT', 'RESULT'].map((type) => caller.take(type as 'RESULT').type)).toHaveLength(4);
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('with several callees, those that are free get the calls', () => {
    const { caller, callees } = setUp({ callees: 3 });
    const [a, b, c] = callees as [Peer, Peer, Peer];
    for (let count = 0; count < 4; count++) caller.call('a.procedure', count);
    const requests = [a, b, c].map((peer) => invocation(peer)[0]);
    for (const peer of callees) peer.expectNothing();
    b.yield(requests[1] as number);
    expect(invocation(b)[1]).toBe(3);
    // a's turn would be next, but it has its one call.
    b.yield(2);
    caller.call('a.procedure', 4);
    expect(invocation(b)[1]).toBe(4);
    a.expectNothing();
  });

  test('when as many wait as may, the next gets no_available_callee, and its text says why', () => {
    const { caller, callee } = setUp({ waiting: 2 });
    for (let count = 0; count < 3; count++) caller.call('a.procedure', count);
    const request = caller.call('a.procedure', 'too many');
    const error = caller.take('ERROR');
    expect([error.request, error.error]).toEqual([request, errorUris.noAvailableCallee]);
    expect(error.payload?.args[0]).toMatch(/busy, and 2 calls wait/);
    const values = [0, 1, 2].map(() => {
      const [id, value] = invocation(callee);
      callee.yield(id);
      return value;
    });
    expect(values).toEqual([0, 1, 2]);
    callee.expectNothing();
  });

  test('with maxWaitingCalls 0 nobody waits', () => {
    const { caller, callee } = setUp({ waiting: 0 });
    caller.call('a.procedure');
    expect(caller.takeError(CALL.code, caller.call('a.procedure'))).toBe(errorUris.noAvailableCallee);
    callee.yield(invocation(callee)[0]);
    caller.take('RESULT');
    caller.call('a.procedure');
    invocation(callee);
  });

  test('a concurrency of 0 is refused', () => {
    const { caller } = setUp();
    const request = caller.request('REGISTER', { options: { concurrency: 0 }, procedure: 'b.procedure' });
    expect(caller.takeError(REGISTER.code, request)).toBe(errorUris.invalidArgument);
  });
});

describe('calls that wait for a callee', () => {
  test.each([undefined, 'skip', 'kill', 'killnowait'] as const)('are canceled at once, mode %s', (mode) => {
    const { router, caller, callee } = setUp();
    caller.call('a.procedure', 'first');
    const request = caller.call('a.procedure', 'waits');
    caller.send({ type: 'CANCEL', request, options: mode ? { mode } : {} });
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    callee.yield(invocation(callee)[0]);
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('end when their time is over', () => {
    const { clock, caller, callee } = setUp();
    caller.call('a.procedure', 'first');
    const request = caller.callWith({ timeout: 100 }, 'a.procedure', 'waits');
    clock.advance(100);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    callee.yield(invocation(callee)[0]);
    callee.expectNothing();
  });

  test('go with their caller', () => {
    const { router, caller, callee } = setUp();
    new Peer(router).call('a.procedure', 'first');
    caller.call('a.procedure', 'waits');
    caller.channel.lose();
    expect(router.counts('realm1')?.calls).toBe(1);
    callee.yield(invocation(callee)[0]);
    callee.expectNothing();
  });

  test('get no_available_callee when the last callee is gone', () => {
    for (const end of ['leave', 'unregister'] as const) {
      const { caller, callee, registration } = setUp();
      const first = caller.call('a.procedure', 'first');
      const requests = [caller.call('a.procedure'), caller.callWith({ timeout: 5 }, 'a.procedure')];
      if (end === 'leave') callee.channel.lose();
      else callee.request('UNREGISTER', { registration });
      for (const request of requests) expect(caller.takeError(CALL.code, request)).toBe(errorUris.noAvailableCallee);
      if (end === 'leave') expect(caller.takeError(CALL.code, first)).toBe(errorUris.canceled);
      else {
        callee.yield(invocation(callee)[0]);
        expect(caller.take('RESULT').request).toBe(first);
      }
    }
  });

  test('go to a callee that joins', () => {
    const { router, caller } = setUp({ callees: 2 });
    for (let count = 0; count < 4; count++) caller.call('a.procedure', count);
    const joining = new Peer(router);
    joining.register('a.procedure', { invoke: 'roundrobin', concurrency: 10 });
    expect([invocation(joining)[1], invocation(joining)[1]]).toEqual([2, 3]);
  });

  test('a round robin goes on behind the one that was free, whoever was passed over', () => {
    const { caller, callees } = setUp({ callees: 3 });
    const [a, b, c] = callees as [Peer, Peer, Peer];
    for (const value of [1, 2, 3]) caller.call('a.procedure', value);
    const [[first], , [third]] = [invocation(a), invocation(b), invocation(c)];
    a.yield(first);
    // The turn of a.
    caller.call('a.procedure', 4);
    a.yield(invocation(a)[0]);
    c.yield(third);
    // The turn of b, which is busy: so c, and after it a.
    caller.call('a.procedure', 5);
    c.yield(invocation(c)[0]);
    caller.call('a.procedure', 6);
    expect(invocation(a)[1]).toBe(6);
  });

  test('a call that came back as unavailable waits for the others that are busy', () => {
    const { caller, callees } = setUp({ callees: 2 });
    const [a, b] = callees as [Peer, Peer];
    caller.call('a.procedure', 'first');
    const request = caller.call('a.procedure', 'second');
    b.fail(invocation(b)[0], errorUris.unavailable);
    caller.expectNothing();
    b.expectNothing();
    a.yield(invocation(a)[0]);
    caller.take('RESULT');
    a.yield(invocation(a)[0]);
    expect(caller.take('RESULT').request).toBe(request);
  });

  test('one that only the callee can take which leaves does not wait for ever', () => {
    const { caller, callees } = setUp({ callees: 2 });
    const [a, b] = callees as [Peer, Peer];
    caller.call('a.procedure', 'first');
    const request = caller.call('a.procedure', 'second');
    b.fail(invocation(b)[0], errorUris.unavailable);
    a.channel.lose();
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.noAvailableCallee);
    caller.takeError(CALL.code, 1);
    b.expectNothing();
  });

  test('one with parts to come does not wait', () => {
    const { caller } = setUp();
    caller.call('a.procedure');
    const request = caller.callWith({ progress: true }, 'a.procedure');
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.noAvailableCallee);
    caller.send({ type: 'CALL', request, options: {}, procedure: 'a.procedure' });
    caller.expectNothing();
  });
});

describe('a call that its caller has given up', () => {
  test('keeps its place while a callee that was not interrupted goes on with it', () => {
    const { router, caller, callee } = setUp({ roles: UNTOLD });
    const request = caller.call('a.procedure', 'first');
    caller.call('a.procedure', 'second');
    const [first] = invocation(callee);
    caller.send({ type: 'CANCEL', request, options: {} });
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(1);
    callee.progress(first);
    callee.expectNothing();
    callee.yield(first, 'late');
    caller.expectNothing();
    expect(invocation(callee)[1]).toBe('second');
  });

  test('so it is when its time is over, when its caller leaves, and with mode skip', () => {
    for (const end of ['timeout', 'leave', 'skip'] as const) {
      const { clock, router, caller, callee } = setUp(end === 'skip' ? {} : { roles: UNTOLD });
      const leaving = new Peer(router);
      const request = leaving.callWith({ timeout: 10 }, 'a.procedure', 'first');
      caller.call('a.procedure', 'second');
      const [first] = invocation(callee);
      if (end === 'timeout') clock.advance(10);
      else if (end === 'leave') leaving.channel.lose();
      else leaving.send({ type: 'CANCEL', request, options: { mode: 'skip' } });
      callee.expectNothing();
      callee.fail(first, end === 'leave' ? errorUris.unavailable : 'com.example.error');
      expect(invocation(callee)[1]).toBe('second');
    }
  });

  test('frees its place when the callee was interrupted, and after the INTERRUPT', () => {
    const { caller, callee } = setUp();
    const request = caller.call('a.procedure', 'first');
    caller.call('a.procedure', 'second');
    const [first] = invocation(callee);
    caller.send({ type: 'CANCEL', request, options: {} });
    expect(callee.take('INTERRUPT').request).toBe(first);
    expect(invocation(callee)[1]).toBe('second');
    callee.fail(first, errorUris.canceled);
    callee.expectNothing();
  });

  test('a new call under its id is another call', () => {
    const { caller, callee } = setUp({ roles: UNTOLD });
    const message = { type: 'CALL', request: 7, options: {}, procedure: 'a.procedure' } as const;
    caller.send(message, { type: 'CANCEL', request: 7, options: {} }, message);
    caller.takeError(CALL.code, 7);
    const [first] = invocation(callee);
    callee.yield(first);
    caller.expectNothing();
    callee.yield(invocation(callee)[0], 'second');
    expect(caller.take('RESULT')).toMatchObject({ request: 7, payload: { args: ['second'] } });
  });
});

test('whatever comes in whatever order, no callee has too many, and each call gets one answer', () => {
  const step = fc.record({
    what: fc.constantFrom('call', 'call', 'call', 'answer', 'answer', 'fail', 'unavailable', 'cancel', 'join', 'leave'),
    pick: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const router = new Router({ clock: fakeClock(), realms: [{ name: 'realm1', maxWaitingCalls: 3 }] });
      const caller = new Peer(router);
      const limit = 2;
      /** The callees, what each is at, and how much of what it was sent has been looked at. */
      let callees: { peer: Peer; at: number[]; seen: number }[] = [];
      const open = new Set<number>();
      let seen = 1;
      const look = (): void => {
        for (const one of callees) {
          const { sent } = one.peer.channel;
          for (const message of sent.slice(one.seen)) if (message.type === 'INVOCATION') one.at.push(message.request);
          one.seen = sent.length;
          expect(one.at.length).toBeLessThanOrEqual(limit);
        }
        for (const message of caller.channel.sent.slice(seen)) {
          seen++;
          if (message.type === 'RESULT' || message.type === 'ERROR') expect(open.delete(message.request)).toBe(true);
        }
      };
      for (const { what, pick } of steps) {
        const busy = callees.filter(({ at }) => at.length > 0);
        const one = busy[pick % busy.length];
        if (what === 'call') open.add(caller.call('a.procedure'));
        else if (what === 'join') {
          const peer = new Peer(router, { roles: UNTOLD });
          peer.register('a.procedure', { invoke: 'roundrobin', concurrency: limit });
          callees.push({ peer, at: [], seen: 0 });
        } else if (what === 'leave') {
          const left = callees[pick % callees.length];
          left?.peer.channel.lose();
          callees = callees.filter((other) => other !== left);
        } else if (what === 'cancel') {
          const request = [...open][pick % open.size];
          if (request !== undefined) caller.send({ type: 'CANCEL', request, options: {} });
        } else if (one) {
          const request = one.at.splice(pick % one.at.length, 1)[0] as number;
          if (what === 'answer') one.peer.yield(request);
          else one.peer.fail(request, what === 'fail' ? 'com.example.error' : errorUris.unavailable);
        }
        look();
        expect(router.counts('realm1')?.calls).toBe(open.size);
      }
      for (const { peer } of callees) peer.channel.lose();
      look();
      expect([open.size, router.counts('realm1')?.calls]).toEqual([0, 0]);
    }),
    { numRuns: 300 },
  );
});
