import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { Pulse } from '../../src/process/pulse.ts';

/** A program that answers each question, or not; tells how often it was asked, and when it was found still. */
function program(answers = true) {
  const clock = fakeClock();
  const seen = { asked: 0, still: [] as number[], answers };
  const pulse = new Pulse({
    clock,
    timeoutMs: 1000,
    ask: () => {
      seen.asked++;
      // As on a channel: later.
      if (seen.answers) clock.after(1, () => pulse.heard());
    },
    onStill: () => seen.still.push(clock.now()),
  });
  return { clock, seen, pulse };
}

describe('the pulse of a program', () => {
  test('is felt for as long as it answers', () => {
    const { clock, seen } = program();
    clock.advance(1_000_000);
    expect(seen.still).toEqual([]);
    expect(seen.asked).toBe(4001);
  });

  test('is found missing once, after the time-out and at most a quarter more', () => {
    const { clock, seen } = program();
    clock.advance(10_100);
    const last = clock.now();
    seen.answers = false;
    clock.advance(100_000);
    expect(seen.still).toHaveLength(1);
    const [after = 0] = seen.still.map((at) => at - last);
    expect(after).toBeGreaterThanOrEqual(1000);
    expect(after).toBeLessThanOrEqual(1250);
  });

  test('is not missed before the first answer, nor when answers come late but in time, nor at the end', () => {
    const { clock, seen, pulse } = program(false);
    clock.advance(100_000);
    pulse.heard();
    for (let round = 0; round < 100; round++) {
      clock.advance(999);
      pulse.heard();
    }
    clock.advance(500);
    pulse.end();
    clock.advance(100_000);
    expect(seen.still).toEqual([]);
  });
});
