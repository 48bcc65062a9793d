import { errorUris, MESSAGES, type Message, type MessageOf, WampError } from 'rocade/protocol';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { Dealer } from '../../src/router/dealer.ts';
import { Member } from '../../src/router/member.ts';
import { TrustLevels } from '../../src/router/trust.ts';
import { payload } from './peer.ts';

const IDENTITY = { authid: 'alice', authrole: 'user', authmethod: 'ticket', authprovider: 'static' };
let sessions = 0;

/** A dealer, and members of it with what each was sent. */
function setUp() {
  const failures: Error[] = [];
  const dealer = new Dealer(
    { clock: fakeClock(), newId: () => 1, limitHit: () => {}, failed: (error) => void failures.push(error) },
    {
      disclosure: 'ask',
      trust: new TrustLevels([]),
      maxCallTimeout: 0,
      maxWaitingCalls: 1,
      limits: { maxPendingCalls: 1, maxPendingCallBytes: 1 },
    },
    () => false,
  );
  const join = (features = {}) => {
    const sent: Message[] = [];
    const member = new Member(++sessions, IDENTITY, {
      roles: { callee: { features } },
      send: (message) => void sent.push(message),
    });
    return { member, sent };
  };
  return { dealer, failures, join };
}
const callOf = (procedure: string, ...args: unknown[]): MessageOf<'CALL'> => ({
  type: 'CALL',
  request: 1,
  options: {},
  procedure,
  payload: payload(...args),
});
const register = (dealer: Dealer, member: Member, procedure: string): void =>
  dealer.register(member, { type: 'REGISTER', request: 1, options: {}, procedure });

describe('procedures that the router answers itself', () => {
  test('get the caller and the payload; what they return at once is answered at once', () => {
    const { dealer, join } = setUp();
    const { member, sent } = join();
    dealer.provide('wamp.test.whoami', ({ caller, procedure, payload: given }) =>
      payload(caller.identity.authid, procedure, ...(given?.args ?? [])),
    );
    dealer.call(member, callOf('wamp.test.whoami', 7));
    expect(sent).toMatchObject([{ type: 'RESULT', request: 1, payload: { args: ['alice', 'wamp.test.whoami', 7] } }]);
    expect(member.calls.size).toBe(0);
  });

  test('a promise is answered when it settles', async () => {
    const { dealer, join } = setUp();
    const { member, sent } = join();
    dealer.provide('wamp.test.later', () => Promise.resolve(payload('later')));
    dealer.call(member, callOf('wamp.test.later'));
    expect([sent.length, member.calls.size]).toEqual([0, 1]);
    await Promise.resolve();
    expect(sent).toMatchObject([{ type: 'RESULT', payload: { args: ['later'] } }]);
    expect(member.calls.size).toBe(0);
  });

  test('an answer that comes when the caller has canceled, or has left, is dropped', async () => {
    const { dealer, failures, join } = setUp();
    const [canceler, leaver] = [join(), join()];
    dealer.provide('wamp.test.later', () => Promise.resolve(payload('later')));
    for (const { member } of [canceler, leaver]) dealer.call(member, callOf('wamp.test.later'));
    dealer.cancel(canceler.member, { type: 'CANCEL', request: 1, options: { mode: 'kill' } });
    dealer.leave(leaver.member);
    await Promise.resolve();
    expect(canceler.sent).toMatchObject([{ type: 'ERROR', error: errorUris.canceled }]);
    expect([leaver.sent, failures]).toEqual([[], []]);
  });

  test('a WampError, thrown or rejected with, is the ERROR that the caller gets', async () => {
    const { dealer, join } = setUp();
    const error = new WampError('wamp.error.no_such_session', ['no session 4711'], { session: 4711 });
    dealer.provide('wamp.test.throws', () => {
      throw error;
    });
    dealer.provide('wamp.test.rejects', () => Promise.reject(error));
    for (const procedure of ['wamp.test.throws', 'wamp.test.rejects']) {
      const { member, sent } = join();
      dealer.call(member, callOf(procedure));
      await Promise.resolve();
      expect(sent).toMatchObject([
        {
          type: 'ERROR',
          requestType: MESSAGES.CALL.code,
          request: 1,
          error: error.uri,
          payload: { args: error.args, kwargs: error.kwargs },
        },
      ]);
    }
  });

  test("anything else that is thrown is the router's mistake: told to it, and not to the caller", () => {
    const { dealer, failures, join } = setUp();
    const { member, sent } = join();
    dealer.provide('wamp.test.broken', () => {
      throw new TypeError('secret');
    });
    dealer.call(member, callOf('wamp.test.broken'));
    expect(sent).toMatchObject([{ type: 'ERROR', error: errorUris.runtimeError }]);
    expect(JSON.stringify(sent)).not.toContain('secret');
    expect(failures).toMatchObject([{ message: 'secret' }]);
  });

  test('are in no list of registrations', () => {
    const { dealer } = setUp();
    dealer.provide('wamp.test.hidden', () => undefined);
    expect([dealer.registrations.size, [...dealer.registrations.all()]]).toEqual([0, []]);
    expect(dealer.registrations.match('wamp.test.hidden')).toBeUndefined();
  });
});

describe('who watches registrations', () => {
  const watched = () => {
    const made = setUp();
    const heard: unknown[] = [];
    const hear = (what: string) => (session: number, registration: { id: number }) =>
      void heard.push([what, session, registration.id]);
    made.dealer.registrations.watch({
      created: hear('created'),
      registered: hear('registered'),
      unregistered: hear('unregistered'),
      deleted: hear('deleted'),
    });
    return { ...made, heard };
  };

  test('hears of each that comes and goes, in that order, also of those that a leaving session had', () => {
    const { dealer, heard, join } = watched();
    const { member, sent } = join();
    register(dealer, member, 'a.procedure');
    expect(sent).toMatchObject([{ type: 'REGISTERED', registration: 1 }]);
    dealer.unregister(member, { type: 'UNREGISTER', request: 2, registration: 1 });
    register(dealer, member, 'b.procedure');
    dealer.leave(member);
    const { id } = member;
    expect(heard).toEqual([
      ['created', id, 1],
      ['registered', id, 1],
      ['unregistered', id, 1],
      ['deleted', id, 1],
      ['created', id, 2],
      ['registered', id, 2],
      ['unregistered', id, 2],
      ['deleted', id, 2],
    ]);
  });
});

describe('Advanced Profile, Registration Revocation', () => {
  test('a callee that can be told is told, with the registration and the reason', () => {
    const { dealer, join } = setUp();
    for (const features of [{ registration_revocation: true }, {}]) {
      const { member, sent } = join(features);
      register(dealer, member, 'a.procedure');
      const registration = dealer.registrations.lookup('a.procedure', 'exact');
      if (!registration) throw new Error('it was not registered');
      expect(dealer.revoke(registration, member, 'com.example.enough')).toBe(true);
      expect(sent.slice(1)).toEqual(
        'registration_revocation' in features
          ? [
              {
                type: 'UNREGISTERED',
                request: 0,
                details: { registration: registration.id, reason: 'com.example.enough' },
              },
            ]
          : [],
      );
      expect(dealer.revoke(registration, member, 'com.example.enough')).toBe(false);
      expect(dealer.registrations.size).toBe(0);
    }
  });
});
