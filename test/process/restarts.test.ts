import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { DEFAULT_RULES, type RestartRules, Restarts, rulesOf } from '../../src/process/restarts.ts';

/** One whose processes each run for so many milliseconds; tells what followed each end. */
function lives(runs: readonly number[], rules: Partial<RestartRules> = {}, random = 1): unknown[] {
  const clock = fakeClock();
  const restarts = new Restarts({ ...DEFAULT_RULES, ...rules }, clock, () => random);
  return runs.map((ms) => {
    restarts.started();
    clock.advance(ms);
    const verdict = restarts.ended(true);
    if (typeof verdict === 'string') return verdict;
    clock.advance(verdict.restartIn);
    return verdict.restartIn;
  });
}

describe('what ends is started again', () => {
  test('after twice as long each time, up to a bound', () => {
    expect(lives([0, 0, 0, 0, 0], { limit: 9, maxDelay: 500 })).toEqual([100, 200, 400, 500, 500]);
  });

  test('after between half of that and all of it', () => {
    expect(lives([0, 0], {}, 0)).toEqual([50, 100]);
    expect(lives([0, 0], {}, 0.5)).toEqual([75, 150]);
  });

  test('as the first time, once it has run for ten seconds', () => {
    expect(lives([0, 0, 9_999, 0], { limit: 9 })).toEqual([100, 200, 400, 800]);
    expect(lives([0, 0, 10_000, 0], { limit: 9 })).toEqual([100, 200, 100, 200]);
  });

  test('not when there have been too many starts within the window', () => {
    expect(lives([0, 0, 0, 0, 0])).toEqual([100, 200, 400, 800, 'failed']);
    // Those before the window do not count.
    const rules = { limit: 3, maxDelay: 100 };
    expect(lives([0, 0, 0], rules)).toEqual([100, 100, 'failed']);
    expect(lives([0, 0, 9900, 0, 0], rules)).toEqual([100, 100, 100, 100, 100]);
  });

  test('from the beginning, when somebody has started it', () => {
    const clock = fakeClock();
    const restarts = new Restarts({ ...DEFAULT_RULES, limit: 2 }, clock, () => 1);
    restarts.started();
    expect(restarts.ended(true)).toEqual({ restartIn: 100 });
    restarts.forget();
    restarts.started();
    expect(restarts.ended(true)).toEqual({ restartIn: 100 });
  });
});

test.each<[RestartRules['policy'], unknown, unknown]>([
  ['always', { restartIn: 100 }, { restartIn: 100 }],
  ['on-failure', { restartIn: 100 }, 'over'],
  ['never', 'failed', 'over'],
])('%s: what follows a failure, and an end without one', (policy, failure, end) => {
  const after = (failed: boolean): unknown => {
    const restarts = new Restarts(rulesOf(policy), fakeClock(), () => 1);
    restarts.started();
    return restarts.ended(failed);
  };
  expect([after(true), after(false)]).toEqual([failure, end]);
});
