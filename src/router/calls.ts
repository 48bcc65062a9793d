import type { Clock } from '../base/index.ts';
import {
  errorUris,
  isEmpty,
  isUri,
  MESSAGES,
  type MessageOf,
  type Payload,
  PayloadError,
  payloadOf,
  ProtocolViolation,
} from '../protocol/index.ts';
import { CallTimeouts } from './call-timeouts.ts';
import { discloses } from './disclosure.ts';
import { Dispatch, moreOf } from './dispatch.ts';
import { EndedUploads } from './ended-uploads.ts';
import { type CallPolicy, canBeInterrupted, timeoutOf } from './invocation-details.ts';
import type { Judged } from './judged.ts';
import { beyond, type LimitName } from './limits.ts';
import { type Call, type Member, type MoreOfCall, NO_DETAILS, type Registration } from './member.ts';
import { checkPassthru, isPassthru, PASSTHRU_FEATURE, passthruOf } from './passthru.ts';
import { errorFor, type Refusal, refuse } from './replies.ts';

/** What calls need of their router. */
export interface CallsHost {
  readonly clock: Clock;
  /** Random integers. */
  readonly newId: () => number;
  /** Counts that somebody was kept within a limit. */
  readonly limitHit: (name: LimitName) => void;
}

type CancelMode = 'skip' | 'kill' | 'killnowait';

/**
 * The calls of a realm, from the CALL to the one answer that each gets. Specification: Basic Profile, "Calling and
 * Invocations"; Advanced Profile, "Advanced RPC".
 */
export class Calls {
  readonly #policy: CallPolicy;
  readonly #limitHit: CallsHost['limitHit'];
  readonly #timeouts: CallTimeouts;
  readonly #dispatch: Dispatch;

  constructor({ clock, newId, limitHit }: CallsHost, policy: CallPolicy) {
    this.#policy = policy;
    this.#limitHit = limitHit;
    this.#timeouts = new CallTimeouts(clock, (call) => this.#expired(call));
    this.#dispatch = new Dispatch({
      policy,
      timeouts: this.#timeouts,
      random: newId,
      limitHit,
      refused: (call, refusal) => {
        this.#forget(call);
        this.#fail(call, refusal.uri, payloadOf([refusal.why]));
      },
    });
  }

  /** A CALL under an id that is in use, or was: true when nothing more is to be done about it. */
  continue(caller: Member, message: Judged<'CALL'>): boolean {
    const { options, payload } = message;
    const call = caller.calls.get(message.request);
    if (!call) return caller.endedUploads?.has(message) ?? false;
    const more = this.#checkPart(call, message);
    more.uploading = options.progress === true;
    // Who has canceled a call has no more to say in it.
    if (call.state !== 'running') return true;
    this.#dispatch.bind(call);
    this.#giveTime(call);
    this.#pass(call, () => this.#dispatch.sendInvocation(call, more.details, payload));
    return true;
  }

  /** A CALL to a registration, the first one under its id. */
  begin(caller: Member, message: Judged<'CALL'>, registration: Registration): void {
    const { request, options } = message;
    const timeoutMs = timeoutOf(options, this.#policy);
    const bare = registration.invoke === 'single' && timeoutMs === 0 && isEmpty(options);
    const call: Call = {
      caller,
      request,
      registration,
      endpoint: undefined,
      invocation: 0,
      state: 'running',
      // Not kept without a need: a payload may be large, and a call long.
      more: bare ? undefined : moreOf(message, timeoutMs),
    };
    caller.calls.set(request, call);
    if (call.more) {
      caller.keptBytes += call.more.bytes;
      this.#timeouts.start(call);
    }
    this.#dispatch.place(call, message);
  }

  /** Why a session may not call like this; what it may not even send is a {@link ProtocolViolation}. */
  refusalOf(caller: Member, { options }: Judged<'CALL'>): Refusal | undefined {
    if (isEmpty(options)) return undefined;
    checkPassthru(caller, 'caller', options);
    if (options.progress && !caller.has('caller', 'progressive_call_invocations'))
      throw new ProtocolViolation('CALL.options.progress: this session has not announced progressive_call_invocations');
    if (discloses(this.#policy.disclosure, options.disclose_me) === undefined)
      return { uri: errorUris.discloseMeDisallowed, why: 'this realm does not tell who calls' };
    const { limits } = this.#policy;
    if (caller.keptBytes <= limits.maxPendingCallBytes) return undefined;
    this.#limitHit('maxPendingCallBytes');
    return beyond(limits, 'maxPendingCallBytes');
  }

  /** Answers a CALL with an error, once: further parts of it are expected, and a part of one under way ends that. */
  refuse(caller: Member, message: Judged<'CALL'>, refusal: Refusal): void {
    const call = caller.calls.get(message.request);
    if (call) {
      this.#checkPart(call, message);
      this.#abandon(call, { mode: 'killnowait' });
    } else if (caller.endedUploads?.has(message)) return;
    if (message.options.progress) (caller.endedUploads ??= new EndedUploads()).add(message);
    refuse(caller, message, refusal);
  }

  /** A callee's result, or a part of it. */
  yield(callee: Member, message: MessageOf<'YIELD'>): void {
    const { options, payload } = message;
    const plain = isEmpty(options);
    if (!plain) checkPassthru(callee, 'callee', options);
    const call = this.#invocationOf(callee, message);
    if (!call) return;
    if (!plain && options.progress) {
      this.#progress(call, message);
      return;
    }
    if (!this.#settle(call)) return;
    const { caller, request } = call;
    const passthru = plain ? undefined : passthruOf(options);
    if (passthru && isPassthru(options) && !caller.has('caller', PASSTHRU_FEATURE)) {
      this.#failBoth(call, callee, message);
      return;
    }
    try {
      caller.send({ type: 'RESULT', request, details: passthru ?? NO_DETAILS, payload });
    } catch (error) {
      this.#failToWrite(call, error);
    }
  }

  /** A callee's error. */
  error(callee: Member, message: MessageOf<'ERROR'>): void {
    if (message.requestType !== MESSAGES.INVOCATION.code) {
      throw new ProtocolViolation(
        `ERROR.requestType: expected ${MESSAGES.INVOCATION.code} (INVOCATION), got ${message.requestType}`,
      );
    }
    const call = this.#invocationOf(callee, message);
    if (!call) return;
    if (message.error === errorUris.unavailable && call.state === 'running') {
      this.#dispatch.reroute(call);
      return;
    }
    if (!this.#settle(call)) return;
    const { error, details, payload } = message;
    const answer = errorFor(
      { type: 'CALL', request: call.request },
      isUri(error) ? error : errorUris.runtimeError,
      payload,
    );
    const passthru = passthruOf(details);
    this.#sendError(call, passthru ? { ...answer, details: passthru } : answer);
  }

  /** A call that nobody waits for any more. One that is finished already, or never was, is no fault. */
  cancel(caller: Member, { request, options }: MessageOf<'CANCEL'>): void {
    const call = caller.calls.get(request);
    if (!call) return;
    const mode: CancelMode = isInterruptible(call) ? (options.mode ?? 'killnowait') : 'skip';
    if (mode === 'kill') {
      if (call.state === 'running') interrupt(call, { mode });
      call.state = 'interrupted';
      return;
    }
    // Also one that was to wait for its callee before, and has enough of that.
    this.#abandon(call, mode === 'skip' ? undefined : { mode });
    this.#fail(call, errorUris.canceled);
  }

  /** A session is gone: nobody waits for its answers, and it waits for nobody's. */
  leave(member: Member): void {
    for (const call of [...member.invocations.values()]) {
      if (this.#settle(call)) this.#fail(call, errorUris.canceled, payloadOf(['the callee has left']));
    }
    for (const call of [...member.calls.values()]) this.#abandon(call, { mode: 'killnowait' });
    this.#timeouts.tidy();
  }

  /** The callees of a registration have changed: calls may wait that one of them can take, or nobody any more. */
  calleesChanged(registration: Registration): void {
    this.#dispatch.settleWaiting(registration);
  }

  /** The call that an answer belongs to; undefined when it was settled without the callee, which is no fault of its. */
  #invocationOf(callee: Member, { type, request }: MessageOf<'YIELD' | 'ERROR'>): Call | undefined {
    const call = callee.invocations.get(request);
    if (!call && request > callee.invocationIds.last) {
      throw new ProtocolViolation(`${type}.request: expected the id of an invocation of this session, got ${request}`);
    }
    return call;
  }

  /** An id in use can only mean another part. */
  #checkPart({ more }: Call, { request, procedure }: Judged<'CALL'>): MoreOfCall {
    if (!more?.uploading || more.message.procedure !== procedure)
      throw new ProtocolViolation(`CALL.request: ${request} belongs to a call that is not finished`);
    return more;
  }

  #progress(call: Call, { options, payload }: MessageOf<'YIELD'>): void {
    const { caller, request, endpoint, more } = call;
    // What nobody asked for, or waits for.
    if (!more?.message.options.receive_progress || call.state === 'abandoned' || !endpoint) return;
    if (isPassthru(options) && !caller.has('caller', PASSTHRU_FEATURE)) {
      const { callee } = endpoint;
      this.#abandon(call, { mode: 'killnowait' });
      this.#failBoth(call, callee, { request: call.invocation });
      return;
    }
    this.#dispatch.bind(call);
    this.#giveTime(call);
    this.#pass(call, () =>
      caller.send({ type: 'RESULT', request, details: { ...passthruOf(options), progress: true }, payload }),
    );
  }

  /** With parts, the time is that from one to the next. */
  #giveTime(call: Call): void {
    if (call.more && call.more.expires > 0) this.#timeouts.start(call);
  }

  #expired(call: Call): void {
    this.#abandon(call, { mode: 'killnowait', reason: errorUris.timeout });
    this.#fail(call, errorUris.timeout, payloadOf([`no answer within ${call.more?.timeoutMs} ms`]));
  }

  /** The callee has had its say. False when nobody waits for it any more. */
  #settle(call: Call): boolean {
    const awaited = call.state !== 'abandoned';
    if (awaited) this.#forget(call);
    this.#dispatch.release(call);
    return awaited;
  }

  /** The caller does not wait any more, whatever the callee does. It is told, if there are words and it can hear them. */
  #abandon(call: Call, words: MessageOf<'INTERRUPT'>['options'] | undefined): void {
    this.#forget(call);
    const tell = words && call.state === 'running' && isInterruptible(call);
    if (tell) interrupt(call, words);
    if (!tell && this.#keepsPlace(call)) {
      call.state = 'abandoned';
      call.more = undefined;
    } else this.#dispatch.release(call);
  }

  /** One that counts its calls and goes on with this one has no place for another. Nobody goes on with as many as one likes. */
  #keepsPlace({ state, endpoint }: Call): boolean {
    if (state !== 'running' || !endpoint || endpoint.concurrency === Infinity) return false;
    return endpoint.callee.invocations.size <= this.#policy.limits.maxPendingCalls;
  }

  /** Ends what the caller has of a call. */
  #forget(call: Call): void {
    const { caller, more } = call;
    caller.calls.delete(call.request);
    if (!more) return;
    caller.keptBytes -= more.bytes;
    if (more.expires > 0) this.#timeouts.stop(call);
    if (more.uploading) (caller.endedUploads ??= new EndedUploads()).add(more.message);
  }

  /** Passes a part on; one that cannot be written ends the call. */
  #pass(call: Call, send: () => void): void {
    try {
      send();
    } catch (error) {
      if (error instanceof PayloadError) this.#abandon(call, { mode: 'killnowait' });
      this.#failToWrite(call, error);
    }
  }

  /** What cannot be written for the caller becomes an error, since an answer it has to have. */
  #failToWrite(call: Call, error: unknown): void {
    if (!(error instanceof PayloadError)) throw error;
    this.#fail(call, error.uri, payloadOf([error.message]));
  }

  /** Specification: Advanced Profile, "Payload Passthru Mode". The callee is told that the caller cannot read this. */
  #failBoth(call: Call, callee: Member, { request }: { readonly request: number }): void {
    const payload = payloadOf([`the caller has not announced ${PASSTHRU_FEATURE}`]);
    callee.send(errorFor({ type: 'INVOCATION', request }, errorUris.featureNotSupported, payload));
    this.#fail(call, errorUris.featureNotSupported, payload);
  }

  #fail(call: Call, uri: string, payload?: Payload): void {
    this.#sendError(call, errorFor({ type: 'CALL', request: call.request }, uri, payload));
  }

  #sendError({ caller, request }: Call, error: MessageOf<'ERROR'>): void {
    try {
      caller.send(error);
    } catch (cause) {
      if (!(cause instanceof PayloadError)) throw cause;
      caller.send(errorFor({ type: 'CALL', request }, cause.uri, payloadOf([cause.message])));
    }
  }
}

function isInterruptible({ endpoint }: Call): boolean {
  return endpoint !== undefined && canBeInterrupted(endpoint.callee);
}

function interrupt({ endpoint, invocation }: Call, options: MessageOf<'INTERRUPT'>['options']): void {
  endpoint?.callee.send({ type: 'INTERRUPT', request: invocation, options });
}
