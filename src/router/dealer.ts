import { errorUris, isReservedUri, isUri, type MatchPolicy, type MessageOf } from '../protocol/index.ts';
import { Calls, type CallsHost } from './calls.ts';
import type { CallPolicy } from './invocation-details.ts';
import type { Judged } from './judged.ts';
import { LocalCallee, type LocalProcedure } from './local-callee.ts';
import type { Endpoint, Member, Registration } from './member.ts';
import { Registrations } from './registrations.ts';
import { matchOf, notAUri, type Refusal, refuse, sendFitting } from './replies.ts';

/** What a dealer needs of its router. */
export interface DealerHost extends CallsHost {
  /** A mistake of the router's own. */
  failed(error: Error): void;
}

/** Why a callee has lost its registration to one that takes over. */
const UNREGISTERED = 'wamp.error.unregistered';

/** The dealer of a realm: who answers what, and the calls. Specification: Basic Profile, "Remote Procedure Calls". */
export class Dealer {
  readonly registrations = new Registrations();
  readonly #policy: CallPolicy;
  readonly #calls: Calls;
  readonly #local: LocalCallee;
  readonly #mayEnd: (member: Member) => boolean;

  /** `mayEnd` tells who may end what others have. */
  constructor(host: DealerHost, policy: CallPolicy, mayEnd: (member: Member) => boolean) {
    this.#policy = policy;
    this.#mayEnd = mayEnd;
    this.#calls = new Calls(host, policy);
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
    const refusal =
      refusalOfProcedure(message) ?? this.#refusalOfDisclosure(message) ?? this.#refusalOfTakeover(member, message);
    if (refusal) {
      refuse(member, message, refusal);
      return;
    }
    const { request, procedure, options } = message;
    const match = matchOf(message);
    if (options.force_reregister) this.#revokeAll(procedure, match);
    const claim = {
      procedure,
      match,
      invoke: options.invoke ?? 'single',
      callee: member,
      discloseCaller: options.disclose_caller === true,
      forwardTimeout: options.forward_timeout === true,
      concurrency: options.concurrency ?? Infinity,
    };
    this.registrations.claim(claim, (outcome) => {
      if ('uri' in outcome) {
        refuse(member, message, outcome);
        return;
      }
      member.send({ type: 'REGISTERED', request, registration: outcome.id });
      this.#calls.calleesChanged(outcome);
    });
  }

  unregister(member: Member, message: MessageOf<'UNREGISTER'>): void {
    const registration = this.registrations.get(message.registration);
    if (!registration || !this.#remove(registration, member)) {
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
    if (!this.#remove(registration, callee)) return false;
    if (callee.has('callee', 'registration_revocation')) {
      const details = { registration: registration.id };
      const message = { type: 'UNREGISTERED', request: 0 } as const;
      sendFitting(callee.send, { ...message, details: { ...details, reason } }, { ...message, details });
    }
    return true;
  }

  call(caller: Member, message: Judged<'CALL'>): void {
    if (this.#calls.continue(caller, message)) return;
    const { procedure } = message;
    const registration = this.registrations.match(procedure) ?? this.#local.get(procedure);
    const refusal = this.#calls.refusalOf(caller, message);
    if (registration && !refusal) this.#calls.begin(caller, message, registration);
    else this.#calls.refuse(caller, message, refusal ?? refusalOfCall(procedure));
  }

  /** Answers a CALL with an error that others have found. */
  refuse(caller: Member, message: Judged<'CALL'>, refusal: Refusal): void {
    this.#calls.refuse(caller, message, refusal);
  }

  yield(callee: Member, message: MessageOf<'YIELD'>): void {
    this.#calls.yield(callee, message);
  }

  error(callee: Member, message: MessageOf<'ERROR'>): void {
    this.#calls.error(callee, message);
  }

  cancel(caller: Member, message: MessageOf<'CANCEL'>): void {
    this.#calls.cancel(caller, message);
  }

  /** Takes a session that is gone out of everything: nobody waits for it, and it waits for nobody. */
  leave(member: Member): void {
    for (const { registration } of [...member.registrations.values()]) this.#remove(registration, member);
    this.#calls.leave(member);
  }

  #remove(registration: Registration, callee: Member): boolean {
    const removed = this.registrations.remove(registration, callee);
    if (removed) this.#calls.calleesChanged(registration);
    return removed;
  }

  #refusalOfDisclosure({ options }: MessageOf<'REGISTER'>): Refusal | undefined {
    return options.disclose_caller && this.#policy.disclosure === 'never'
      ? { uri: errorUris.optionNotAllowed, why: 'disclose_caller: this realm does not tell who calls' }
      : undefined;
  }

  /** Who takes a procedure over ends what others have, unless it was its own: of this session, or of one before it. */
  #refusalOfTakeover(member: Member, message: MessageOf<'REGISTER'>): Refusal | undefined {
    if (!message.options.force_reregister || this.#mayEnd(member)) return undefined;
    const { authid, authrole } = member.identity;
    const isOwn = ({ callee: { identity } }: Endpoint): boolean =>
      identity.authid === authid && identity.authrole === authrole;
    if (this.registrations.lookup(message.procedure, matchOf(message))?.endpoints.every(isOwn) ?? true)
      return undefined;
    const why = `force_reregister: this session is not authorized to take '${message.procedure}' from others; the realm has neither roles that allow it nor this role among its administrators`;
    return { uri: errorUris.notAuthorized, why };
  }

  /** Specification: none. Other routers know this option by the same name: a callee takes over from those before it. */
  #revokeAll(procedure: string, match: MatchPolicy): void {
    const registration = this.registrations.lookup(procedure, match);
    for (const { callee } of [...(registration?.endpoints ?? [])])
      this.revoke(registration as Registration, callee, UNREGISTERED);
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
