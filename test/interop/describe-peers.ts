import { describe, expect, test } from 'vitest';
import { missingPeers } from './foreign-clients.ts';

/**
 * Holds tests that need what `setup.sh` installs. Where something is missing they are skipped, and say so; in CI that
 * is a failure.
 */
export function describeWithPeers(title: string, tests: () => void): void {
  const missing = missingPeers();
  if (missing.length === 0) return void describe(title, tests);
  const message = `the interop peers are not installed: run test/interop/setup.sh (missing: ${missing.join(', ')})`;
  if (process.env['CI']) {
    test(`${title}: its peers are installed`, () => expect(missing, message).toEqual([]));
  } else {
    console.warn(`${title}: skipped, ${message}`);
    describe.skip(title, tests);
  }
}
