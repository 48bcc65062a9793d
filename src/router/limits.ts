import { show, UsageError } from '../base/index.ts';
import { type ClientMessage, errorUris, isDict } from '../protocol/index.ts';
import type { Member } from './member.ts';
import type { Refusal } from './replies.ts';

/** How much a router lets clients have. Past one, something is refused with `rocade.error.limit_exceeded`, and counted. */
export interface Limits {
  /** Sessions in all, those that have not said HELLO included. Default 100,000. */
  readonly maxSessions: number;
  /**
   * Sessions of one address, or of one IPv6 network of 64 bits. What comes from this machine, such as from a proxy on it,
   * is not counted by address. Default 20,000.
   */
  readonly maxSessionsPerAddress: number;
  /** Subscriptions of one session. Default 10,000. */
  readonly maxSubscriptions: number;
  /** Registrations of one session. Default 10,000. */
  readonly maxRegistrations: number;
  /** Calls of one session that are not answered yet. Default 10,000. */
  readonly maxPendingCalls: number;
  /**
   * Octets of one session's calls that are kept until they are answered: those that wait for a callee who is free, and those
   * that may still go to another. Beyond it, the former are refused, and the latter have to do with the callee that they
   * have. Default 64 MiB.
   */
  readonly maxPendingCallBytes: number;
  /** Testaments of one session. Default 100. */
  readonly maxTestaments: number;
  /** Octets of one session's testaments, as they came. Default 1 MiB. */
  readonly maxTestamentBytes: number;
  /** Octets that wait to be sent to one session before it counts as slow. Default 16 MiB. */
  readonly maxQueuedBytes: number;
  /**
   * Messages of one session per second, on average; faster ones are made to wait. Not for sessions of `router.connect()` nor
   * for `administrators`, and a role may have another. Default: no limit.
   */
  readonly maxMessagesPerSecond: number;
  /** Logins of one address that fail within a minute; more are not heard. Addresses as above. Default 60. */
  readonly maxFailedLoginsPerAddress: number;
  /**
   * Logins of one name that fail within a minute; more are not heard, except from addresses where it has logged in
   * before. Default 60.
   */
  readonly maxFailedLoginsPerAuthid: number;
}

/** What is counted: also that of a realm on calls that wait. */
export type LimitName = keyof Limits | 'maxWaitingCalls';

const DEFAULTS: Limits = {
  maxSessions: 100_000,
  maxSessionsPerAddress: 20_000,
  maxSubscriptions: 10_000,
  maxRegistrations: 10_000,
  maxPendingCalls: 10_000,
  maxPendingCallBytes: 64 * 1024 * 1024,
  maxTestaments: 100,
  maxTestamentBytes: 1024 * 1024,
  maxQueuedBytes: 16 * 1024 * 1024,
  maxMessagesPerSecond: Number.POSITIVE_INFINITY,
  maxFailedLoginsPerAddress: 60,
  maxFailedLoginsPerAuthid: 60,
};

/** The limits with their defaults. Throws a `UsageError` for what is no limit. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  if (!isDict(given)) throw new UsageError(`limits: expected an object, got ${show(given)}`);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new UsageError(`limits: there is none called '${name}'`);
    if (typeof value !== 'number' || !(value > 0)) throw new UsageError(`limits.${name}: expected a positive number`);
  }
  return { ...DEFAULTS, ...given };
}

/** The limit that a message would pass, if any. */
export function limitReached(limits: Limits, member: Member, message: ClientMessage): keyof Limits | undefined {
  switch (message.type) {
    case 'CALL':
      // One that goes on with a call that is pending is none more.
      return member.calls.size >= limits.maxPendingCalls && !member.calls.has(message.request)
        ? 'maxPendingCalls'
        : undefined;
    case 'SUBSCRIBE':
      return member.subscriptions.size >= limits.maxSubscriptions ? 'maxSubscriptions' : undefined;
    case 'REGISTER':
      return member.registrations.size >= limits.maxRegistrations ? 'maxRegistrations' : undefined;
    default:
      return undefined;
  }
}

/** What the other side is told. */
export function beyond<N extends keyof Limits>(limits: Pick<Limits, N>, name: N): Refusal {
  return { uri: errorUris.limitExceeded, why: `${name}: at most ${limits[name]}` };
}
