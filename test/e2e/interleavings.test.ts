import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interleaving } from './interleaving.ts';
import { pseudoRandom } from './pseudo-random.ts';

// Whatever happens in whatever order, each promise settles, nothing is thrown, and nothing is left behind.

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

describe('ten thousand random interleavings of what clients, the router and the network do', () => {
  beforeAll(() => void process.on('unhandledRejection', onUnhandled));
  afterAll(() => void process.off('unhandledRejection', onUnhandled));
  /** The jitter of reconnecting has to be the same each time, too. */
  let random = pseudoRandom(0);
  // Not a spy, which would keep what it is called with, a hundred thousand times.
  const own = Math.random;
  beforeAll(() => void (Math.random = () => random(2 ** 32) / 2 ** 32));
  afterAll(() => void (Math.random = own));
  // Of many thousand errors that are made, nobody looks at where.
  const { stackTraceLimit } = Error;
  beforeAll(() => void (Error.stackTraceLimit = 1));
  afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

  test.each([0, 2500, 5000, 7500])(
    'from seed %i on leave no promise pending and nothing in the router',
    { timeout: 240_000 },
    async (first) => {
      let [fulfilled, rejected] = [0, 0];
      for (let seed = first; seed < first + 2500; seed++) {
        random = pseudoRandom(seed);
        const findings = await new Interleaving(seed).run();
        if (findings.problems.length > 0)
          expect.fail(`seed ${seed}: ${findings.problems.join('; ')}\n${findings.operations.join('\n')}`);
        fulfilled += findings.fulfilled;
        rejected += findings.rejected;
      }
      expect(unhandled).toEqual([]);
      // They do come to both ends.
      expect(fulfilled).toBeGreaterThan(20_000);
      expect(rejected).toBeGreaterThan(7000);
    },
  );
});
