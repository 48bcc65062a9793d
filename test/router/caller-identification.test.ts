import { errorUris, MESSAGES } from 'rocade/protocol';
import { type Disclosure, Router, type TrustRule } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

const { CALL, REGISTER } = MESSAGES;

/** What a callee is told of a call. */
function toldOf(
  realm: { disclosure?: Disclosure; trustLevels?: TrustRule[] },
  options: { disclose_me?: boolean } = {},
  register: { disclose_caller?: boolean; match?: 'prefix' } = {},
) {
  const router = new Router({ realms: [{ name: 'realm1', ...realm }] });
  const [caller, callee] = [new Peer(router), new Peer(router)];
  callee.register('a.procedure', register);
  caller.callWith(options, 'a.procedure');
  const { authid, authrole } = caller.welcome.details;
  return {
    details: callee.take('INVOCATION').details,
    disclosed: { caller: caller.session, caller_authid: authid, caller_authrole: authrole },
  };
}

describe('Advanced Profile, Caller Identification', () => {
  test.each([
    ['ask', {}, {}, false],
    ['ask', { disclose_me: false }, {}, false],
    ['ask', { disclose_me: true }, {}, true],
    ['ask', {}, { disclose_caller: false }, false],
    ['ask', {}, { disclose_caller: true }, true],
    ['ask', { disclose_me: false }, { disclose_caller: true }, true],
    ['always', {}, {}, true],
    ['always', { disclose_me: false }, {}, true],
    ['never', {}, {}, false],
    ['never', { disclose_me: false }, { disclose_caller: false }, false],
  ] as const)(
    'in a realm with disclosure %s, CALL %j and REGISTER %j, the callee is told: %s',
    (...[disclosure, options, register, told]) => {
      const { details, disclosed } = toldOf({ disclosure }, options, register);
      expect(details).toEqual(told ? disclosed : {});
    },
  );

  test('a realm that never discloses refuses the callers and callees that ask', () => {
    const router = new Router({ realms: [{ name: 'realm1', disclosure: 'never' }] });
    const [caller, callee] = [new Peer(router), new Peer(router)];
    callee.register('a.procedure');
    const call = caller.callWith({ disclose_me: true }, 'a.procedure');
    expect(caller.takeError(CALL.code, call)).toBe(errorUris.discloseMeDisallowed);
    callee.expectNothing();
    const register = callee.request('REGISTER', { options: { disclose_caller: true }, procedure: 'b.procedure' });
    expect(callee.takeError(REGISTER.code, register)).toBe(errorUris.optionNotAllowed);
    expect(router.counts('realm1')).toMatchObject({ registrations: 1, calls: 0 });
  });

  test('of callees that share a procedure, those that asked are told, and the others are not', () => {
    const router = new Router();
    const [caller, curious, other] = [new Peer(router), new Peer(router), new Peer(router)];
    curious.register('a.procedure', { invoke: 'roundrobin', disclose_caller: true });
    other.register('a.procedure', { invoke: 'roundrobin' });
    for (let count = 0; count < 2; count++) caller.call('a.procedure');
    expect(curious.take('INVOCATION').details.caller).toBe(caller.session);
    expect(other.take('INVOCATION').details).toEqual({});
  });

  test('who has registered a pattern is told the procedure as well', () => {
    const { details, disclosed } = toldOf({}, { disclose_me: true }, { match: 'prefix' });
    expect(details).toEqual({ ...disclosed, procedure: 'a.procedure' });
  });
});

describe('Advanced Profile, Call Trust Levels', () => {
  test('the first rule that fits the role and the procedure decides', () => {
    const levelWith = (...trustLevels: TrustRule[]): unknown => toldOf({ trustLevels }).details.trustlevel;
    expect(levelWith()).toBeUndefined();
    expect(levelWith({ level: 0 })).toBe(0);
    expect(levelWith({ level: 3, authrole: 'anonymous', uri: 'a.', match: 'prefix' }, { level: 1 })).toBe(3);
    expect(levelWith({ level: 3, authrole: 'service' }, { level: 2, uri: 'a.procedure' })).toBe(2);
    expect(levelWith({ level: 3, uri: 'b.procedure' })).toBeUndefined();
  });
});
