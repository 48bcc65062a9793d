import type { Emitter } from '../base/index.ts';
import { causeOf, type ProcessInfo } from './instance.ts';

/** What comes of the next start of the router: why it does not listen, or undefined when it does. */
export function routerOutcome(events: Emitter<{ state: [info: ProcessInfo] }>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const forget = events.on('state', (info) => {
      const { process, state } = info;
      if (process !== 'router' || state === 'waiting' || state === 'starting') return;
      forget();
      if (state === 'ready') resolve(undefined);
      else resolve(causeOf(info).reason ?? 'the router has been stopped');
    });
  });
}
