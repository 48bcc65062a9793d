import { describe, expect, test } from 'vitest';
import { CallInterleaving, type Outcomes } from './call-interleaving.ts';

// Whatever callers and callees do in whatever order, each call gets one answer and no more, and nothing is left behind.

describe('random interleavings of calls in parts, cancelling, time-outs, shared and limited callees', () => {
  test.each([0, 1000, 2000, 3000])(
    'from seed %i on each call gets exactly one answer',
    { timeout: 60_000 },
    (first) => {
      const total: Outcomes = {};
      for (let seed = first; seed < first + 1000; seed++) {
        const interleaving = new CallInterleaving(seed);
        interleaving.run();
        if (interleaving.problems.length > 0)
          expect.fail(`seed ${seed}: ${interleaving.problems.join('; ')}\n${interleaving.operations.join('\n')}`);
        for (const [outcome, count] of Object.entries(interleaving.outcomes))
          total[outcome] = (total[outcome] ?? 0) + count;
      }
      // All that may come of a call does.
      for (const outcome of [
        'result',
        'part',
        'interrupt',
        'revocation',
        'com.example.error',
        'wamp.error.canceled',
        'wamp.error.timeout',
        'wamp.error.no_available_callee',
        'wamp.error.no_such_procedure',
        'wamp.error.feature_not_supported',
      ])
        expect.soft(total[outcome] ?? 0, outcome).toBeGreaterThan(50);
    },
  );
});
