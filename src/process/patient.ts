import { setTimeout as delay } from 'node:timers/promises';
import type { Connector, RetryOptions } from '../index.ts';

const RETRY_MS = 100;

/**
 * How clients of a site come back to its router: it is on the same machine and starts within a second, however often it was
 * lost before.
 */
export const AT_ONCE: RetryOptions = { initialDelay: RETRY_MS, maxDelay: RETRY_MS };

/** Connects as another connector does, and waits for a router that is just being started again. */
export function patient(connector: Connector): Connector {
  return async (options) => {
    for (;;) {
      try {
        return await connector(options);
      } catch (error) {
        if (options.signal.aborted) throw error;
        await delay(RETRY_MS);
      }
    }
  };
}
