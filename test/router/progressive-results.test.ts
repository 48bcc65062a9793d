import { errorUris, MESSAGES, type Roles } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { featuresWithout, Peer } from './peer.ts';

const { CALL } = MESSAGES;

/** A call that asked for parts, at its callee. */
function setUp(options = { receive_progress: true }, roles?: Roles) {
  const router = new Router();
  const caller = new Peer(router);
  const callee = new Peer(router, roles ? { roles } : {});
  callee.register('a.procedure');
  const request = caller.callWith(options, 'a.procedure');
  const { request: invocation, details } = callee.take('INVOCATION');
  return { router, caller, callee, request, invocation, details };
}
/** The parts and the whole that a caller has got. */
const results = (caller: Peer, count: number): unknown[] =>
  Array.from({ length: count }, () => {
    const { request, details, payload } = caller.take('RESULT');
    return [request, details.progress ?? false, payload?.args];
  });

describe('Advanced Profile, Progressive Call Results', () => {
  test('parts go to the caller at once and in order, and the whole ends the call', () => {
    const { router, caller, callee, request, invocation, details } = setUp();
    expect(details).toEqual({ receive_progress: true });
    callee.progress(invocation, 1);
    expect(results(caller, 1)).toEqual([[request, true, [1]]]);
    callee.progress(invocation, 2);
    callee.yield(invocation, 3);
    expect(results(caller, 2)).toEqual([
      [request, true, [2]],
      [request, false, [3]],
    ]);
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('parts that come after the end are dropped, and are no fault', () => {
    const { caller, callee, invocation } = setUp();
    callee.yield(invocation);
    caller.take('RESULT');
    callee.progress(invocation, 'late');
    caller.expectNothing();
    expect(callee.channel.closedWith).toBeUndefined();
  });

  test('an error may end it as well', () => {
    const { caller, callee, request, invocation } = setUp();
    callee.progress(invocation, 1);
    callee.fail(invocation, 'com.example.error');
    results(caller, 1);
    expect(caller.takeError(CALL.code, request)).toBe('com.example.error');
  });

  test.each([{}, { receive_progress: false }])('a caller with the options %j gets no parts', (options) => {
    const { caller, callee, invocation, details } = setUp(options as { receive_progress: boolean });
    expect(details).toEqual({});
    callee.progress(invocation, 'part');
    caller.expectNothing();
    callee.yield(invocation, 'whole');
    expect(results(caller, 1)).toMatchObject([[1, false, ['whole']]]);
  });

  test.each(['progressive_call_results', 'call_canceling'])(
    'a callee that has not announced %s is not asked for parts',
    (feature) => {
      const { caller, callee, invocation, details } = setUp(undefined, featuresWithout('callee', feature));
      expect(details).toEqual({});
      callee.yield(invocation, 'whole');
      expect(results(caller, 1)).toMatchObject([[1, false, ['whole']]]);
    },
  );

  test('a caller that leaves interrupts the callee; what still comes is dropped', () => {
    const { router, caller, callee, invocation } = setUp();
    callee.progress(invocation, 1);
    caller.channel.lose();
    expect(callee.take('INTERRUPT')).toMatchObject({ request: invocation, options: { mode: 'killnowait' } });
    callee.progress(invocation, 2);
    callee.yield(invocation, 3);
    expect(callee.channel.closedWith).toBeUndefined();
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('a caller that cancels gets no part after its answer', () => {
    const { caller, callee, request, invocation } = setUp();
    callee.progress(invocation, 1);
    caller.send({ type: 'CANCEL', request, options: {} });
    callee.progress(invocation, 2);
    callee.yield(invocation, 3);
    results(caller, 1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    caller.expectNothing();
  });

  test('a callee that leaves in between ends the call with canceled', () => {
    const { caller, callee, request, invocation } = setUp();
    callee.progress(invocation, 1);
    callee.channel.lose();
    results(caller, 1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
  });

  test('a part that cannot be written for the caller ends the call, and interrupts the callee', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router, { serializer: undefined })];
    callee.register('a.procedure');
    const request = caller.callWith({ receive_progress: true }, 'a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    callee.progress(invocation, () => 1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.invalidPayload);
    expect(callee.take('INTERRUPT').request).toBe(invocation);
    callee.yield(invocation, 'late');
    caller.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(0);
  });
});
