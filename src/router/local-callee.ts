import { toError } from '../base/index.ts';
import { errorUris, MESSAGES, type MessageOf, type Payload, WampError } from '../protocol/index.ts';
import { type Endpoint, Member, type Registration } from './member.ts';

/** A call that the router itself answers. */
export interface LocalCall {
  readonly caller: Member;
  readonly procedure: string;
  readonly payload: Payload | undefined;
}

/** Answers a call with its result, or throws a `WampError`; a promise does so later. */
export type LocalProcedure = (call: LocalCall) => Payload | undefined | Promise<Payload | undefined>;

/** Who takes the answers of the router's own procedures: the dealer, as it does of any callee. */
export interface LocalAnswers {
  yield(callee: Member, message: MessageOf<'YIELD'>): void;
  error(callee: Member, message: MessageOf<'ERROR'>): void;
  /** A mistake of the router's own. */
  failed(error: Error): void;
}

const IDENTITY = { authid: 'router', authrole: 'router', authmethod: 'internal', authprovider: 'static' };

/**
 * The procedures that the router answers itself, such as `wamp.session.count`, as a callee without a connection: what
 * holds for a call of any other callee holds for these. They are in no registration that anybody else sees.
 */
export class LocalCallee {
  readonly #answers: LocalAnswers;
  readonly #member: Member;
  readonly #registrations = new Map<string, Registration>();
  readonly #procedures = new Map<Registration, LocalProcedure>();

  constructor(answers: LocalAnswers) {
    this.#answers = answers;
    this.#member = new Member(0, IDENTITY, {
      roles: {},
      send: (message) => {
        if (message.type === 'INVOCATION') this.#invoke(message);
      },
    });
  }

  provide(procedure: string, run: LocalProcedure): void {
    const registration: Registration = {
      id: 0,
      procedure,
      match: 'exact',
      invoke: 'single',
      created: new Date().toISOString(),
      endpoints: [],
      turn: 0,
      waiting: undefined,
    };
    const endpoint: Endpoint = {
      registration,
      callee: this.#member,
      discloseCaller: false,
      forwardTimeout: false,
      concurrency: Infinity,
      running: 0,
    };
    registration.endpoints.push(endpoint);
    this.#registrations.set(procedure, registration);
    this.#procedures.set(registration, run);
  }

  get(procedure: string): Registration | undefined {
    return this.#registrations.get(procedure);
  }

  #invoke({ request, payload }: MessageOf<'INVOCATION'>): void {
    const call = this.#member.invocations.get(request);
    const registration = call?.registration;
    const run = registration && this.#procedures.get(registration);
    if (!call || !run) return;
    try {
      const answer = run({ caller: call.caller, procedure: registration.procedure, payload });
      // What is known at once is answered at once, so that nothing overtakes it.
      if (answer instanceof Promise) {
        answer.then(
          (later) => this.#yield(request, later),
          (error: unknown) => this.#fail(request, error),
        );
      } else this.#yield(request, answer);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  #yield(request: number, payload: Payload | undefined): void {
    this.#answers.yield(this.#member, { type: 'YIELD', request, options: {}, payload });
  }

  #fail(request: number, cause: unknown): void {
    const error =
      cause instanceof WampError ? cause : new WampError(errorUris.runtimeError, ['the router has made a mistake']);
    if (cause !== error) this.#answers.failed(toError(cause));
    this.#answers.error(this.#member, {
      type: 'ERROR',
      requestType: MESSAGES.INVOCATION.code,
      request,
      details: {},
      error: error.uri,
      payload: { args: error.args, kwargs: error.kwargs },
    });
  }
}
