import { AbortedError, ClosedError, ConnectionLostError, ProtocolViolation, TimeoutError } from 'rocade';
import { closeUris, errorUris, MESSAGES, type MessageType } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { sampleMessages } from '../../src/testing/sample-messages.ts';
import { drive, invocation, joined, ROUTER_ROLES, registered, subscribed, welcome } from './harness.ts';
const types = Object.keys(MESSAGES) as MessageType[];
const fromRouter = types.filter((type) => MESSAGES[type].from !== 'client');
const fromClient = types.filter((type) => MESSAGES[type].from === 'client');

describe('Basic Profile, Session Establishment', () => {
  test('HELLO names the realm, the agent and the roles; WELCOME opens the session', async () => {
    const { session, channel, clock } = drive();
    const opening = session.join();
    const { realm, details } = channel.take('HELLO');
    expect([realm, details.agent, Object.keys(details.roles).sort()]).toEqual([
      'realm1',
      'test',
      ['callee', 'caller', 'publisher', 'subscriber'],
    ]);
    expect(details).not.toHaveProperty('authmethods');
    expect(session.id).toBeUndefined();
    channel.deliver(welcome(4711));
    expect(await opening).toMatchObject({ authid: 'joe', authrole: 'user', roles: ROUTER_ROLES });
    expect([session.id, session.realm, session.welcome.authid, clock.pending]).toEqual([4711, 'realm1', 'joe', 0]);
  });

  test("the router's ABORT rejects the opening with its reason and message", async () => {
    const { session, channel, clock, endings } = drive();
    const opening = session.join();
    channel.deliver({ type: 'ABORT', details: { message: 'there is no such realm' }, reason: errorUris.noSuchRealm });
    await expect(opening).rejects.toMatchObject({
      name: 'AbortedError',
      code: 'aborted',
      uri: errorUris.noSuchRealm,
      message: 'wamp.error.no_such_realm: there is no such realm',
    });
    channel.take('HELLO');
    // An ABORT is never answered.
    channel.expectNothingSent();
    expect([channel.closedWith?.code, clock.pending, endings.length]).toEqual([1000, 0, 1]);
  });

  test('no answer in time rejects the opening, and the router is told', async () => {
    const { session, channel, clock } = drive({ timeoutMs: 500 });
    const opening = session.join();
    channel.take('HELLO');
    clock.advance(499);
    expect(channel.closedWith).toBeUndefined();
    clock.advance(1);
    await expect(opening).rejects.toThrow(TimeoutError);
    expect(channel.take('ABORT').reason).toBe(errorUris.timeout);
    expect(channel.closedWith).toBeDefined();
  });

  test('with the time-out 0 it waits for ever', () => {
    const { session, clock } = drive({ timeoutMs: 0 });
    session.join().catch(() => {});
    expect(clock.pending).toBe(0);
  });

  test('a connection that closes before WELCOME rejects the opening, with code and reason', async () => {
    const { session, channel, clock } = drive();
    const opening = session.join();
    channel.lose({ code: 1001, reason: 'going away' });
    await expect(opening).rejects.toThrow(ConnectionLostError);
    await expect(opening).rejects.toThrow(/code 1001.*going away/);
    expect(clock.pending).toBe(0);
  });

  test('a connection that is closed already when the session opens it leaves no timer', async () => {
    const { session, channel, clock } = drive();
    vi.spyOn(channel, 'open').mockImplementation((receiver) => receiver.closed({ code: 1006, reason: '' }));
    await expect(session.join()).rejects.toThrow(ConnectionLostError);
    expect(clock.pending).toBe(0);
  });

  test('a session joins once', async () => {
    const { session } = await joined();
    await expect(session.join()).rejects.toThrow(ClosedError);
  });

  test('nothing else is sent before WELCOME, and the promise says so', async () => {
    const { session, channel } = drive();
    session.join().catch(() => {});
    channel.take('HELLO');
    await expect(session.call('a.b')).rejects.toThrow(ClosedError);
    await expect(session.publish('a.b')).rejects.toThrow(ClosedError);
    channel.expectNothingSent();
  });
});

describe('Basic Profile, Protocol Violations: each message in each state', () => {
  const handshake = ['WELCOME', 'CHALLENGE', 'ABORT'];

  test.each(types.filter((type) => !handshake.includes(type)))('%s before WELCOME is one', async (type) => {
    const { session, channel, clock, endings } = drive();
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(sampleMessages[type]);
    await expect(opening).rejects.toThrow(ProtocolViolation);
    const { reason, details } = channel.take('ABORT');
    expect([reason, details.message]).toEqual([errorUris.protocolViolation, expect.stringMatching(`^${type}: `)]);
    expect([channel.closedWith?.code, clock.pending, endings.length]).toEqual([1002, 0, 1]);
  });

  test.each([...fromClient, 'WELCOME', 'CHALLENGE'] as const)(
    '%s in an open session is one, and everything pending is told',
    async (type) => {
      const { session, channel, clock, endings } = await joined();
      const call = session.call('a.procedure');
      channel.take('CALL');
      channel.deliver(sampleMessages[type]);
      await expect(call).rejects.toThrow(ProtocolViolation);
      expect(channel.take('ABORT')).toMatchObject({
        reason: errorUris.protocolViolation,
        details: { message: expect.stringMatching(`^${type}: `) },
      });
      expect([channel.closedWith?.code, clock.pending, endings.length]).toEqual([1002, 0, 1]);
    },
  );

  const tolerated = fromRouter.filter((type) => !['WELCOME', 'CHALLENGE', 'ABORT', 'GOODBYE'].includes(type));
  const answers = ['PUBLISHED', 'SUBSCRIBED', 'UNSUBSCRIBED', 'RESULT', 'REGISTERED', 'UNREGISTERED'] as const;

  test.each(answers)('%s for a request that was never sent is one', async (type) => {
    const { session, channel } = await joined();
    channel.deliver({ ...sampleMessages[type], request: 77 } as never);
    expect(channel.take('ABORT')).toMatchObject({
      reason: errorUris.protocolViolation,
      details: { message: expect.stringMatching(`^${type}.request: 77`) },
    });
    await expect(session.call('a.b')).rejects.toThrow(ProtocolViolation);
  });

  test.each(answers.filter((type) => type !== 'RESULT'))('%s for a CALL is one', async (type) => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    channel.deliver({ ...sampleMessages[type], request } as never);
    await expect(call).rejects.toThrow(ProtocolViolation);
  });

  test.each([16, 32, 34, 64, 66])('an ERROR that calls a CALL a request of type %i is one', async (requestType) => {
    const { session, channel } = await joined();
    const call = session.call('a.b');
    const { request } = channel.take('CALL');
    channel.deliver({ type: 'ERROR', requestType, request, details: {}, error: 'com.example.error' });
    await expect(call).rejects.toThrow(ProtocolViolation);
  });

  test.each(tolerated.filter((type) => !answers.includes(type as 'RESULT') && type !== 'ERROR'))(
    '%s for what is not known here is none',
    async (type) => {
      const { channel, endings } = await joined();
      channel.deliver(sampleMessages[type]);
      expect([channel.closedWith, endings]).toEqual([undefined, []]);
    },
  );

  test('what is no message ends the session, with the text of what is wrong', async () => {
    const { session, channel, endings } = await joined();
    const call = session.call('a.b');
    channel.take('CALL');
    channel.violate('frame: not JSON');
    await expect(call).rejects.toThrow('frame: not JSON');
    expect(channel.take('ABORT').details.message).toBe('frame: not JSON');
    expect(endings).toEqual([expect.any(ProtocolViolation)]);
  });

  test.each(fromRouter)('%s after the end is not listened to', async (type) => {
    const { session, channel, errors } = await joined();
    channel.deliver({ type: 'ABORT', details: {}, reason: 'com.example.enough' });
    channel.deliver(sampleMessages[type]);
    channel.expectNothingSent();
    await expect(session.publish('a.b')).rejects.toThrow(AbortedError);
    expect(errors).toEqual([]);
  });
});

describe('Basic Profile, Session Closing', () => {
  test('GOODBYE carries the reason and the message; its answer closes the connection', async () => {
    const { session, channel, clock, endings } = await joined();
    const leaving = session.leave('com.example.done', 'that is all');
    expect(channel.take('GOODBYE')).toMatchObject({ reason: 'com.example.done', details: { message: 'that is all' } });
    expect(channel.closedWith).toBeUndefined();
    channel.deliver({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    await leaving;
    channel.expectNothingSent();
    expect([channel.closedWith?.code, clock.pending, endings.length]).toEqual([1000, 0, 1]);
    expect(endings[0]).toBeInstanceOf(ClosedError);
  });

  test('a router that does not answer is not waited for longer than the time-out', async () => {
    const { session, channel, clock } = await joined({ timeoutMs: 500 });
    const leaving = session.leave();
    clock.advance(500);
    await leaving;
    expect(channel.closedWith).toBeDefined();
    expect(clock.pending).toBe(0);
  });

  test('nor for longer than ten seconds where everything else may take for ever', async () => {
    const { session, clock } = await joined({ timeoutMs: 0 });
    const leaving = session.leave();
    clock.advance(10_000);
    await leaving;
    expect(clock.pending).toBe(0);
  });

  test.each(['ABORT', 'the connection lost'])('%s instead of an answer ends the wait too', async (what) => {
    const { session, channel, endings } = await joined();
    const leaving = session.leave();
    if (what === 'ABORT') channel.deliver({ type: 'ABORT', details: {}, reason: 'com.example.enough' });
    else channel.lose();
    await leaving;
    expect(endings).toHaveLength(1);
  });

  test('everything pending is rejected in the same turn, and nothing more is sent', async () => {
    const { session, channel } = await joined();
    const pending = [session.call('a.b'), session.publish('a.b', [], { acknowledge: true })];
    channel.take('CALL');
    channel.take('PUBLISH');
    const leaving = session.leave();
    for (const promise of pending) await expect(promise).rejects.toThrow(ClosedError);
    await expect(session.call('a.b')).rejects.toThrow(ClosedError);
    channel.take('GOODBYE');
    channel.expectNothingSent();
    channel.lose();
    await leaving;
  });

  test('what comes between GOODBYE and its answer is too late', async () => {
    const driven = await joined();
    const handler = vi.fn();
    await subscribed(driven, handler);
    const { session, channel, errors } = driven;
    const leaving = session.leave();
    channel.take('GOODBYE');
    for (const type of fromRouter.filter((one) => one !== 'GOODBYE' && one !== 'ABORT'))
      channel.deliver(sampleMessages[type]);
    channel.expectNothingSent();
    expect(handler).not.toHaveBeenCalled();
    channel.deliver({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    await leaving;
    expect(errors).toEqual([]);
  });

  test.each(['new', 'opening', 'ended'])('a session that is %s leaves at once', async (state) => {
    const { session, channel, clock, endings } = drive();
    const opening = state === 'new' ? undefined : session.join();
    opening?.catch(() => {});
    if (state === 'ended') channel.lose();
    await session.leave();
    await session.leave();
    expect(endings.length).toBe(1);
    if (opening) await expect(opening).rejects.toThrow(state === 'ended' ? ConnectionLostError : ClosedError);
    expect(clock.pending).toBe(0);
    await expect(session.call('a.b')).rejects.toThrow();
  });

  test("the router's GOODBYE is answered once, with goodbye_and_out, and says why to all that is pending", async () => {
    const { session, channel, clock, endings } = await joined();
    const call = session.call('a.b');
    channel.take('CALL');
    channel.deliver({ type: 'GOODBYE', details: { message: 'for repairs' }, reason: closeUris.systemShutdown });
    await expect(call).rejects.toMatchObject({
      name: 'ClosedError',
      uri: closeUris.systemShutdown,
      message: expect.stringMatching(/^CALL a\.b /),
    });
    expect(channel.take('GOODBYE').reason).toBe(closeUris.goodbyeAndOut);
    channel.expectNothingSent();
    expect([channel.closedWith?.code, clock.pending]).toEqual([1000, 0]);
    expect(endings).toEqual([expect.objectContaining({ uri: closeUris.systemShutdown })]);
  });

  test("the router's ABORT ends the session without an answer, with its reason", async () => {
    const { session, channel, endings } = await joined();
    const call = session.call('a.b');
    channel.take('CALL');
    channel.deliver({ type: 'ABORT', details: { message: 'enough' }, reason: 'com.example.enough' });
    await expect(call).rejects.toMatchObject({ name: 'AbortedError', uri: 'com.example.enough' });
    channel.expectNothingSent();
    expect(channel.closedWith).toBeDefined();
    expect(endings).toHaveLength(1);
  });

  test('a lost connection rejects what is pending with an error that names it and says that it may have arrived', async () => {
    const { session, channel, clock, endings } = await joined();
    const [call, publish] = [session.call('a.b'), session.publish('c.d', [], { acknowledge: true })];
    channel.lose({ code: 1006 });
    await expect(call).rejects.toMatchObject({
      name: 'ConnectionLostError',
      code: 'connection_lost',
      maybeDelivered: true,
      message: expect.stringMatching(/^CALL a\.b .*1006/),
    });
    await expect(publish).rejects.toMatchObject({
      maybeDelivered: true,
      message: expect.stringMatching(/^PUBLISH c\.d /),
    });
    expect([clock.pending, endings.length]).toEqual([0, 1]);
  });

  test('a handler that is told of the end cannot send after GOODBYE', async () => {
    const driven = await joined();
    const { session, channel } = driven;
    const attempts: Promise<unknown>[] = [];
    await registered(driven, (_, { signal }) => {
      signal.addEventListener('abort', () => attempts.push(session.call('too.late')));
      return new Promise(() => {});
    });
    channel.deliver(invocation(1));
    void session.leave();
    channel.take('GOODBYE');
    channel.expectNothingSent();
    expect(attempts).toHaveLength(1);
    await expect(attempts[0]).rejects.toThrow(ClosedError);
  });
});
