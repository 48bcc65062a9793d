import {
  errorUris,
  isReservedUri,
  isUri,
  type MatchPolicy,
  MESSAGES,
  type MessageOf,
  type Payload,
  PayloadError,
  ProtocolViolation,
} from '../protocol/index.ts';
import { pickEndpoint } from './invoke-policy.ts';
import { LocalCallee, type LocalProcedure } from './local-callee.ts';
import { type Call, type Member, NO_DETAILS, type Registration } from './member.ts';
import { Registrations } from './registrations.ts';
import { errorFor, matchOf, notAUri, type Refusal, refuse } from './replies.ts';

/** What a dealer needs of its router. */
export interface DealerHost {
  /** Random integers. */
  readonly newId: () => number;
  /** A mistake of the router's own. */
  failed(error: Error): void;
}

/** Why a callee has lost its registration to one that takes over. */
const UNREGISTERED = 'wamp.error.unregistered';

type CancelMode = 'skip' | 'kill' | 'killnowait';

/** The dealer of a realm. Specification: Basic Profile, "Remote Procedure Calls"; Advanced Profile, "Call Canceling". */
export class Dealer {
  readonly registrations = new Registrations();
  readonly #host: DealerHost;
  readonly #local: LocalCallee;

  constructor(host: DealerHost) {
    this.#host = host;
    this.#local = new LocalCallee({
      yield: (callee, message) => this.yield(callee, message),
      error: (callee, message) => this.error(callee, message),
      failed: (error) => host.failed(error),
    });
  }

  /** Lets the router itself answer a procedure, which nobody may register and no list of registrations shows. */
  provide(procedure: string, run: LocalProcedure): void {
    this.#local.provide(procedure, run);
  }

  register(member: Member, message: MessageOf<'REGISTER'>): void {
    const refusal = refusalOfProcedure(message);
    if (refusal) {
      refuse(member, message, refusal);
      return;
    }
    const { request, procedure, options } = message;
    const match = matchOf(message);
    if (options.force_reregister) this.#revokeAll(procedure, match);
    const { invoke = 'single', concurrency = Infinity } = options;
    this.registrations.claim({ procedure, match, invoke, callee: member, concurrency }, (outcome) => {
      if ('uri' in outcome) refuse(member, message, outcome);
      else member.send({ type: 'REGISTERED', request, registration: outcome.id });
    });
  }

  unregister(member: Member, message: MessageOf<'UNREGISTER'>): void {
    const registration = this.registrations.get(message.registration);
    if (!registration || !this.registrations.remove(registration, member)) {
      refuse(member, message, {
        uri: errorUris.noSuchRegistration,
        why: `this session has no registration ${message.registration}`,
      });
      return;
    }
    member.send({ type: 'UNREGISTERED', request: message.request });
  }

  /**
   * Takes a callee out of a registration against its will, and says so where it can be told. False when it was not in
   * it. Specification: Advanced Profile, "Registration Revocation".
   */
  revoke(registration: Registration, callee: Member, reason: string): boolean {
    if (!this.registrations.remove(registration, callee)) return false;
    if (callee.has('callee', 'registration_revocation'))
      callee.send({ type: 'UNREGISTERED', request: 0, details: { registration: registration.id, reason } });
    return true;
  }

  call(caller: Member, message: MessageOf<'CALL'>): void {
    const { request, procedure, payload } = message;
    if (caller.calls.has(request))
      throw new ProtocolViolation(`CALL.request: ${request} belongs to a call that is not finished`);
    const registration = this.registrations.match(procedure) ?? this.#local.get(procedure);
    const endpoint = registration && pickEndpoint(registration, this.#host.newId);
    if (!registration || !endpoint) {
      refuse(caller, message, refusalOfCall(procedure));
      return;
    }
    const { callee } = endpoint;
    const invocation = callee.invocationIds.next();
    const call: Call = { caller, request, endpoint, invocation, interrupted: false };
    caller.calls.set(request, call);
    callee.invocations.set(invocation, call);
    try {
      callee.send({
        type: 'INVOCATION',
        request: invocation,
        registration: registration.id,
        details: registration.match === 'exact' ? NO_DETAILS : { procedure },
        payload,
      });
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#finish(call);
      callee.invocationIds.takeBack(invocation);
      refuse(caller, message, {
        uri: errorUris.invalidPayload,
        why: `the callee cannot be sent this: ${error.message}`,
      });
    }
  }

  /** A callee's result. */
  yield(callee: Member, message: MessageOf<'YIELD'>): void {
    const call = this.#invocationOf(callee, message);
    // Progress was never asked for, as callees are not told that it would be welcome.
    if (!call || message.options.progress) return;
    this.#finish(call);
    const { caller, request } = call;
    this.#reply(call, () => caller.send({ type: 'RESULT', request, details: NO_DETAILS, payload: message.payload }));
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
    this.#finish(call);
    const uri = isUri(message.error) ? message.error : errorUris.runtimeError;
    this.#reply(call, () => this.#fail(call, uri, message.payload));
  }

  /** A call that nobody waits for any more. One that is finished already, or never was, is no fault. */
  cancel(caller: Member, { request, options }: MessageOf<'CANCEL'>): void {
    const call = caller.calls.get(request);
    if (!call || call.interrupted) return;
    const interruptible = call.endpoint.callee.has('callee', 'call_canceling');
    const mode: CancelMode = interruptible ? (options.mode ?? 'killnowait') : 'skip';
    if (mode === 'kill') {
      call.interrupted = true;
    } else {
      this.#finish(call);
      this.#fail(call, errorUris.canceled);
    }
    if (mode !== 'skip') this.#interrupt(call, mode);
  }

  /** Takes a session that is gone out of everything: nobody waits for it, and it waits for nobody. */
  leave(member: Member): void {
    for (const { registration } of [...member.registrations.values()]) this.registrations.remove(registration, member);
    for (const call of [...member.invocations.values()]) {
      this.#finish(call);
      this.#fail(call, errorUris.canceled, { args: ['the callee has left'], kwargs: undefined });
    }
    for (const call of [...member.calls.values()]) {
      this.#finish(call);
      if (!call.interrupted && call.endpoint.callee.has('callee', 'call_canceling'))
        this.#interrupt(call, 'killnowait');
    }
  }

  /** Specification: none. Other routers know this option by the same name: a callee takes over from those before it. */
  #revokeAll(procedure: string, match: MatchPolicy): void {
    const registration = this.registrations.lookup(procedure, match);
    for (const { callee } of [...(registration?.endpoints ?? [])])
      this.revoke(registration as Registration, callee, UNREGISTERED);
  }

  /** The call that an answer belongs to; undefined when it was settled without the callee, which is no fault of its. */
  #invocationOf(callee: Member, { type, request }: MessageOf<'YIELD' | 'ERROR'>): Call | undefined {
    const call = callee.invocations.get(request);
    if (!call && !callee.invocationIds.issued(request)) {
      throw new ProtocolViolation(`${type}.request: expected the id of an invocation of this session, got ${request}`);
    }
    return call;
  }

  #finish({ caller, request, endpoint, invocation }: Call): void {
    caller.calls.delete(request);
    endpoint.callee.invocations.delete(invocation);
  }

  /** Sends an answer on; one that cannot be written for the caller becomes an error, since an answer it has to have. */
  #reply(call: Call, send: () => void): void {
    try {
      send();
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#fail(call, errorUris.invalidPayload, { args: [error.message], kwargs: undefined });
    }
  }

  #fail({ caller, request }: Call, uri: string, payload?: Payload): void {
    caller.send(errorFor({ type: 'CALL', request }, uri, payload));
  }

  #interrupt({ endpoint, invocation }: Call, mode: CancelMode): void {
    endpoint.callee.send({ type: 'INTERRUPT', request: invocation, options: { mode } });
  }
}

function refusalOfProcedure(message: MessageOf<'REGISTER'>): Refusal | undefined {
  const { procedure, options } = message;
  const match = matchOf(message);
  if (options.concurrency === 0)
    return { uri: errorUris.invalidArgument, why: 'concurrency: expected how many calls at a time, 1 or more, got 0' };
  if (!isUri(procedure, match)) return notAUri(procedure);
  return isReservedUri(procedure)
    ? { uri: errorUris.invalidUri, why: `'${procedure}' is reserved: only the router answers under 'wamp.'` }
    : undefined;
}

function refusalOfCall(procedure: string): Refusal {
  return isUri(procedure)
    ? { uri: errorUris.noSuchProcedure, why: `nobody has registered '${procedure}'` }
    : notAUri(procedure);
}
