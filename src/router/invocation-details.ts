import type { Dict } from '../protocol/index.ts';
import { callerDetails, type Disclosure, discloses } from './disclosure.ts';
import type { Judged } from './judged.ts';
import type { Limits } from './limits.ts';
import { type Call, type Endpoint, type Member, NO_DETAILS } from './member.ts';
import { isPassthru, PASSTHRU_FEATURE, passthruOf } from './passthru.ts';
import type { TrustLevels } from './trust.ts';

/** What a realm has decided about its calls. */
export interface CallPolicy {
  readonly disclosure: Disclosure;
  readonly trust: TrustLevels;
  /** Milliseconds that a call may take at most; 0 for as long as it likes. */
  readonly maxCallTimeout: number;
  /** How many calls of a registration wait while its callees have as many as they take. */
  readonly maxWaitingCalls: number;
  readonly limits: Pick<Limits, 'maxPendingCalls' | 'maxPendingCallBytes'>;
}

type CallOptions = Judged<'CALL'>['options'];

/** Can a callee take a call with these options? Asked about what a callee cannot just ignore. */
export function supports(callee: Member, options: CallOptions): boolean {
  if (options.progress && !isAble(callee, 'progressive_call_invocations')) return false;
  return !isPassthru(options) || callee.has('callee', PASSTHRU_FEATURE);
}

/** A callee that knows of parts but cannot be told to stop counts as one that does not know of them. */
function isAble(callee: Member, feature: 'progressive_call_results' | 'progressive_call_invocations'): boolean {
  return callee.has('callee', feature) && canBeInterrupted(callee);
}

/** Specification: "Call Canceling", which spells it with one l; "Progressive Call Invocations" asks for it with two. */
export function canBeInterrupted(callee: Member): boolean {
  return callee.has('callee', 'call_canceling') || callee.has('callee', 'call_cancelling');
}

/** Milliseconds that a call has, or that each part of its result has; 0 for no limit. */
export function timeoutOf({ timeout = 0 }: CallOptions, { maxCallTimeout }: CallPolicy): number {
  if (timeout === 0 || maxCallTimeout === 0) return timeout + maxCallTimeout;
  return Math.min(timeout, maxCallTimeout);
}

/** Does the callee itself see to it that a call ends in time? Specification: Advanced Profile, "Call Timeouts". */
export function keepsTime({ forwardTimeout, callee }: Endpoint, { timeout = 0 }: CallOptions): boolean {
  return timeout > 0 && forwardTimeout && callee.has('callee', 'call_timeout');
}

/** What callees are told of calls, apart from `progress`, which alone may change from part to part. */
export function detailsBy(policy: CallPolicy) {
  const silent = policy.disclosure !== 'always' && policy.trust.isEmpty;
  return ({ caller, more }: Call, endpoint: Endpoint, { options, procedure }: Judged<'CALL'>): Dict => {
    const { registration, callee, discloseCaller } = endpoint;
    const exact = registration.match === 'exact';
    if (!more && silent && exact && !discloseCaller) return NO_DETAILS;
    const { disclose_me } = options;
    const disclosed =
      (discloseCaller && disclose_me !== 'hidden') || discloses(policy.disclosure, disclose_me) === true;
    const trustlevel = policy.trust.of(caller, procedure);
    const details: Record<string, unknown> = disclosed ? { ...callerDetails(caller) } : {};
    // Who has registered a pattern cannot know it otherwise.
    if (!exact) details['procedure'] = procedure;
    if (trustlevel !== undefined) details['trustlevel'] = trustlevel;
    if (options.receive_progress && isAble(callee, 'progressive_call_results')) details['receive_progress'] = true;
    if (keepsTime(endpoint, options)) details['timeout'] = timeoutOf(options, policy);
    const passthru = passthruOf(options);
    return passthru ? { ...details, ...passthru } : details;
  };
}
