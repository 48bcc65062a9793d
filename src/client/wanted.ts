import { type Clock, toError } from '../base/index.ts';
import { closeUris } from '../protocol/index.ts';
import { ClosedError } from './errors.ts';
import type { Held, Holder } from './held.ts';
import { delayOf } from './retry.ts';
import type { Session } from './session.ts';
import { Subscription } from './subscription.ts';

const LONGEST_DELAY_MS = 5000;

/** What is wanted of every session: subscriptions and registrations, in their order. */
export interface Wanted extends Holder {
  /** Kept from the start, so that no session is without it, and given up if the first one will not have it. */
  add(session: Session, what: Held): Promise<void>;
  /** Asks a new session for all of it. */
  restoreAll(session: Session): void;
  /** No session is to be asked any more for what it has refused. */
  standDown(): void;
  readonly revoked: (what: Held) => void;
  /** Takes back everything; never rejects. */
  releaseAll(): Promise<unknown>;
  /** There will be no more of anything. */
  over(reason?: Error): void;
}

export function wanted(clock: Clock, present: () => Session | undefined, report: (error: Error) => void): Wanted {
  const all = new Set<Held>();
  const timers = new Set<() => void>();

  const release = async (what: Held): Promise<void> => {
    if (all.delete(what)) await present()?.remove(what);
  };

  /** What fails is reported, and tried again as long as the session lasts: the router may still hold the session before. */
  const restore = (session: Session, what: Held, attempt = 1): void => {
    session.add(what).catch((error: unknown) => {
      // When the connection is lost again, the next session restores it.
      if (session !== present() || !all.has(what)) return;
      if (attempt === 1) report(toError(error));
      const cancelTimer = clock.after(delayOf(attempt, { maxDelay: LONGEST_DELAY_MS }), () => {
        timers.delete(cancelTimer);
        if (all.has(what)) restore(session, what, attempt + 1);
      });
      timers.add(cancelTimer);
    });
  };

  return {
    report,
    release,
    add(session, what) {
      all.add(what);
      return session.add(what).catch((error: unknown) => {
        all.delete(what);
        throw error;
      });
    },
    restoreAll(session) {
      for (const what of all) restore(session, what);
    },
    standDown() {
      for (const cancelTimer of timers) cancelTimer();
      timers.clear();
    },
    revoked(what) {
      const reason = new ClosedError(`the router took back the ${nameOf(what)}`, closeUris.normal);
      all.delete(what);
      what.over(reason);
      report(reason);
    },
    releaseAll: () => Promise.allSettled(Array.from(all, release)),
    over(reason) {
      for (const what of all) what.over(reason);
    },
  };
}

export function nameOf(what: Held): string {
  return `${what instanceof Subscription ? 'subscription to' : 'registration of'} ${what.uri}`;
}
