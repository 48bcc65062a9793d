import { type Dict, errorUris, isEmpty, type Payload, PayloadError } from '../protocol/index.ts';
import type { CallTimeouts } from './call-timeouts.ts';
import { type CallPolicy, detailsBy, keepsTime, supports } from './invocation-details.ts';
import { pickEndpoint } from './invoke-policy.ts';
import type { Judged } from './judged.ts';
import type { LimitName } from './limits.ts';
import { type Call, type Endpoint, type MoreOfCall, NO_DETAILS, type Registration } from './member.ts';
import { sizeOfOptions } from './payload-size.ts';
import type { Refusal } from './replies.ts';

export interface DispatchHost {
  readonly policy: CallPolicy;
  readonly timeouts: CallTimeouts;
  /** Random integers. */
  readonly random: () => number;
  /** Nobody can take the call: it is to end with an error. */
  refused(call: Call, refusal: Refusal): void;
  /** Counts that somebody was kept within a limit. */
  limitHit(name: LimitName): void;
}

/** What brings calls to callees: whom, when, and with what details. */
export class Dispatch {
  readonly #host: DispatchHost;
  readonly #detailsOf: ReturnType<typeof detailsBy>;

  constructor(host: DispatchHost) {
    this.#host = host;
    this.#detailsOf = detailsBy(host.policy);
  }

  /** Sends a call to a callee, or lets it wait for one that is free, or refuses it. False when it waits. */
  place(call: Call, message: Judged<'CALL'>): boolean {
    const { registration } = call;
    for (;;) {
      const endpoint = pickEndpoint(registration, this.#host.random, call.more?.tried);
      if (!endpoint) return this.#wait(call, message);
      if (!call.more || supports(endpoint.callee, message.options)) {
        registration.waiting?.delete(call);
        this.#invoke(call, endpoint, message);
        return true;
      }
      (call.more.tried ??= new Set()).add(endpoint);
      call.more.unsupported = true;
    }
  }

  /** The callee has answered, or will not: its place is for the next. */
  release(call: Call): void {
    const { endpoint, registration } = call;
    if (!endpoint) {
      registration.waiting?.delete(call);
      return;
    }
    endpoint.callee.invocations.delete(call.invocation);
    endpoint.running--;
    if (registration.waiting !== undefined) this.settleWaiting(registration);
  }

  /** Specification: Advanced Profile, "Call Re-Routing". */
  reroute(call: Call): void {
    const { endpoint, more } = call;
    this.release(call);
    call.endpoint = undefined;
    if (endpoint && more && !more.bound) {
      (more.tried ??= new Set()).add(endpoint);
      this.place(call, more.message);
    } else this.#host.refused(call, { uri: errorUris.noAvailableCallee, why: 'the callee is not available' });
  }

  /** Leaves a call to its callee for good: what was to be sent to another is not kept. */
  bind({ caller, more }: Call): void {
    if (!more || more.bound) return;
    more.bound = true;
    const { payload, ...message } = more.message;
    if (!payload) return;
    more.message = message;
    if (!more.kept) return;
    const bytes = payload.size ?? 0;
    more.bytes -= bytes;
    caller.keptBytes -= bytes;
  }

  /** Gives waiting calls, the oldest first, to callees that are free, and ends those that nobody is left for. */
  settleWaiting({ waiting }: Registration): void {
    for (const call of waiting ?? []) {
      // Who has not been anywhere yet could go to anybody: then there is nobody.
      if (call.more && !this.place(call, call.more.message) && !call.more.tried) return;
    }
  }

  sendInvocation({ endpoint, invocation, more }: Call, details: Dict, payload: Payload | undefined): void {
    endpoint?.callee.send({
      type: 'INVOCATION',
      request: invocation,
      registration: endpoint.registration.id,
      details: more?.uploading ? { ...details, progress: true } : details,
      payload,
    });
  }

  #invoke(call: Call, endpoint: Endpoint, message: Judged<'CALL'>): void {
    const { callee } = endpoint;
    const details = this.#detailsOf(call, endpoint, message);
    call.endpoint = endpoint;
    call.invocation = callee.invocationIds.next();
    endpoint.running++;
    callee.invocations.set(call.invocation, call);
    if (call.more) {
      if (call.registration.invoke === 'single' || !this.#keep(call)) this.bind(call);
      call.more.details = details;
      this.#keepTime(call, keepsTime(endpoint, message.options));
    }
    try {
      this.sendInvocation(call, details, message.payload);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      if (call.invocation === callee.invocationIds.last) callee.invocationIds.last--;
      this.release(call);
      this.#host.refused(call, {
        uri: error.uri,
        why: `the callee cannot be sent this: ${error.message}`,
      });
    }
  }

  /** Counts the payload of a call that may be sent again. False when it is too much to be kept. */
  #keep({ caller, more }: Call): boolean {
    if (!more || more.kept) return true;
    const bytes = more.message.payload?.size ?? 0;
    if (bytes > 0 && caller.keptBytes + bytes > this.#host.policy.limits.maxPendingCallBytes) {
      this.#host.limitHit('maxPendingCallBytes');
      return false;
    }
    more.kept = true;
    more.bytes += bytes;
    caller.keptBytes += bytes;
    return true;
  }

  /** A callee that keeps the time itself is left to it, unless the realm has a say. */
  #keepTime(call: Call, calleeKeepsIt: boolean): void {
    const { timeouts, policy } = this.#host;
    if (calleeKeepsIt && policy.maxCallTimeout === 0) timeouts.stop(call);
    else if (call.more?.expires === 0) timeouts.start(call);
  }

  #wait(call: Call, message: Judged<'CALL'>): boolean {
    const { registration } = call;
    const more = (call.more ??= moreOf(message, 0));
    const hope = registration.endpoints.some((endpoint) => !more.tried?.has(endpoint));
    if (hope && registration.waiting?.has(call)) return false;
    // The parts of a call would have to wait, too.
    if (hope && !more.uploading && this.#hasRoom(registration) && this.#keep(call)) {
      (registration.waiting ??= new Set()).add(call);
      return false;
    }
    this.release(call);
    this.#host.refused(call, refusalOf(call, hope, more));
    return true;
  }

  #hasRoom({ waiting }: Registration): boolean {
    if ((waiting?.size ?? 0) < this.#host.policy.maxWaitingCalls) return true;
    this.#host.limitHit('maxWaitingCalls');
    return false;
  }
}

/** What is kept of a call by this message. */
export function moreOf(message: Judged<'CALL'>, timeoutMs: number): MoreOfCall {
  return {
    message,
    bytes: isEmpty(message.options) ? 0 : sizeOfOptions(message.options),
    kept: false,
    timeoutMs,
    expires: 0,
    details: NO_DETAILS,
    uploading: message.options.progress === true,
    bound: false,
    tried: undefined,
    unsupported: false,
  };
}

function refusalOf({ registration }: Call, busy: boolean, { unsupported }: MoreOfCall): Refusal {
  if (busy) {
    const why = `all callees are busy, and ${registration.waiting?.size ?? 0} calls wait for them`;
    return { uri: errorUris.noAvailableCallee, why };
  }
  return unsupported
    ? { uri: errorUris.featureNotSupported, why: 'no callee has announced what this call needs' }
    : { uri: errorUris.noAvailableCallee, why: 'no callee is available' };
}
