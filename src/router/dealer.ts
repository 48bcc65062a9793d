import {
  errorUris,
  isReservedUri,
  isUri,
  MESSAGES,
  type MessageOf,
  type Payload,
  PayloadError,
  ProtocolViolation,
} from '../protocol/index.ts';
import { type Call, type Member, NO_DETAILS, type Registration } from './member.ts';
import { errorFor, matchOf, notAUri, type Refusal, refuse } from './replies.ts';
import { UriIndex } from './uri-index.ts';

type Claim = Omit<Registration, 'id'>;
type CancelMode = 'skip' | 'kill' | 'killnowait';

/** The dealer of a realm. Specification: Basic Profile, "Remote Procedure Calls"; Advanced Profile, "Call Canceling". */
export class Dealer {
  readonly #byUri = new UriIndex<Registration>();
  readonly #byId = new Map<number, Registration>();
  #lastRegistration = 0;

  get registrationCount(): number {
    return this.#byId.size;
  }

  register(member: Member, message: MessageOf<'REGISTER'>): void {
    const refusal = refusalOfProcedure(message);
    if (refusal) {
      refuse(member, message, refusal);
      return;
    }
    const { request, procedure } = message;
    this.#claim({ procedure, match: matchOf(message), callee: member }, (outcome) => {
      if ('uri' in outcome) refuse(member, message, outcome);
      else member.send({ type: 'REGISTERED', request, registration: outcome.id });
    });
  }

  unregister(member: Member, message: MessageOf<'UNREGISTER'>): void {
    const registration = this.#byId.get(message.registration);
    if (!registration || !member.registrations.delete(registration)) {
      refuse(member, message, {
        uri: errorUris.noSuchRegistration,
        why: `this session has no registration ${message.registration}`,
      });
      return;
    }
    this.#drop(registration);
    member.send({ type: 'UNREGISTERED', request: message.request });
  }

  call(caller: Member, message: MessageOf<'CALL'>): void {
    const { request, procedure, payload } = message;
    if (caller.calls.has(request))
      throw new ProtocolViolation(`CALL.request: ${request} belongs to a call that is not finished`);
    const registration = this.#byUri.best(procedure);
    // A pattern takes in everything that starts like it, also what is no URI, or nobody's but the router's.
    const exact = registration?.match === 'exact';
    if (!registration || (!exact && (isReservedUri(procedure) || !isUri(procedure)))) {
      refuse(caller, message, refusalOfCall(procedure));
      return;
    }
    const { callee } = registration;
    const invocation = callee.invocationIds.next();
    try {
      callee.send({
        type: 'INVOCATION',
        request: invocation,
        registration: registration.id,
        details: exact ? NO_DETAILS : { procedure },
        payload,
      });
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      callee.invocationIds.takeBack(invocation);
      refuse(caller, message, {
        uri: errorUris.invalidPayload,
        why: `the callee cannot be sent this: ${error.message}`,
      });
      return;
    }
    const call: Call = { caller, request, callee, invocation, interrupted: false };
    caller.calls.set(request, call);
    callee.invocations.set(invocation, call);
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
    const interruptible = call.callee.has('callee', 'call_canceling');
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
    for (const registration of member.registrations) this.#drop(registration);
    member.registrations.clear();
    for (const call of [...member.invocations.values()]) {
      this.#finish(call);
      this.#fail(call, errorUris.canceled, { args: ['the callee has left'], kwargs: undefined });
    }
    for (const call of [...member.calls.values()]) {
      this.#finish(call);
      if (!call.interrupted && call.callee.has('callee', 'call_canceling')) this.#interrupt(call, 'killnowait');
    }
  }

  /** Decides who may answer a procedure, and says so to `done`: at once here, later where routers have to agree. */
  #claim({ procedure, match, callee }: Claim, done: (outcome: Registration | Refusal) => void): void {
    if (this.#byUri.get(procedure, match)) {
      done({ uri: errorUris.procedureAlreadyExists, why: `'${procedure}' is registered already` });
      return;
    }
    const registration: Registration = { id: ++this.#lastRegistration, procedure, match, callee };
    this.#byUri.set(procedure, match, registration);
    this.#byId.set(registration.id, registration);
    callee.registrations.add(registration);
    done(registration);
  }

  #drop({ id, procedure, match }: Registration): void {
    this.#byUri.delete(procedure, match);
    this.#byId.delete(id);
  }

  /** The call that an answer belongs to; undefined when it was settled without the callee, which is no fault of its. */
  #invocationOf(callee: Member, { type, request }: MessageOf<'YIELD' | 'ERROR'>): Call | undefined {
    const call = callee.invocations.get(request);
    if (!call && !callee.invocationIds.issued(request)) {
      throw new ProtocolViolation(`${type}.request: expected the id of an invocation of this session, got ${request}`);
    }
    return call;
  }

  #finish({ caller, request, callee, invocation }: Call): void {
    caller.calls.delete(request);
    callee.invocations.delete(invocation);
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

  #interrupt({ callee, invocation }: Call, mode: CancelMode): void {
    callee.send({ type: 'INTERRUPT', request: invocation, options: { mode } });
  }
}

function refusalOfProcedure(message: MessageOf<'REGISTER'>): Refusal | undefined {
  const { procedure, options } = message;
  const match = matchOf(message);
  if (options.invoke !== undefined && options.invoke !== 'single') {
    return {
      uri: errorUris.optionNotAllowed,
      why: `this router has no shared registrations (invoke: ${options.invoke})`,
    };
  }
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
