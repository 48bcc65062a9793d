import { errorUris, MESSAGES, type Roles } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { ALL_FEATURES, Peer, payload } from './peer.ts';

const { CALL, REGISTER, UNREGISTER, INVOCATION } = MESSAGES;

/** A caller and a callee that has registered `a.procedure`. */
function pair(roles: Roles = ALL_FEATURES): { router: Router; caller: Peer; callee: Peer; registration: number } {
  const router = new Router();
  const [caller, callee] = [new Peer(router), new Peer(router, { roles })];
  return { router, caller, callee, registration: callee.register('a.procedure') };
}
const fail = (callee: Peer, request: number, error: string): void =>
  callee.send({ type: 'ERROR', requestType: INVOCATION.code, request, details: {}, error });

describe('Basic Profile, Registering and Unregistering', () => {
  test('REGISTERED gives each registration an id of its own', () => {
    const { callee, registration } = pair();
    expect(callee.register('another.procedure')).not.toBe(registration);
  });

  test('a procedure that has a callee is refused with procedure_already_exists, to others and to the same session', () => {
    const { caller, callee } = pair();
    for (const peer of [caller, callee]) {
      const request = peer.request('REGISTER', { options: {}, procedure: 'a.procedure' });
      expect(peer.takeError(REGISTER.code, request)).toBe(errorUris.procedureAlreadyExists);
    }
  });

  test('after UNREGISTERED it is free again', () => {
    const { router, caller, callee, registration } = pair();
    const request = callee.request('UNREGISTER', { registration });
    expect(callee.take('UNREGISTERED')).toEqual({ type: 'UNREGISTERED', request });
    expect(router.counts('realm1')?.registrations).toBe(0);
    expect(caller.takeError(CALL.code, caller.call('a.procedure'))).toBe(errorUris.noSuchProcedure);
    expect(caller.register('a.procedure')).not.toBe(registration);
  });

  test("UNREGISTER of what is not there, or is another session's, is no_such_registration", () => {
    const { caller, callee, registration } = pair();
    for (const id of [4711, registration]) {
      const request = caller.request('UNREGISTER', { registration: id });
      expect(caller.takeError(UNREGISTER.code, request)).toBe(errorUris.noSuchRegistration);
    }
    caller.call('a.procedure');
    callee.take('INVOCATION');
  });

  test.each(['', 'a b', 'a#b', 'a..b', 'a.', 'wamp.session.count', 'wamp'])(
    "the procedure '%s' is refused with invalid_uri",
    (procedure) => {
      const { callee } = pair();
      const request = callee.request('REGISTER', { options: {}, procedure });
      expect(callee.takeError(REGISTER.code, request)).toBe(errorUris.invalidUri);
    },
  );
});

describe('Basic Profile, Calling and Invocations', () => {
  test('a CALL becomes an INVOCATION with its payload, and the YIELD a RESULT with its own', () => {
    const { caller, callee, registration } = pair();
    const args = ['Straße', new Uint8Array([0, 255]), { deep: [null] }];
    const request = caller.request('CALL', { options: {}, procedure: 'a.procedure' }, { args, kwargs: { k: 1 } });
    const invocation = callee.take('INVOCATION');
    expect(invocation).toMatchObject({ registration, details: {} });
    expect([invocation.payload?.args, invocation.payload?.kwargs]).toEqual([args, { k: 1 }]);
    callee.send({
      type: 'YIELD',
      request: invocation.request,
      options: {},
      payload: { args: [], kwargs: { ok: true } },
    });
    const result = caller.take('RESULT');
    expect(result).toMatchObject({ request, details: {} });
    expect([result.payload?.args, result.payload?.kwargs]).toEqual([[], { ok: true }]);
  });

  test('without payloads there are none', () => {
    const { caller, callee } = pair();
    caller.call('a.procedure');
    const invocation = callee.take('INVOCATION');
    expect(invocation.payload).toBeUndefined();
    callee.send({ type: 'YIELD', request: invocation.request, options: {} });
    expect(caller.take('RESULT').payload).toBeUndefined();
  });

  test('INVOCATIONs are numbered from 1 for each callee', () => {
    const { router, caller, callee } = pair();
    const other = new Peer(router);
    other.register('b.procedure');
    for (const procedure of ['a.procedure', 'b.procedure', 'a.procedure']) caller.call(procedure);
    expect([
      callee.take('INVOCATION').request,
      callee.take('INVOCATION').request,
      other.take('INVOCATION').request,
    ]).toEqual([1, 2, 1]);
  });

  test('answers may come in any order, and go each to its call', () => {
    const { router, caller, callee } = pair();
    const second = new Peer(router);
    const requests = [
      caller.call('a.procedure', 'x'),
      second.call('a.procedure', 'y'),
      caller.call('a.procedure', 'z'),
    ];
    const invocations = [1, 2, 3].map(() => callee.take('INVOCATION'));
    for (const { request, payload: given } of invocations.reverse()) callee.yield(request, given?.args[0]);
    expect(
      [caller.take('RESULT'), caller.take('RESULT')].map(({ request, payload: given }) => [request, given?.args]),
    ).toEqual([
      [requests[2], ['z']],
      [requests[0], ['x']],
    ]);
    expect(second.take('RESULT').payload?.args).toEqual(['y']);
  });

  test('a session may call itself', () => {
    const { callee } = pair();
    const request = callee.call('a.procedure', 1);
    callee.yield(callee.take('INVOCATION').request, 2);
    expect(callee.take('RESULT')).toMatchObject({ request });
  });

  test("the callee's ERROR reaches the caller as it is", () => {
    const { caller, callee } = pair();
    const request = caller.call('a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    const given = { args: ['why'], kwargs: { key: [1] } };
    callee.send({
      type: 'ERROR',
      requestType: INVOCATION.code,
      request: invocation,
      details: {},
      error: 'com.example.denied',
      payload: given,
    });
    const error = caller.take('ERROR');
    expect(error).toMatchObject({ requestType: CALL.code, request, error: 'com.example.denied' });
    expect([error.payload?.args, error.payload?.kwargs]).toEqual([given.args, given.kwargs]);
  });

  test('an ERROR whose URI is none reaches the caller as runtime_error', () => {
    const { caller, callee } = pair();
    const request = caller.call('a.procedure');
    fail(callee, callee.take('INVOCATION').request, 'not a uri');
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.runtimeError);
  });

  test.each([
    ['nobody.has.it', errorUris.noSuchProcedure],
    ['wamp.session.nothing', errorUris.noSuchProcedure],
    ['__proto__', errorUris.noSuchProcedure],
    ['not a uri', errorUris.invalidUri],
    ['', errorUris.invalidUri],
  ])("a call of '%s' is refused with %s", (procedure, uri) => {
    const { caller } = pair();
    expect(caller.takeError(CALL.code, caller.call(procedure))).toBe(uri);
    expect(caller.channel.closedWith).toBeUndefined();
  });

  test('a finished call leaves nothing behind', () => {
    const { router, caller, callee } = pair();
    caller.call('a.procedure');
    expect(router.counts('realm1')?.calls).toBe(1);
    callee.yield(callee.take('INVOCATION').request);
    expect(router.counts('realm1')?.calls).toBe(0);
  });
});

describe('Protocol violations of callers and callees', () => {
  test('a YIELD or ERROR for an invocation that was never issued', () => {
    for (const type of ['YIELD', 'ERROR'] as const) {
      const { caller, callee } = pair();
      const request = caller.call('a.procedure');
      callee.take('INVOCATION');
      if (type === 'YIELD') callee.yield(4711);
      else fail(callee, 4711, 'com.example.error');
      expect(callee.takeAbort()).toMatchObject({
        reason: errorUris.protocolViolation,
        text: expect.stringMatching(`^${type}.request: .*4711`),
      });
      // Its other calls end as they do with any callee that is gone.
      expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    }
  });

  test("a YIELD for somebody else's invocation settles nothing of theirs", () => {
    const { router, caller, callee } = pair();
    const thief = new Peer(router);
    const request = caller.call('a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    thief.yield(invocation, 'stolen');
    expect(thief.takeAbort().reason).toBe(errorUris.protocolViolation);
    caller.expectNothing();
    callee.yield(invocation, 'mine');
    expect(caller.take('RESULT')).toMatchObject({ request });
  });

  test('a second answer to the same invocation is ignored', () => {
    const { caller, callee } = pair();
    caller.call('a.procedure');
    const { request } = callee.take('INVOCATION');
    callee.yield(request, 1);
    callee.yield(request, 2);
    fail(callee, request, 'com.example.error');
    expect(caller.take('RESULT').payload?.args).toEqual([1]);
    caller.expectNothing();
    expect(callee.channel.closedWith).toBeUndefined();
  });

  test.each([16, 32, 34, 48, 64, 66])('an ERROR of a client for a request of type %i', (requestType) => {
    const { callee } = pair();
    callee.send({ type: 'ERROR', requestType, request: 1, details: {}, error: 'com.example.error' });
    expect(callee.takeAbort()).toMatchObject({
      reason: errorUris.protocolViolation,
      text: expect.stringMatching(/^ERROR\.requestType: /),
    });
  });

  test('a CALL under the id of one that is not finished', () => {
    const { caller, callee } = pair();
    const request = caller.call('a.procedure');
    caller.send({ type: 'CALL', request, options: {}, procedure: 'a.procedure' });
    expect(caller.takeAbort()).toMatchObject({
      reason: errorUris.protocolViolation,
      text: expect.stringMatching(/^CALL\.request: 1 /),
    });
    expect(callee.take('INVOCATION').request).toBe(1);
    expect(callee.take('INTERRUPT').request).toBe(1);
    callee.expectNothing();
  });

  test('request ids with gaps and repeats are tolerated while they are not in use', () => {
    const { caller, callee } = pair();
    for (const request of [900, 7, 7, 2 ** 53]) {
      caller.send({ type: 'CALL', request, options: {}, procedure: 'a.procedure' });
      callee.yield(callee.take('INVOCATION').request);
      expect(caller.take('RESULT').request).toBe(request);
    }
  });

  test('a YIELD of a part that nobody asked for is dropped, and the call goes on', () => {
    const { caller, callee } = pair();
    const request = caller.call('a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    callee.send({ type: 'YIELD', request: invocation, options: { progress: true }, payload: payload('part') });
    caller.expectNothing();
    callee.yield(invocation, 'whole');
    expect(caller.take('RESULT')).toMatchObject({ request, payload: { args: ['whole'] } });
  });
});

describe('Advanced Profile, Call Canceling', () => {
  const modes = [undefined, 'skip', 'kill', 'killnowait'] as const;
  const setUp = (roles: Roles = ALL_FEATURES) => {
    const made = pair(roles);
    const request = made.caller.call('a.procedure');
    return { ...made, request, invocation: made.callee.take('INVOCATION').request };
  };

  test.each(modes)('mode %s: the caller gets one answer, and the callee hears what the mode says', (mode) => {
    const { router, caller, callee, request, invocation } = setUp();
    caller.send({ type: 'CANCEL', request, options: mode ? { mode } : {} });
    if (mode !== 'kill') expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    caller.expectNothing();
    if (mode !== 'skip')
      expect(callee.take('INTERRUPT')).toMatchObject({ request: invocation, options: { mode: mode ?? 'killnowait' } });
    callee.expectNothing();
    fail(callee, invocation, errorUris.canceled);
    if (mode === 'kill') expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    caller.expectNothing();
    expect([router.counts('realm1')?.calls, callee.channel.closedWith]).toEqual([0, undefined]);
  });

  test('mode kill: a callee that had finished wins, and the caller gets its result', () => {
    const { caller, callee, request, invocation } = setUp();
    caller.send({ type: 'CANCEL', request, options: { mode: 'kill' } });
    callee.yield(invocation, 'done');
    expect(caller.take('RESULT')).toMatchObject({ request });
  });

  test('mode kill: cancelling again does not interrupt again', () => {
    const { caller, callee, request } = setUp();
    for (const mode of ['kill', 'kill', 'killnowait'] as const)
      caller.send({ type: 'CANCEL', request, options: { mode } });
    callee.take('INTERRUPT');
    callee.expectNothing();
  });

  test.each(['skip', 'killnowait'] as const)('mode kill: who has waited enough ends it by mode %s', (mode) => {
    const { caller, callee, request, invocation } = setUp();
    caller.send({ type: 'CANCEL', request, options: { mode: 'kill' } });
    callee.take('INTERRUPT');
    caller.expectNothing();
    caller.send({ type: 'CANCEL', request, options: { mode } });
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    callee.yield(invocation, 'late');
    caller.expectNothing();
    callee.expectNothing();
  });

  test.each(modes)('mode %s: a callee that cannot be interrupted is not, and the call ends as if skipped', (mode) => {
    const { caller, callee, request, invocation } = setUp({ ...ALL_FEATURES, callee: {} });
    caller.send({ type: 'CANCEL', request, options: mode ? { mode } : {} });
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    callee.expectNothing();
    callee.yield(invocation, 'late');
    caller.expectNothing();
    expect(callee.channel.closedWith).toBeUndefined();
  });

  test("a CANCEL of what is finished, never was, or is another session's is ignored", () => {
    const { router, caller, callee, request, invocation } = setUp();
    const other = new Peer(router);
    for (const id of [request, 4711]) other.send({ type: 'CANCEL', request: id, options: {} });
    callee.expectNothing();
    callee.yield(invocation);
    caller.take('RESULT');
    caller.send({ type: 'CANCEL', request, options: {} });
    for (const peer of [caller, callee, other]) {
      peer.expectNothing();
      expect(peer.channel.closedWith).toBeUndefined();
    }
  });
});
