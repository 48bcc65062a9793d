import { errorUris, MESSAGES, type MessageOf, type Roles } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { featuresWithout, Peer } from './peer.ts';

const { CALL } = MESSAGES;

function setUp(made: { maxCallTimeout?: number; roles?: Roles; register?: MessageOf<'REGISTER'>['options'] } = {}) {
  const { maxCallTimeout = 0, roles, register } = made;
  const clock = fakeClock();
  const router = new Router({ clock, realms: [{ name: 'realm1', maxCallTimeout }] });
  const caller = new Peer(router);
  const callee = new Peer(router, roles ? { roles } : {});
  callee.register('a.procedure', register);
  return { clock, router, caller, callee };
}

describe('Advanced Profile, Call Timeouts', () => {
  test('a call whose time is over gets wamp.error.timeout, and its callee is interrupted', () => {
    const { clock, router, caller, callee } = setUp();
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    const { request: invocation, details } = callee.take('INVOCATION');
    expect(details).toEqual({});
    clock.advance(99);
    caller.expectNothing();
    clock.advance(1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    expect(callee.take('INTERRUPT')).toMatchObject({
      request: invocation,
      options: { mode: 'killnowait', reason: errorUris.timeout },
    });
    callee.yield(invocation, 'late');
    caller.expectNothing();
    expect([router.counts('realm1')?.calls, callee.channel.closedWith]).toEqual([0, undefined]);
  });

  test('a callee that cannot be interrupted is not', () => {
    const { clock, caller, callee } = setUp({ roles: featuresWithout('callee', 'call_canceling') });
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    callee.take('INVOCATION');
    clock.advance(100);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    callee.expectNothing();
  });

  test('one that ends because another does, at the same time, gets one answer', () => {
    const clock = fakeClock();
    const router = new Router({ clock });
    const [caller, callee] = [new Peer(router, { serializer: undefined }), new Peer(router)];
    callee.register('a.procedure', { concurrency: 1 });
    const first = caller.callWith({ timeout: 100 }, 'a.procedure');
    // Waits for the callee, which then cannot be sent it.
    const second = caller.callWith({ timeout: 100 }, 'a.procedure', () => 1);
    clock.advance(100);
    expect(caller.takeError(CALL.code, second)).toBe(errorUris.invalidPayload);
    expect(caller.takeError(CALL.code, first)).toBe(errorUris.timeout);
    caller.expectNothing();
  });

  test.each([{}, { timeout: 0 }, { timeout: 2 ** 31 }, { timeout: 2 ** 53 - 1 }])(
    'with the options %j it may take as long as it likes',
    (options) => {
      const { clock, caller, callee } = setUp();
      caller.callWith(options, 'a.procedure');
      clock.advance(1e9);
      caller.expectNothing();
      callee.yield(callee.take('INVOCATION').request);
      caller.take('RESULT');
    },
  );

  test('a call that is answered in time leaves no timer behind when its caller goes', () => {
    const { clock, router, caller, callee } = setUp();
    for (let timeout = 1; timeout < 50; timeout++) {
      caller.callWith({ timeout }, 'a.procedure');
      callee.yield(callee.take('INVOCATION').request);
      caller.take('RESULT');
      expect(clock.pending).toBeLessThan(10);
    }
    caller.channel.lose();
    expect([clock.pending, router.counts('realm1')?.calls]).toEqual([0, 0]);
  });

  test('many calls end each in its own time, whatever becomes of the others', () => {
    const { clock, caller, callee } = setUp();
    const timeouts = [50, 100, 50, 30, 100, 50];
    const requests = timeouts.map((timeout) => {
      clock.advance(1);
      return caller.callWith({ timeout }, 'a.procedure');
    });
    const invocations = timeouts.map(() => callee.take('INVOCATION').request);
    callee.yield(invocations[0] as number);
    caller.take('RESULT');
    const ended: [number, number][] = [];
    for (let now = 6; now < 120; now++) {
      const before = caller.channel.sent.length;
      clock.advance(1);
      for (let count = caller.channel.sent.length - before; count > 0; count--)
        ended.push([now + 1, caller.take('ERROR').request]);
    }
    const expected = timeouts
      .map((timeout, index) => [timeout + index + 1, requests[index] as number] as [number, number])
      .slice(1)
      .toSorted(([a], [b]) => a - b);
    expect(ended).toEqual(expected);
    expect(clock.pending).toBe(0);
  });

  test('with parts of the result, it is the time from the call to the first, and from one to the next', () => {
    const { clock, caller, callee } = setUp();
    const request = caller.callWith({ timeout: 100, receive_progress: true }, 'a.procedure');
    const { request: invocation } = callee.take('INVOCATION');
    for (let count = 0; count < 5; count++) {
      clock.advance(99);
      callee.progress(invocation, count);
      caller.take('RESULT');
    }
    clock.advance(99);
    caller.expectNothing();
    clock.advance(1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    callee.take('INTERRUPT');
  });

  test('one that has got more time keeps no other with the same time waiting', () => {
    const { clock, caller, callee } = setUp();
    const first = caller.callWith({ timeout: 100, receive_progress: true }, 'a.procedure');
    const second = caller.callWith({ timeout: 100 }, 'a.procedure');
    clock.advance(60);
    callee.progress(callee.take('INVOCATION').request, 1);
    caller.take('RESULT');
    clock.advance(40);
    expect(caller.takeError(CALL.code, second)).toBe(errorUris.timeout);
    caller.expectNothing();
    clock.advance(60);
    expect(caller.takeError(CALL.code, first)).toBe(errorUris.timeout);
  });

  test('parts that nobody asked for give no more time', () => {
    const { clock, caller, callee } = setUp();
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    clock.advance(60);
    callee.progress(callee.take('INVOCATION').request);
    clock.advance(40);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
  });

  test('mode kill: a callee that does not answer an INTERRUPT has no more time than before, and is not told again', () => {
    const { clock, caller, callee } = setUp();
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    caller.send({ type: 'CANCEL', request, options: { mode: 'kill' } });
    callee.take('INVOCATION');
    callee.take('INTERRUPT');
    clock.advance(100);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
    callee.expectNothing();
  });
});

describe('Advanced Profile, Callee-Initiated Timeouts', () => {
  test('a registration with forward_timeout is told the time, and keeps it', () => {
    const { clock, caller, callee } = setUp({ register: { forward_timeout: true } });
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    const { request: invocation, details } = callee.take('INVOCATION');
    expect(details).toEqual({ timeout: 100 });
    clock.advance(1000);
    caller.expectNothing();
    callee.fail(invocation, errorUris.timeout);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
  });

  test.each([
    ['the callee has not announced call_timeout', featuresWithout('callee', 'call_timeout'), { forward_timeout: true }],
    ['the registration did not ask', undefined, {}],
    ['the registration asked not to be', undefined, { forward_timeout: false }],
  ])('is not when %s', (_, roles, register) => {
    const { clock, caller, callee } = setUp({ ...(roles && { roles }), register });
    const request = caller.callWith({ timeout: 100 }, 'a.procedure');
    expect(callee.take('INVOCATION').details).toEqual({});
    clock.advance(100);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
  });

  test('a call without a timeout has none to be told', () => {
    const { caller, callee } = setUp({ register: { forward_timeout: true } });
    caller.callWith({ timeout: 0 }, 'a.procedure');
    expect(callee.take('INVOCATION').details).toEqual({});
  });
});

describe('maxCallTimeout', () => {
  test.each([
    [{}, 500],
    [{ timeout: 0 }, 500],
    [{ timeout: 10_000 }, 500],
    [{ timeout: 200 }, 200],
  ])('a call with the options %j has %i ms', (options, expected) => {
    const { clock, caller } = setUp({ maxCallTimeout: 500 });
    const request = caller.callWith(options, 'a.procedure');
    clock.advance(expected - 1);
    caller.expectNothing();
    clock.advance(1);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
  });

  test('holds for callees that keep the time themselves, too', () => {
    const { clock, caller, callee } = setUp({ maxCallTimeout: 500, register: { forward_timeout: true } });
    const request = caller.callWith({ timeout: 10_000 }, 'a.procedure');
    expect(callee.take('INVOCATION').details).toEqual({ timeout: 500 });
    clock.advance(500);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.timeout);
  });

  test.each([-1, 1.5, '5', null])('is refused as %j, with what was expected', (maxCallTimeout) => {
    expect(() => new Router({ realms: [{ name: 'realm1', maxCallTimeout: maxCallTimeout as number }] })).toThrow(
      /realm 'realm1', maxCallTimeout: expected an integer from 0/,
    );
  });
});
