import { toError, type Untyped } from '../base/index.ts';
import {
  assertUri,
  type ClientMessage,
  type Dict,
  errorUris,
  isUri,
  SHAPES,
  NO_ARGS,
  NO_DICT,
  type MessageOf,
  PayloadError,
  payloadOf,
  WampError,
} from '../protocol/index.ts';
import type { Requests } from './requests.ts';
import { toPayload } from './result.ts';

/** What came with a call besides its arguments. */
export interface Invocation {
  readonly kwargs: Readonly<Record<string, Untyped>>;
  readonly procedure: string;
  /** Session id of the caller, where it is disclosed. */
  readonly caller: number | undefined;
  /** Aborts when nobody waits for the outcome any more: the call was cancelled, or the connection went away. */
  readonly signal: AbortSignal;
  readonly details: Dict;
}

/**
 * Answers calls. Its value (or the one its promise resolves to) is the result; a {@link WampError} that it throws
 * reaches the caller as it is, anything else as `wamp.error.runtime_error` with the message and never the stack.
 */
export type CallHandler = (args: readonly Untyped[], invocation: Invocation) => unknown;

/** A registration that outlives connections. */
export class Registration {
  readonly procedure: string;
  /** @internal */
  readonly handler: CallHandler;
  readonly #end: (registration: Registration) => Promise<void>;

  /** @internal */
  constructor(procedure: string, handler: CallHandler, end: (registration: Registration) => Promise<void>) {
    assertUri(procedure, 'register');
    this.procedure = procedure;
    this.handler = handler;
    this.#end = end;
  }

  /** Resolves when the router sends no more calls; those that it sent before are still answered. */
  unregister(): Promise<void> {
    return this.#end(this);
  }
}

/** The callee's part of a session. Specification: Basic Profile, "Remote Procedure Calls". */
export class Callee {
  readonly #requests: Requests;
  readonly #send: (message: ClientMessage) => void;
  readonly #onError: (error: Error) => void;
  readonly #byId = new Map<number, Registration>();
  /** Asked for and not yet confirmed. */
  readonly #asking = new Set<Registration>();
  readonly #running = new Map<number, Running>();
  /** Told whenever one is settled. */
  readonly #idlers: (() => void)[] = [];

  constructor(requests: Requests, send: (message: ClientMessage) => void, onError: (error: Error) => void) {
    this.#requests = requests;
    this.#send = send;
    this.#onError = onError;
  }

  /** Resolves once the router has confirmed; from then on calls are answered. */
  async register(wanted: Registration): Promise<void> {
    const { procedure } = wanted;
    this.#asking.add(wanted);
    try {
      await this.#requests.ask(
        (request) => ({ type: 'REGISTER', request, options: {}, procedure }),
        // Entered at once and not after the promise: the first call may follow in the same frame.
        ({ registration }) => {
          if (this.#asking.delete(wanted)) this.#byId.set(registration, wanted);
          else this.#release(registration).catch(this.#onError);
        },
      );
    } finally {
      this.#asking.delete(wanted);
    }
  }

  /** Resolves when no handler runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idlers.push(resolve));
  }

  /** Calls that arrive before the router has confirmed are still answered. */
  async unregister(unwanted: Registration): Promise<void> {
    this.#asking.delete(unwanted);
    for (const [id, registration] of this.#byId) {
      if (registration !== unwanted) continue;
      await this.#release(id);
      this.#byId.delete(id);
    }
  }

  /** Confirmed after the time was up: nobody here wants it any more. */
  lateRegistered({ registration }: MessageOf<'REGISTERED'>): void {
    if (!this.#byId.has(registration)) this.#release(registration).catch(this.#onError);
  }

  /** The router ended a registration of its own accord. */
  revoked(id: number): Iterable<Registration> {
    const registration = this.#byId.get(id);
    this.#byId.delete(id);
    return registration ? [registration] : [];
  }

  invocation(message: MessageOf<'INVOCATION'>): void {
    const { request, registration } = message;
    const wanted = this.#byId.get(registration);
    if (!wanted) {
      this.#sendError(request, new WampError(errorUris.noSuchProcedure, [registration]));
      return;
    }
    const running = new Running(message, wanted.procedure);
    const args = message.payload?.args ?? NO_ARGS;
    this.#running.set(request, running);
    let outcome: unknown;
    try {
      outcome = wanted.handler(args, running);
    } catch (error) {
      this.#failed(request, error);
      return;
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (value: unknown) => this.#done(request, value),
        (error: unknown) => this.#failed(request, error),
      );
    } else this.#done(request, outcome);
  }

  /** The caller no longer wants the result, or is gone. Its answer is an ERROR, which the router may await. */
  interrupt({ request }: MessageOf<'INTERRUPT'>): void {
    const running = this.#running.get(request);
    if (!running) return;
    this.#settle(request);
    this.#sendError(request, new WampError(errorUris.canceled));
    running.abort(new WampError(errorUris.canceled));
  }

  /** The session is over: whatever still runs is told so, and its outcome goes nowhere. */
  end(reason: Error): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const idler of this.#idlers.splice(0)) idler();
    for (const invocation of running) invocation.abort(reason);
  }

  /** False when it was settled before: interrupted, or with the session. */
  #settle(request: number): boolean {
    for (const idler of this.#idlers.splice(0)) idler();
    return this.#running.delete(request);
  }

  #done(request: number, value: unknown): void {
    if (!this.#settle(request)) return;
    try {
      this.#send({ type: 'YIELD', request, options: {}, payload: toPayload(value) });
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#onError(error);
      this.#sendError(request, new WampError(errorUris.invalidPayload, [error.message]));
    }
  }

  #failed(request: number, thrown: unknown): void {
    if (!this.#settle(request)) return;
    const error = toError(thrown);
    // A WampError is meant for the caller; anything else is a mistake that this side wants to know of, too.
    if (!(error instanceof WampError)) this.#onError(error);
    this.#sendError(
      request,
      error instanceof WampError && isUri(error.uri) ? error : new WampError(errorUris.runtimeError, [error.message]),
    );
  }

  #sendError(request: number, { uri, args, kwargs }: WampError): void {
    const message = { type: 'ERROR', requestType: SHAPES.INVOCATION.code, request, details: {}, error: uri } as const;
    try {
      this.#send({ ...message, payload: payloadOf(args, kwargs) });
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#onError(error);
      this.#send(message);
    }
  }

  #release(registration: number): Promise<void> {
    return this.#requests.ask(
      (request) => ({ type: 'UNREGISTER', request, registration }),
      () => {},
    );
  }
}

/** A call that a handler is answering. */
class Running implements Invocation {
  readonly kwargs: Dict;
  readonly procedure: string;
  readonly details: Dict;
  readonly caller: number | undefined;
  // Made when asked for: most handlers never look, and making one costs more than the rest of the call.
  #controller: AbortController | undefined;
  #aborted: Error | undefined;

  constructor({ details, payload }: MessageOf<'INVOCATION'>, procedure: string) {
    this.kwargs = payload?.kwargs ?? NO_DICT;
    this.procedure = details.procedure ?? procedure;
    this.caller = details.caller;
    this.details = details;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#aborted = reason;
    this.#controller?.abort(reason);
  }
}
