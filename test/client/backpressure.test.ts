import { PayloadError, WampError } from 'rocade';
import { PayloadSizeError } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { invocation, joined, registered, stateOf } from './harness.ts';
import { turn } from './lines.ts';

describe('a connection that sends slowly', () => {
  test('a publication resolves at once while little waits to be sent', async () => {
    const { session, channel, clock } = await joined();
    channel.bufferedAmount = 1_000_000;
    await session.publish('a.b');
    expect(clock.pending).toBe(0);
  });

  test('it resolves later when much does: as soon as there is less', async () => {
    const { session, channel, clock } = await joined();
    channel.bufferedAmount = 1_000_001;
    const published = [session.publish('a.b'), session.publish('a.b')];
    expect(channel.sent.map(({ type }) => type).slice(1)).toEqual(['PUBLISH', 'PUBLISH']);
    // One timer for all who wait.
    expect(clock.pending).toBe(1);
    clock.advance(20);
    expect(await stateOf(Promise.race(published))).toBe('pending');
    channel.bufferedAmount = 10;
    clock.advance(20);
    expect(await Promise.all(published)).toEqual([undefined, undefined]);
    expect(clock.pending).toBe(0);
    channel.bufferedAmount = 2_000_000;
    expect(await stateOf(session.publish('a.b'))).toBe('pending');
    expect(clock.pending).toBe(1);
  });

  test('one that is acknowledged waits for its acknowledgement and for nothing else', async () => {
    const { session, channel, clock } = await joined({ timeoutMs: 0 });
    channel.bufferedAmount = 2_000_000;
    const published = session.publish('a.b', [], { acknowledge: true });
    const { request } = channel.take('PUBLISH');
    channel.deliver({ type: 'PUBLISHED', request, publication: 5 });
    expect(await published).toBe(5);
    expect(clock.pending).toBe(0);
  });

  test('whoever waits is let go when the connection is lost', async () => {
    const { session, channel, clock } = await joined();
    channel.bufferedAmount = 2_000_000;
    const published = session.publish('a.b');
    channel.lose();
    clock.advance(20);
    expect(await published).toBe(undefined);
    expect(clock.pending).toBe(0);
  });

  test('far too much is refused, and nothing is sent', async () => {
    const { session, channel, endings } = await joined();
    channel.bufferedAmount = 64_000_001;
    const sent = channel.sent.length;
    for (const refused of [
      session.publish('a.b'),
      session.call('a.b'),
      session.publish('a.b', [], { acknowledge: true }),
    ])
      await expect(refused).rejects.toThrow(PayloadError);
    expect(channel.sent).toHaveLength(sent);
    expect(endings).toEqual([]);
    channel.bufferedAmount = 0;
    await session.publish('a.b');
    expect(channel.sent).toHaveLength(sent + 1);
  });

  test('a call is cancelled all the same, as that makes for less', async () => {
    const { session, channel } = await joined();
    const giveUp = new AbortController();
    const call = session.call('a.b', [], { signal: giveUp.signal });
    const { request } = channel.take('CALL');
    channel.bufferedAmount = 64_000_001;
    giveUp.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(channel.take('CANCEL').request).toBe(request);
  });

  test('a result that is refused becomes an error for the caller, which is not', async () => {
    const driven = await joined();
    const { channel, errors } = driven;
    await registered(driven, () => Promise.resolve('result'));
    channel.bufferedAmount = 64_000_001;
    channel.deliver(invocation(1));
    const error = await channel.next('ERROR');
    expect(error).toMatchObject({ request: 1, error: 'wamp.error.invalid_payload' });
    expect(errors).toEqual([expect.any(PayloadError)]);
    expect(errors[0]).not.toBeInstanceOf(WampError);
  });

  test('parts of a result, and of a call, are asked for no faster than they can be sent', async () => {
    const roles = { dealer: { features: { progressive_call_invocations: true } } };
    const driven = await joined({ timeoutMs: 0, roles });
    const { session, channel, clock } = driven;
    let given = 0;
    async function* parts(): AsyncGenerator<number> {
      for (given = 1; given <= 3; given++) yield given;
    }
    const begin = {
      'of a result': async () => {
        await registered(driven, parts);
        channel.bufferedAmount = 2_000_000;
        channel.deliver({ ...invocation(1), details: { receive_progress: true } });
      },
      'of a call': () => {
        channel.bufferedAmount = 2_000_000;
        session.call('a.b', [], { input: parts() }).catch(() => {});
      },
    };
    for (const [which, act] of Object.entries(begin)) {
      await act();
      await turn();
      expect([which, given]).toEqual([which, 1]);
      channel.bufferedAmount = 0;
      clock.advance(20);
      await turn();
      expect([which, given]).toEqual([which, 4]);
    }
  });

  test('a result that the transport finds too large is told as that', async () => {
    const driven = await joined();
    const { channel, errors } = driven;
    await registered(driven, () => 'x'.repeat(1000));
    const send = channel.send.bind(channel);
    channel.send = (message) => {
      if (message.type === 'YIELD') throw new PayloadSizeError('cannot send a message of 1000 octets');
      send(message);
    };
    channel.deliver(invocation(1));
    expect(await channel.next('ERROR')).toMatchObject({ request: 1, error: 'wamp.error.payload_size_exceeded' });
    expect(errors).toEqual([expect.any(PayloadSizeError)]);
  });

  test('and one can still say goodbye', async () => {
    const { session, channel, endings } = await joined();
    channel.bufferedAmount = 64_000_001;
    const leaving = session.leave();
    channel.take('GOODBYE');
    channel.deliver({ type: 'GOODBYE', details: {}, reason: 'wamp.close.goodbye_and_out' });
    await leaving;
    expect(endings).toHaveLength(1);
  });
});
