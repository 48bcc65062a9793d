import { setTimeout as delay } from 'node:timers/promises';
import type { Connector } from '../index.ts';

const RETRY_MS = 100;

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
