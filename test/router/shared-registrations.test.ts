import fc from 'fast-check';
import { errorUris, MESSAGES, type MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { ALL_FEATURES, Peer } from './peer.ts';

const { CALL, REGISTER } = MESSAGES;
type Options = MessageOf<'REGISTER'>['options'];
type Policy = NonNullable<Options['invoke']>;
const SHARED: readonly Policy[] = ['roundrobin', 'random', 'first', 'last'];
const URI = 'a.procedure';

/** Callees that share `a.procedure`, and who calls it. */
function shared(invoke: Policy, count: number, router = new Router()) {
  const callees = Array.from({ length: count }, () => new Peer(router));
  const registrations = callees.map((callee) => callee.register(URI, { invoke }));
  const caller = new Peer(router);
  /** Calls and answers; gives the place of the callee that got it. */
  const reach = (): number => {
    caller.call(URI);
    const reached = callees.findIndex(({ channel }) => channel.sent.at(-1)?.type === 'INVOCATION');
    const callee = callees[reached] as Peer;
    callee.yield(callee.take('INVOCATION').request, reached);
    // What was sent last is looked at: make it something else.
    callee.subscribe('a.topic');
    expect(caller.take('RESULT').payload?.args).toEqual([reached]);
    return reached;
  };
  return { router, callees, registrations, caller, reach };
}
const refusal = (peer: Peer, options: Options): MessageOf<'ERROR'> => {
  const request = peer.request('REGISTER', { options, procedure: URI });
  const error = peer.take('ERROR');
  expect([error.requestType, error.request]).toEqual([REGISTER.code, request]);
  return error;
};

describe('Advanced Profile, Shared Registration', () => {
  test.each(SHARED)('%s: all callees have one registration under one id', (invoke) => {
    const { router, registrations } = shared(invoke, 3);
    expect(new Set(registrations).size).toBe(1);
    expect(router.counts('realm1')?.registrations).toBe(1);
  });

  test.each(SHARED.flatMap((first) => (['single', ...SHARED] as const).map((next) => [first, next] as const)))(
    'after %s, %s is refused unless it is the same, and the reason is in the keyword arguments',
    (first, next) => {
      const { router } = shared(first, 1);
      if (first === next) {
        new Peer(router).register(URI, { invoke: next });
        return;
      }
      const error = refusal(new Peer(router), { invoke: next });
      expect(error.error).toBe(errorUris.procedureAlreadyExists);
      expect(error.payload?.kwargs).toEqual({
        reason: expect.stringContaining(`'${first}', not '${next}'`) as unknown,
        invoke: first,
      });
    },
  );

  test.each(SHARED)('after single, %s is refused', (invoke) => {
    const { router } = shared('single', 1);
    const error = refusal(new Peer(router), { invoke });
    expect([error.error, error.payload?.kwargs?.['invoke']]).toEqual([errorUris.procedureAlreadyExists, 'single']);
  });

  test('the policy is free again when the last callee is gone', () => {
    const { router, callees, registrations } = shared('roundrobin', 2);
    callees[0]?.request('UNREGISTER', { registration: registrations[0] as number });
    expect(refusal(new Peer(router), { invoke: 'first' }).error).toBe(errorUris.procedureAlreadyExists);
    callees[1]?.channel.lose();
    expect(new Peer(router).register(URI, { invoke: 'first' })).not.toBe(registrations[0]);
  });

  test('the same URI under another match policy may have another invocation policy', () => {
    const { router } = shared('roundrobin', 1);
    new Peer(router).register(URI, { invoke: 'last', match: 'prefix' });
  });

  test('a session that registers twice gets the same id, and no second share of the calls', () => {
    const { callees, registrations, reach } = shared('roundrobin', 2);
    expect(callees[0]?.register(URI, { invoke: 'roundrobin' })).toBe(registrations[0]);
    expect([reach(), reach(), reach(), reach()]).toEqual([0, 1, 0, 1]);
  });
});

describe('Advanced Profile, Load Balancing', () => {
  test('roundrobin: one after the other in the order of registering, and from the start again', () => {
    const { reach } = shared('roundrobin', 3);
    expect(Array.from({ length: 7 }, reach)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  test('roundrobin: who is next stays next when one before it goes', () => {
    const { callees, reach } = shared('roundrobin', 4);
    expect([reach(), reach()]).toEqual([0, 1]);
    callees[0]?.channel.lose();
    expect([reach(), reach(), reach()]).toEqual([2, 3, 1]);
  });

  test('roundrobin: each has its turn, whoever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('call', 'call', 'join', 'leave', 'leave the oldest'), { maxLength: 60 }),
        (steps) => {
          const router = new Router();
          const caller = new Peer(router);
          let callees: Peer[] = [];
          /** How many calls each has had since a call was last answered by the first in line. */
          let waiting: Peer[] = [];
          for (const step of steps) {
            if (step === 'join') {
              const callee = new Peer(router);
              callee.register(URI, { invoke: 'roundrobin' });
              callees.push(callee);
              waiting.push(callee);
            } else if (step === 'call') {
              const request = caller.call(URI);
              if (callees.length === 0) {
                expect(caller.takeError(CALL.code, request)).toBe(errorUris.noSuchProcedure);
                continue;
              }
              const reached = callees.find(({ channel }) => channel.sent.at(-1)?.type === 'INVOCATION') as Peer;
              // Nobody gets a second call while somebody who was there waits for a first.
              if (waiting.length === 0) waiting = [...callees];
              expect(waiting).toContain(reached);
              waiting = waiting.filter((peer) => peer !== reached);
              reached.yield(reached.take('INVOCATION').request);
              reached.subscribe('a.topic');
              caller.take('RESULT');
            } else {
              const left = callees[step === 'leave' ? callees.length - 1 : 0];
              left?.channel.lose();
              callees = callees.filter((peer) => peer !== left);
              waiting = waiting.filter((peer) => peer !== left);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('random: everybody has a part, and about the same', () => {
    let state = 1;
    // A generator with a fixed seed, so that the outcome is always the same.
    const random = (into: Uint8Array): void =>
      into.forEach((_, index) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        into[index] = state >>> 16;
      });
    const { reach } = shared('random', 4, new Router({ random }));
    const counts = [0, 0, 0, 0];
    for (let count = 0; count < 4000; count++) {
      const reached = reach();
      counts[reached] = (counts[reached] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('Advanced Profile, Hot Stand-By', () => {
  test.each([
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
  ] as const)('%s: one gets all calls, and the next when it is gone', (invoke, order) => {
    const { callees, caller, reach } = shared(invoke, 3);
    for (const place of order) {
      expect([reach(), reach()]).toEqual([place, place]);
      callees[place]?.channel.lose();
    }
    expect(caller.takeError(CALL.code, caller.call(URI))).toBe(errorUris.noSuchProcedure);
  });

  test('a call on its way to a callee that leaves is canceled; the next goes to another', () => {
    const { callees, caller } = shared('first', 2);
    const request = caller.call(URI);
    callees[0]?.channel.lose();
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
    caller.call(URI);
    callees[1]?.take('INVOCATION');
  });

  test('a callee that has unregistered still answers what it was called for before', () => {
    const { callees, registrations, caller } = shared('first', 2);
    const [first] = callees as [Peer, Peer];
    const request = caller.call(URI);
    first.request('UNREGISTER', { registration: registrations[0] as number });
    const { request: invocation } = first.take('INVOCATION');
    first.take('UNREGISTERED');
    first.yield(invocation, 'late');
    expect(caller.take('RESULT')).toMatchObject({ request, payload: { args: ['late'] } });
  });
});

describe('REGISTER with force_reregister', () => {
  /** Where everybody may end what others have. */
  const open = () => new Router({ realms: [{ name: 'realm1', administrators: ['anonymous'] }] });

  test.each(['single', 'roundrobin'] as const)('%s: takes over, and those before it are told', (invoke) => {
    const { router, callees, registrations, caller } = shared(invoke, invoke === 'single' ? 1 : 2, open());
    const next = new Peer(router);
    const registration = next.register(URI, { invoke: 'single', force_reregister: true });
    expect(registration).not.toBe(registrations[0]);
    for (const callee of callees) {
      expect(callee.take('UNREGISTERED')).toMatchObject({
        request: 0,
        details: { registration: registrations[0], reason: 'wamp.error.unregistered' },
      });
    }
    caller.call(URI);
    expect(next.take('INVOCATION').registration).toBe(registration);
    expect(router.counts('realm1')?.registrations).toBe(1);
  });

  test('a callee that does not know of revocation hears nothing of it', () => {
    const router = open();
    const former = new Peer(router, { roles: { ...ALL_FEATURES, callee: {} } });
    former.register(URI);
    new Peer(router).register(URI, { force_reregister: true });
    former.expectNothing();
  });

  test('where nobody was before it is as any other', () => {
    const router = new Router();
    new Peer(router).register(URI, { force_reregister: true });
    expect(refusal(new Peer(router), {}).error).toBe(errorUris.procedureAlreadyExists);
  });
});
