import { type Clock, isThenable, toError } from '../base/index.ts';
import {
  type ClientMessage,
  errorUris,
  isUri,
  type MessageOf,
  NO_DICT,
  PayloadError,
  payloadOf,
  SHAPES,
  WampError,
} from '../protocol/index.ts';
import { Holdings } from './holdings.ts';
import type { Registration } from './registration.ts';
import type { Requests } from './requests.ts';
import { toPayload } from './result.ts';
import { type ProgressSink, Running } from './running.ts';

/** Whose input may still be on its way when their answer is. */
const MAX_SPENT = 1000;

export interface CalleeOptions {
  readonly send: (message: ClientMessage) => void;
  /** Resolves as soon as not much waits to be sent. */
  readonly room: () => Promise<void> | undefined;
  readonly onError: (error: Error) => void;
  readonly clock: Clock;
}

/** The callee's part of a session. Specification: Basic Profile, "Remote Procedure Calls". */
export class Callee implements ProgressSink {
  readonly held: Holdings<Registration, MessageOf<'REGISTER'>>;
  readonly #options: CalleeOptions;
  readonly #running = new Map<number, Running>();
  /** Answered before all of their input had come; the rest of it is not for another handler. */
  readonly #spent = new Set<number>();
  /** Told whenever one is settled. */
  readonly #idlers: (() => void)[] = [];

  constructor(requests: Requests, options: CalleeOptions) {
    this.#options = options;
    this.held = new Holdings(requests, options.onError, {
      ask: (request, wanted) => ({ type: 'REGISTER', request, options: wanted.options, procedure: wanted.procedure }),
      id: ({ registration }) => registration,
      release: (request, registration) => ({ type: 'UNREGISTER', request, registration }),
      shared: false,
    });
  }

  invocation(message: MessageOf<'INVOCATION'>): void {
    const { request, details } = message;
    const known = this.#running.get(request);
    if (known) {
      known.more(message);
      return;
    }
    if (this.#spent.size > 0 && this.#spent.has(request)) {
      if (!details.progress) this.#spent.delete(request);
      return;
    }
    // Several only where routers share an id between handlers, which for calls they do not.
    const [registration] = this.held.get(message.registration)?.held ?? [];
    if (!registration) {
      this.#sendError(request, new WampError(errorUris.noSuchProcedure, [message.registration]));
      return;
    }
    const running = new Running(message, registration, this);
    this.#running.set(request, running);
    if (details.timeout)
      running.cancelTimer = this.#options.clock.after(details.timeout, () => this.#stop(running, errorUris.timeout));
    if (!registration.enter(() => this.#start(running)) && this.#settle(running))
      this.#sendError(request, new WampError(errorUris.unavailable));
  }

  /** The caller no longer wants the result, or is gone. Its answer is an ERROR, which the router may await. */
  interrupt({ request, options: { reason } }: MessageOf<'INTERRUPT'>): void {
    const running = this.#running.get(request);
    this.#spent.delete(request);
    if (running) this.#stop(running, reason !== undefined && isUri(reason) ? reason : errorUris.canceled);
  }

  progress(running: Running, value: unknown): boolean {
    const wanted = !running.settled && running.details.receive_progress === true;
    if (wanted) this.#yield(running.request, value, true);
    return wanted;
  }

  /** The session is over: whatever still runs is told so, and its outcome goes nowhere. */
  end(reason: Error): void {
    for (const running of [...this.#running.values()]) {
      this.#settle(running);
      running.abort(reason);
    }
  }

  /** Resolves when no handler runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idlers.push(resolve));
  }

  #start(running: Running): void {
    const { registration, args } = running;
    // It waited for its turn, and nobody wants it any more.
    if (running.settled) {
      registration.leave();
      return;
    }
    try {
      const outcome = registration.handler(args, running);
      const later = isAsyncIterable(outcome) ? this.#iterate(running, outcome) : isThenable(outcome) && outcome;
      if (later) {
        Promise.resolve(later).then(
          (value) => this.#done(running, value),
          (error: unknown) => this.#failed(running, error),
        );
      } else this.#done(running, outcome);
    } catch (error) {
      this.#failed(running, error);
    }
  }

  /** Each value is a part; the outcome is what is returned or, for a caller that wants no parts, else the list of them. */
  async #iterate(running: Running, parts: AsyncIterable<unknown>): Promise<unknown> {
    const kept: unknown[] = [];
    const iterator = parts[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = (await iterator.next()) as IteratorResult<unknown, unknown>;
        if (done) return value === undefined && !running.details.receive_progress ? kept : value;
        if (running.settled) return undefined;
        if (this.progress(running, value)) await this.#options.room();
        else kept.push(value);
      }
    } finally {
      // Does nothing to one that has come to its end.
      await iterator.return?.();
    }
  }

  /** False when it was settled before: interrupted, too late, or ended with the session. */
  #settle(running: Running): boolean {
    if (running.settled) return false;
    running.settled = true;
    running.cancelTimer?.();
    this.#running.delete(running.request);
    if (running.expectsMore) {
      this.#spent.add(running.request);
      // Routers that notice in time send no more, so that these would stay.
      const [oldest] = this.#spent;
      if (this.#spent.size > MAX_SPENT) this.#spent.delete(oldest as number);
    }
    for (const idler of this.#idlers.splice(0)) idler();
    return true;
  }

  #stop(running: Running, uri: string): void {
    const reason = new WampError(uri);
    this.#settle(running);
    this.#sendError(running.request, reason);
    running.abort(reason);
  }

  #done(running: Running, value: unknown): void {
    if (this.#settle(running)) {
      try {
        this.#yield(running.request, value);
      } catch (error) {
        this.#answer(running.request, error);
      }
    }
    running.registration.leave();
  }

  #failed(running: Running, thrown: unknown): void {
    if (this.#settle(running)) this.#answer(running.request, thrown);
    running.registration.leave();
  }

  #yield(request: number, value: unknown, progress?: boolean): void {
    this.#options.send({
      type: 'YIELD',
      request,
      options: progress ? { progress } : NO_DICT,
      payload: toPayload(value),
    });
  }

  #answer(request: number, thrown: unknown): void {
    const error = toError(thrown);
    const isMeant = error instanceof WampError;
    // A WampError is meant for the caller; anything else is a mistake that this side wants to know of, too.
    if (!isMeant) this.#options.onError(error);
    const uri = error instanceof PayloadError ? errorUris.invalidPayload : errorUris.runtimeError;
    this.#sendError(request, isMeant && isUri(error.uri) ? error : new WampError(uri, [error.message]));
  }

  #sendError(request: number, { uri, args, kwargs }: WampError): void {
    const { send, onError } = this.#options;
    const message = { type: 'ERROR', requestType: SHAPES.INVOCATION.code, request, details: {}, error: uri } as const;
    try {
      send({ ...message, payload: payloadOf(args, kwargs) });
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      onError(error);
      send(message);
    }
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
