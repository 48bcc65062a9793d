import { describe, expect, test } from 'vitest';
import { BrokerInterleaving } from './broker-interleaving.ts';

// Advanced Profile, "Pattern-based Subscription", "Subscriber Black- and Whitelisting", "Registration Meta API",
// "Subscriptions Meta API" and "Session Meta API", all at once.

describe('random interleavings of sessions that come, go, subscribe, register and publish', () => {
  test.each([0, 200])(
    'from seed %i on each event reaches those it is for, and what is told adds up to what is there',
    { timeout: 60_000 },
    (first) => {
      let [delivered, told] = [0, 0];
      for (let seed = first; seed < first + 200; seed++) {
        const interleaving = new BrokerInterleaving(seed);
        interleaving.run();
        if (interleaving.problems.length > 0)
          expect.fail(`seed ${seed}: ${interleaving.problems.join('; ')}\n${interleaving.operations.join('\n')}`);
        delivered += interleaving.delivered;
        told += interleaving.told;
      }
      expect(delivered).toBeGreaterThan(1000);
      expect(told).toBeGreaterThan(1000);
    },
  );
});
