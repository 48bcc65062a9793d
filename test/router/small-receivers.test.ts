import type { Serializer } from 'rocade';
import { errorUris, MESSAGES, type RouterMessage } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { PayloadSizeError } from '../../src/protocol/index.ts';
import { jsonWire } from '../../src/serializers/index.ts';
import { ALL_FEATURES, Peer } from './peer.ts';

// Advanced Profile, "RawSocket Transport": no message may be longer than its receiver has said that it takes.

const MOST = 2048;
const LONG = 'x'.repeat(MOST);
const { CALL, REGISTER, INVOCATION } = MESSAGES;

/** What RawSocket does to a message that is too long for the other side. */
function bounded(): Serializer {
  const wire = jsonWire();
  const encode: Serializer['encode'] = (message) => {
    const frame = wire.encode(message);
    const length = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
    if (length > MOST) throw new PayloadSizeError(`cannot send a message of ${length} octets`);
    return frame;
  };
  return { ...wire, encode, decode: (frame) => wire.decode(frame) };
}

const REVOCABLE = {
  ...ALL_FEATURES,
  subscriber: { features: { subscription_revocation: true } },
};

function setUp() {
  const clock = fakeClock();
  const failures: Error[] = [];
  const router = new Router({
    clock,
    realms: [{ name: 'realm1', administrators: ['anonymous'] }],
    onError: (error) => void failures.push(error),
  });
  const small = () => new Peer(router, { serializer: bounded(), roles: REVOCABLE });
  return { clock, router, failures, small, large: () => new Peer(router) };
}

/** The topics of what the meta API has told since. */
function told(monitor: Peer): unknown[] {
  return monitor.channel.sent
    .filter((message): message is Extract<RouterMessage, { type: 'EVENT' }> => message.type === 'EVENT')
    .map(({ details }) => details.topic);
}

describe('a session that takes short messages only', () => {
  test('is ended with GOODBYE although the words that go with it are too long, and others with it', () => {
    const { clock, failures, small, large } = setUp();
    const [killer, first, second] = [large(), small(), large()];
    const kwargs = { message: LONG };
    killer.request(
      'CALL',
      { options: {}, procedure: 'wamp.session.kill_by_authrole' },
      { args: ['anonymous'], kwargs },
    );
    expect(killer.take('RESULT').payload?.args).toEqual([2]);
    expect(first.take('GOODBYE').details).toEqual({});
    expect(second.take('GOODBYE').details).toEqual(kwargs);
    clock.advance(1000);
    expect([first, second].map(({ channel }) => channel.closedWith?.code)).toEqual([1000, 1000]);
    expect(failures).toEqual([]);
  });

  test.each(['registration', 'subscription'] as const)('loses its %s although the reason is too long', (what) => {
    const { failures, small, large } = setUp();
    const [killer, victim] = [large(), small()];
    const id = what === 'registration' ? victim.register('a.b') : victim.subscribe('a.b');
    const monitor = large();
    monitor.subscribe(`wamp.${what}.on_delete`);
    const procedure =
      what === 'registration' ? 'wamp.registration.remove_callee' : 'wamp.subscription.remove_subscriber';
    // Written in three octets each.
    killer.call(procedure, id, victim.session, '語'.repeat(1000));
    killer.take('RESULT');
    expect(victim.take(what === 'registration' ? 'UNREGISTERED' : 'UNSUBSCRIBED')).toMatchObject({
      request: 0,
      details: { [what]: id },
    });
    expect(told(monitor)).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  test('is refused with the URI of the error when the words are too long', () => {
    const { small, large, failures } = setUp();
    const [other, callee] = [large(), small()];
    // Written in three octets each.
    const procedure = '語'.repeat(650);
    other.register(procedure, { invoke: 'random' });
    const request = callee.request('REGISTER', { options: {}, procedure });
    expect(callee.takeError(REGISTER.code, request)).toBe(errorUris.procedureAlreadyExists);
    expect(failures).toEqual([]);
  });

  test('gets no event that is too long, and the others do', () => {
    const { small, large, failures } = setUp();
    const [publisher, subscriber, other] = [large(), small(), large()];
    for (const peer of [subscriber, other]) peer.subscribe('a.topic');
    publisher.publish('a.topic', [LONG], { acknowledge: true });
    publisher.publish('a.topic', ['short']);
    publisher.take('PUBLISHED');
    expect(subscriber.take('EVENT').payload?.args).toEqual(['short']);
    expect(other.take('EVENT').payload?.args).toEqual([LONG]);
    expect(failures).toEqual([]);
  });

  test('as a caller gets payload_size_exceeded for a result, a part of one, and an error that is too long', () => {
    const { router, small, large } = setUp();
    const [caller, callee] = [small(), large()];
    callee.register('a.procedure');
    const answers = [
      (invocation: number) => callee.yield(invocation, LONG),
      (invocation: number) => callee.fail(invocation, 'an.error', LONG),
      (invocation: number) => callee.progress(invocation, LONG),
    ];
    for (const answer of answers) {
      const request = caller.callWith({ receive_progress: true }, 'a.procedure');
      answer(callee.take('INVOCATION').request);
      expect(caller.takeError(CALL.code, request)).toBe(errorUris.payloadSizeExceeded);
    }
    expect(callee.take('INTERRUPT').request).toBe(3);
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('as a callee is not called with what is too long: its caller gets payload_size_exceeded', () => {
    const { router, small, large } = setUp();
    const [caller, callee] = [large(), small()];
    callee.register('a.procedure');
    const request = caller.call('a.procedure', LONG);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.payloadSizeExceeded);
    callee.expectNothing();
    caller.call('a.procedure', 'short');
    // Ids have no gap.
    expect(callee.take('INVOCATION').request).toBe(1);
    callee.send({ type: 'ERROR', requestType: INVOCATION.code, request: 1, details: {}, error: 'an.error' });
    caller.take('ERROR');
    expect(router.counts('realm1')?.calls).toBe(0);
  });
});
