import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { featuresWithout, Peer, payload } from './peer.ts';

const { CALL } = MESSAGES;

function setUp(register: MessageOf<'REGISTER'>['options'] = {}) {
  const clock = fakeClock();
  const router = new Router({ clock });
  const [caller, callee] = [new Peer(router), new Peer(router)];
  callee.register('a.procedure', register);
  return { clock, router, caller, callee };
}
/** A part of a call, the last one unless more are to come. */
const part = (request: number, more: boolean, ...args: unknown[]): MessageOf<'CALL'> => ({
  type: 'CALL',
  request,
  options: more ? { progress: true } : {},
  procedure: 'a.procedure',
  payload: payload(...args),
});
const given = (callee: Peer): unknown[] => {
  const { request, details, payload: got } = callee.take('INVOCATION');
  return [request, details, got?.args];
};

describe('Advanced Profile, Progressive Call Invocations', () => {
  test('all parts of a call are INVOCATIONs under one id, and only the last is without progress', () => {
    const { router, caller, callee } = setUp();
    for (const [more, value] of [
      [true, 'a'],
      [true, 'b'],
      [false, 'c'],
    ] as const)
      caller.send(part(1, more, value));
    expect([given(callee), given(callee), given(callee)]).toEqual([
      [1, { progress: true }, ['a']],
      [1, { progress: true }, ['b']],
      [1, {}, ['c']],
    ]);
    callee.yield(1, 'all');
    expect(caller.take('RESULT')).toMatchObject({ request: 1, payload: { args: ['all'] } });
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('parts of several calls, and other calls, may be mixed', () => {
    const { caller, callee } = setUp();
    caller.send(part(1, true), part(2, false), part(3, true), part(1, false), part(3, false));
    expect(Array.from({ length: 5 }, () => callee.take('INVOCATION').request)).toEqual([1, 2, 3, 1, 3]);
  });

  test('with parts both ways, each goes on at once', () => {
    const { caller, callee } = setUp();
    caller.send({ ...part(1, true, 'a'), options: { progress: true, receive_progress: true } });
    expect(given(callee)).toEqual([1, { progress: true, receive_progress: true }, ['a']]);
    callee.progress(1, 'A');
    expect(caller.take('RESULT')).toMatchObject({ details: { progress: true }, payload: { args: ['A'] } });
    caller.send(part(1, false, 'b'));
    expect(given(callee)).toEqual([1, { receive_progress: true }, ['b']]);
    callee.yield(1, 'B');
    expect(caller.take('RESULT').details).toEqual({});
  });

  test('with a shared registration all parts go to one callee', () => {
    const { router, caller, callee } = setUp({ invoke: 'roundrobin' });
    const second = new Peer(router);
    second.register('a.procedure', { invoke: 'roundrobin' });
    caller.send(part(1, true), part(1, true), part(2, true), part(1, false), part(2, false));
    expect([1, 2, 3].map(() => callee.take('INVOCATION').request)).toEqual([1, 1, 1]);
    expect([1, 2].map(() => second.take('INVOCATION').request)).toEqual([1, 1]);
    for (const peer of [callee, second]) peer.expectNothing();
  });

  test('the callee may answer before the last part', () => {
    const { caller, callee } = setUp();
    caller.send(part(1, true));
    callee.yield(callee.take('INVOCATION').request, 'enough');
    expect(caller.take('RESULT').request).toBe(1);
  });
});

describe('Advanced Profile, Freezing of Options', () => {
  test('the options of the first part hold for all, and those of later parts for none', () => {
    const { caller, callee } = setUp();
    const first = { progress: true, disclose_me: true, receive_progress: true };
    caller.send({ ...part(1, true), options: first });
    caller.send({ ...part(1, false), options: { ppt_scheme: 'x_other', timeout: 5, receive_progress: false } });
    const [, details] = given(callee) as [number, object];
    expect(details).toMatchObject({ caller: caller.session, progress: true, receive_progress: true });
    const [, last] = given(callee);
    expect({ ...(last as object), progress: true }).toEqual(details);
    expect(last).not.toHaveProperty('progress');
    callee.progress(1, 'still wanted');
    caller.take('RESULT');
  });

  test('a timeout is measured from the newest part', () => {
    const { clock, caller, callee } = setUp();
    caller.send({ ...part(1, true), options: { progress: true, timeout: 100 } });
    clock.advance(80);
    caller.send(part(1, true));
    clock.advance(80);
    caller.expectNothing();
    clock.advance(20);
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.timeout);
    expect([callee.take('INVOCATION').request, callee.take('INVOCATION').request]).toEqual([1, 1]);
    expect(callee.take('INTERRUPT').request).toBe(1);
    // The caller may not have heard of it yet.
    caller.send(part(1, true), part(1, false));
    for (const peer of [caller, callee]) peer.expectNothing();
  });
});

describe('Advanced Profile, Continuations on Completed Calls', () => {
  const ends: [string, (peers: { caller: Peer; callee: Peer }) => void][] = [
    ['a result', ({ callee }) => callee.yield(1)],
    ['an error', ({ callee }) => callee.fail(1, 'com.example.error')],
    ['the callee leaving', ({ callee }) => callee.channel.lose()],
    ['a CANCEL', ({ caller }) => caller.send({ type: 'CANCEL', request: 1, options: { mode: 'skip' } })],
  ];
  test.each(ends)('after %s they are dropped without an answer, the last one too', (_, end) => {
    const { router, caller, callee } = setUp();
    caller.send(part(1, true));
    callee.take('INVOCATION');
    end({ caller, callee });
    const sent = caller.channel.sent.length;
    caller.send(part(1, true), part(1, false));
    expect([caller.channel.sent.length, caller.channel.closedWith]).toEqual([sent, undefined]);
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('also when the call was refused from the start: one answer is enough', () => {
    const { caller } = setUp();
    const parts = [part(1, true), part(1, true), part(1, false)];
    caller.send(...parts.map((message) => ({ ...message, procedure: 'nobody.has.it' })));
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.noSuchProcedure);
    caller.expectNothing();
  });

  test('but not of a procedure that is too long to be one, whose name would be kept', () => {
    const { caller } = setUp();
    const parts = [part(1, true), part(1, false)];
    caller.send(...parts.map((message) => ({ ...message, procedure: 'a'.repeat(1025) })));
    expect([caller.takeError(CALL.code, 1), caller.takeError(CALL.code, 1)]).toEqual([
      errorUris.invalidUri,
      errorUris.invalidUri,
    ]);
  });

  test('also when the session may not call it, or has as many calls as it may', () => {
    for (const options of [
      { realms: [{ name: 'realm1', roles: { anonymous: { permissions: [] } } }] },
      { limits: { maxPendingCalls: 1 } },
    ]) {
      const router = new Router(options);
      const [caller, callee] = [new Peer(router), new Peer(router)];
      if (options.limits) {
        callee.register('a.procedure');
        caller.send(part(7, false));
      }
      caller.send(part(8, true), part(8, true), part(8, false));
      caller.takeError(CALL.code, 8);
      caller.expectNothing();
    }
  });

  test('after the last part of it the id is free again', () => {
    const { caller, callee } = setUp();
    caller.send(part(1, true));
    callee.yield(callee.take('INVOCATION').request);
    caller.take('RESULT');
    caller.send(part(1, false, 'late'));
    callee.expectNothing();
    caller.send(part(1, false, 'new'));
    expect(given(callee)).toEqual([2, {}, ['new']]);
  });

  test('a first part for another procedure is a new call, and gets an answer', () => {
    const { caller, callee } = setUp();
    caller.send(part(1, true));
    callee.yield(callee.take('INVOCATION').request);
    caller.take('RESULT');
    caller.send({ ...part(1, true), procedure: 'another.procedure' });
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.noSuchProcedure);
  });

  test('mode kill: parts after the CANCEL are dropped, and the answer of the callee is the one that counts', () => {
    const { caller, callee } = setUp();
    caller.send(part(1, true), { type: 'CANCEL', request: 1, options: { mode: 'kill' } }, part(1, false));
    callee.take('INVOCATION');
    callee.take('INTERRUPT');
    callee.expectNothing();
    callee.fail(1, errorUris.canceled);
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.canceled);
    caller.expectNothing();
  });
});

describe('Progressive Call Invocations: who cannot', () => {
  test('a caller that has not announced the feature violates the protocol', () => {
    const { router } = setUp();
    const caller = new Peer(router, { roles: featuresWithout('caller', 'progressive_call_invocations') });
    caller.send(part(1, true));
    expect(caller.takeAbort()).toMatchObject({
      reason: errorUris.protocolViolation,
      text: expect.stringMatching(/^CALL\.options\.progress: .*progressive_call_invocations/) as unknown,
    });
  });

  test.each(['progressive_call_invocations', 'call_canceling'])(
    'a callee that has not announced %s: feature_not_supported, and an ordinary call goes through',
    (feature) => {
      const router = new Router();
      const caller = new Peer(router);
      const callee = new Peer(router, { roles: featuresWithout('callee', feature) });
      callee.register('a.procedure');
      caller.send(part(1, true), part(1, false));
      expect(caller.takeError(CALL.code, 1)).toBe(errorUris.featureNotSupported);
      callee.expectNothing();
      caller.send(part(2, false));
      callee.take('INVOCATION');
      caller.expectNothing();
    },
  );

  test('a callee that announces call_cancelling, as this section spells it, gets the parts, and can be interrupted', () => {
    const router = new Router();
    const caller = new Peer(router);
    const features = { progressive_call_invocations: true, call_cancelling: true };
    const callee = new Peer(router, { roles: { callee: { features } } });
    callee.register('a.procedure');
    caller.send(part(1, true));
    const { request } = callee.take('INVOCATION');
    caller.send({ type: 'CANCEL', request: 1, options: {} });
    expect(callee.take('INTERRUPT')).toMatchObject({ request, options: { mode: 'killnowait' } });
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.canceled);
  });

  test('of callees that share a procedure, one that can is chosen', () => {
    const router = new Router();
    const [unable, able] = [
      new Peer(router, { roles: featuresWithout('callee', 'progressive_call_invocations') }),
      new Peer(router),
    ];
    for (const callee of [unable, able]) callee.register('a.procedure', { invoke: 'first' });
    const caller = new Peer(router);
    caller.send(part(1, true), part(1, false));
    expect([able.take('INVOCATION').request, able.take('INVOCATION').request]).toEqual([1, 1]);
    unable.expectNothing();
  });

  test.each([
    ['of a call without parts', [part(1, false)], part(1, true)],
    ['after the last part', [part(1, true), part(1, false)], part(1, false)],
    ['to another procedure', [part(1, true)], { ...part(1, true), procedure: 'b.procedure' }],
  ])('a part under the id %s violates the protocol', (_, before, wrong) => {
    const { caller } = setUp();
    caller.send(...before, wrong);
    expect(caller.takeAbort()).toMatchObject({
      reason: errorUris.protocolViolation,
      text: expect.stringMatching(/^CALL\.request: 1 /) as unknown,
    });
  });

  test('a part that cannot be written for the callee ends the call, and interrupts the callee', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router, { serializer: undefined }), new Peer(router)];
    callee.register('a.procedure');
    caller.send(
      part(1, true, 1),
      part(1, true, () => 2),
      part(1, false, 3),
    );
    expect(caller.takeError(CALL.code, 1)).toBe(errorUris.invalidPayload);
    caller.expectNothing();
    callee.take('INVOCATION');
    callee.take('INTERRUPT');
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('a caller that leaves interrupts the callee', () => {
    const { router, caller, callee } = setUp();
    caller.send(part(1, true));
    caller.channel.lose();
    callee.take('INVOCATION');
    expect(callee.take('INTERRUPT').options).toEqual({ mode: 'killnowait' });
    expect(router.counts('realm1')?.calls).toBe(0);
  });
});
