import { AbortedError, ClosedError, ConnectionLostError, ProtocolViolation, TimeoutError } from 'rocade';
import { closeUris, errorUris, MESSAGES, type MessageOf, type MessageType } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { sampleMessages } from '../../src/testing/sample-messages.ts';
import { deferred, drive, invocation, joined, ROUTER_ROLES, registered, subscribed, welcome } from './harness.ts';

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

describe('Advanced Profile, Authentication: CHALLENGE and AUTHENTICATE', () => {
  const welcomeBy = (authmethod: string): MessageOf<'WELCOME'> => {
    const { details, ...message } = welcome();
    return { ...message, details: { ...details, authmethod } };
  };
  const challenge = { type: 'CHALLENGE', authmethod: 'ticket', extra: { hint: 1 } } as const;

  test('HELLO offers the methods; the challenge is answered by the one that it names', async () => {
    const answer = vi.fn(() => ({ signature: 'secret', extra: { more: 1 } }));
    const { session, channel } = drive({
      auth: [
        { name: 'other', answer: () => ({ signature: '' }) },
        { name: 'ticket', authid: 'joe', authextra: () => ({ a: 1 }), answer },
      ],
    });
    const opening = session.join();
    expect(channel.take('HELLO').details).toMatchObject({
      authmethods: ['other', 'ticket'],
      authid: 'joe',
      authextra: { a: 1 },
    });
    channel.deliver(challenge);
    expect(await channel.next('AUTHENTICATE')).toMatchObject({ signature: 'secret', extra: { more: 1 } });
    expect(answer).toHaveBeenCalledWith({ hint: 1 }, channel);
    channel.deliver(welcomeBy('ticket'));
    await opening;
  });

  test('a second challenge may follow', async () => {
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: async () => ({ signature: 'x' }) }] });
    const opening = session.join();
    channel.take('HELLO');
    for (let round = 0; round < 2; round++) {
      channel.deliver(challenge);
      await channel.next('AUTHENTICATE');
    }
    channel.deliver(welcomeBy('ticket'));
    await opening;
  });

  test('who offers methods is not let in as anybody', async () => {
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => ({ signature: 'x' }) }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(welcomeBy('anonymous'));
    await expect(opening).rejects.toThrow("the router wants 'anonymous', which was not offered");
    expect(channel.take('ABORT').reason).toBe(errorUris.authenticationFailed);
  });

  test('a WELCOME that does not say by which method was by that of the challenge, and refused without one', async () => {
    const verify = vi.fn();
    const auth = [{ name: 'ticket', answer: () => ({ signature: 'x' }), verify }];
    const { session, channel } = drive({ auth });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    await channel.next('AUTHENTICATE');
    channel.deliver(welcome());
    await opening;
    expect(verify).toHaveBeenCalledOnce();

    const other = drive({ auth });
    const refused = other.session.join();
    other.channel.deliver(welcome());
    await expect(refused).rejects.toThrow("the router wants 'undefined', which was not offered");
    expect(verify).toHaveBeenCalledOnce();
  });

  // Crossbar.io says so, with the method that the cookie was given for.
  test('who was let in by a cookie owes no other proof, if a cookie was offered', async () => {
    const verify = vi.fn();
    const scram = { name: 'scram', answer: () => ({ signature: 'x' }), verify };
    const byCookie = welcomeBy('scram');
    const message = { ...byCookie, details: { ...byCookie.details, authprovider: 'cookie' } };
    const offered = drive({ auth: [{ name: 'cookie', answer: () => ({ signature: '' }) }, scram] });
    const opening = offered.session.join();
    offered.channel.deliver(message);
    await opening;
    const not = drive({ auth: [scram] });
    const refused = not.session.join();
    not.channel.deliver(message);
    await expect(refused).rejects.toThrow("the router wants 'cookie', which was not offered");
    expect(verify).not.toHaveBeenCalled();
  });

  test('a method that cannot even begin ends it before HELLO, and the connection with it', async () => {
    const authextra = vi.fn(() => {
      throw new Error('no TLS here');
    });
    const { session, channel, clock } = drive({
      auth: [{ name: 'ticket', authextra, answer: () => ({ signature: '' }) }],
    });
    await expect(session.join()).rejects.toThrow('no TLS here');
    expect(authextra).toHaveBeenCalledWith(channel);
    channel.expectNothingSent();
    expect([channel.closedWith?.code, clock.pending]).toEqual([1000, 0]);
  });

  test('the method looks at WELCOME before the session is open, and may refuse it', async () => {
    const verify = vi.fn(() => {
      throw new Error('this is not the router it says it is');
    });
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => ({ signature: 'x' }), verify }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(welcomeBy('ticket'));
    await expect(opening).rejects.toThrow('this is not the router it says it is');
    expect(verify).toHaveBeenCalledWith(expect.objectContaining({ authmethod: 'ticket', authid: 'joe' }));
    expect(channel.take('ABORT').reason).toBe(errorUris.authenticationFailed);
  });

  test.each([
    ['a method that was not offered', [], /'ticket'/],
    [
      'a method that throws',
      [
        {
          name: 'ticket',
          answer: () => {
            throw new Error('no key');
          },
        },
      ],
      /no key/,
    ],
    ['a method that rejects', [{ name: 'ticket', answer: () => Promise.reject(new Error('no key')) }], /no key/],
  ])('%s gives up the session with that error', async (_, auth, text) => {
    const { session, channel } = drive({ auth });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    await expect(opening).rejects.toThrow(text);
    expect((await channel.next('ABORT')).reason).toBe(errorUris.authenticationFailed);
    expect(channel.closedWith).toBeDefined();
  });

  test('an answer that comes after the end goes nowhere', async () => {
    const { promise, resolve } = deferred<{ signature: string }>();
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => promise }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    channel.lose();
    resolve({ signature: 'late' });
    await expect(opening).rejects.toThrow(ConnectionLostError);
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

  test.each([16, 32, 34, 64, 66, 68])('an ERROR that calls a CALL a request of type %i is one', async (requestType) => {
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
    const { session, channel, clock } = drive();
    const opening = state === 'new' ? undefined : session.join();
    opening?.catch(() => {});
    if (state === 'ended') channel.lose();
    await session.leave();
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
