import type { LimitName } from './limits.ts';

/** What a router has seen since it was made. */
export interface RouterStats {
  /** Sessions that are open, those that have not joined yet included. */
  readonly sessions: number;
  /** Sessions that were not let in. */
  readonly failedLogins: number;
  /** Messages that were none, or came when they must not, or were nested too deeply. Each has ended its session. */
  readonly violations: number;
  /** Sessions that ended because a message was too large, for the router or for the client. */
  readonly oversized: number;
  /** Sessions that took too long to say HELLO, or to prove who they are. */
  readonly timeouts: number;
  /** Events that subscribers did not get who were too slow, or could not be written for them: too large, for one. */
  readonly droppedEvents: number;
  /** How often something was kept within each limit. */
  readonly limits: Readonly<Record<LimitName, number>>;
}

/** Counts what happens. */
export class Counters {
  failedLogins = 0;
  violations = 0;
  droppedEvents = 0;
  oversized = 0;
  timeouts = 0;
  readonly #limits: Record<LimitName, number> = {
    maxSessions: 0,
    maxSessionsPerAddress: 0,
    maxSubscriptions: 0,
    maxRegistrations: 0,
    maxPendingCalls: 0,
    maxPendingCallBytes: 0,
    maxWaitingCalls: 0,
    maxTestaments: 0,
    maxTestamentBytes: 0,
    maxQueuedBytes: 0,
    maxMessagesPerSecond: 0,
    maxFailedLoginsPerAddress: 0,
    maxFailedLoginsPerAuthid: 0,
  };

  limit(name: LimitName): void {
    this.#limits[name]++;
  }

  snapshot(sessions: number): RouterStats {
    const { failedLogins, violations, oversized, timeouts, droppedEvents } = this;
    return { sessions, failedLogins, violations, oversized, timeouts, droppedEvents, limits: { ...this.#limits } };
  }
}
