import { type AuthMethod, TimeoutError } from 'rocade';
import { describe, expect, test } from 'vitest';
import { drive, stateOf } from './harness.ts';
import { turn } from './lines.ts';

describe('a router that does not answer', () => {
  const challenge = { type: 'CHALLENGE', authmethod: 'slow', extra: {} } as const;
  /** A method whose answer takes as long as the test wants. */
  const slow = () => {
    const answers: ((answer: { signature: string }) => void)[] = [];
    const method: AuthMethod = { name: 'slow', answer: () => new Promise((resolve) => answers.push(resolve)) };
    return { method, answer: () => answers.shift()?.({ signature: 'x' }) };
  };

  test('has ten seconds for HELLO, though everything else may take longer', async () => {
    const { session, channel, clock } = drive({ timeoutMs: 30_000 });
    const opening = session.join();
    clock.advance(9999);
    expect(await stateOf(opening)).toBe('pending');
    clock.advance(1);
    await expect(opening).rejects.toThrow(TimeoutError);
    expect([channel.sent.at(-1)?.type, clock.pending]).toEqual(['ABORT', 0]);
  });

  test('has less where less is allowed, and for ever where that is', async () => {
    const [hasty, patient] = [drive({ timeoutMs: 100 }), drive({ timeoutMs: 0 })];
    const [opening, waiting] = [hasty.session.join(), patient.session.join()];
    hasty.clock.advance(100);
    await expect(opening).rejects.toThrow(TimeoutError);
    expect([await stateOf(waiting), patient.clock.pending]).toEqual(['pending', 0]);
  });

  test('has ten seconds for AUTHENTICATE, however long the user took for the secret', async () => {
    const { method, answer } = slow();
    const { session, channel, clock } = drive({ timeoutMs: 60_000, auth: [method] });
    const opening = session.join();
    channel.deliver(challenge);
    clock.advance(40_000);
    answer();
    await channel.next('HELLO');
    await channel.next('AUTHENTICATE');
    clock.advance(9999);
    expect(await stateOf(opening)).toBe('pending');
    clock.advance(1);
    await expect(opening).rejects.toThrow(TimeoutError);
    // Who has asked for a proof is a router.
    await expect(opening).rejects.toThrow('the other side challenged by slow: no WELCOME within 10000 ms');
    expect(clock.pending).toBe(0);
  });

  test('is sent no secret that comes when the session is over', async () => {
    const { method, answer } = slow();
    const { session, channel, clock } = drive({ auth: [method] });
    const opening = expect(session.join()).rejects.toThrow(TimeoutError);
    channel.deliver(challenge);
    clock.advance(1000);
    await opening;
    const sent = channel.sent.length;
    answer();
    await turn();
    expect([channel.sent.length - sent, clock.pending]).toEqual([0, 0]);
  });

  test('cannot make it last longer than all of it may take, by one challenge after the other', async () => {
    const { method, answer } = slow();
    const { session, channel, clock } = drive({ timeoutMs: 30_000, auth: [method] });
    const opening = session.join();
    await channel.next('HELLO');
    for (let round = 0; round < 3; round++) {
      channel.deliver(challenge);
      answer();
      await channel.next('AUTHENTICATE');
      clock.advance(9000);
    }
    expect(await stateOf(opening)).toBe('pending');
    channel.deliver(challenge);
    clock.advance(3000);
    await expect(opening).rejects.toThrow(TimeoutError);
    expect(clock.pending).toBe(0);
  });
});
