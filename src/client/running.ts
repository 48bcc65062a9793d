import { BoundedQueue, type Untyped } from '../base/index.ts';
import { type Dict, type MessageOf, NO_ARGS, NO_DICT } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import type { Registration } from './registration.ts';
import { fromPayload } from './result.ts';

/** Sends a part of a result. False when the caller wants none or is not waiting any more. */
type Progress = (running: Running, value: unknown) => boolean;

/** A call that a handler is answering, or is to. */
export class Running implements Invocation {
  readonly request: number;
  /** What it is a call of. */
  readonly callOf: Registration;
  readonly args: readonly Untyped[];
  readonly kwargs: Dict;
  readonly details: MessageOf<'INVOCATION'>['details'];
  /** The outcome is on its way, or nobody wants it. */
  settled = false;
  /** The caller has more input to send. */
  expectsMore: boolean;
  cancelTimer: (() => void) | undefined;
  readonly #progress: Progress;
  // Made when asked for: most handlers never look, and making one costs more than the rest of the call.
  #controller: AbortController | undefined;
  #aborted: Error | undefined;
  #input: BoundedQueue<Untyped> | undefined;

  constructor({ request, details, payload }: MessageOf<'INVOCATION'>, registration: Registration, progress: Progress) {
    this.request = request;
    this.callOf = registration;
    this.args = payload?.args ?? NO_ARGS;
    this.kwargs = payload?.kwargs ?? NO_DICT;
    this.details = details;
    this.expectsMore = !!details.progress;
    this.#progress = progress;
  }

  get procedure(): string {
    return this.details.procedure ?? this.callOf.procedure;
  }

  get caller(): number | undefined {
    return this.details.caller;
  }

  get callerAuthid(): string | undefined {
    return this.details.caller_authid;
  }

  get callerAuthrole(): string | undefined {
    return this.details.caller_authrole;
  }

  get trustLevel(): number | undefined {
    return this.details.trustlevel;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted);
    return this.#controller.signal;
  }

  get input(): BoundedQueue<Untyped> {
    if (!this.#input) {
      this.#input = new BoundedQueue({ whenFull: 'close' }, { queueOf: `input of ${this.procedure}` });
      if (!this.expectsMore || this.settled) this.#input.end(this.#aborted);
    }
    return this.#input;
  }

  // To be taken out of the context like everything else in it, so not bound to it by the call.
  get progress(): Invocation['progress'] {
    return (value) => this.#progress(this, value);
  }

  /** More of the input has come, or with a message that is not progressive, its end. */
  moreInput({ details, payload }: MessageOf<'INVOCATION'>): void {
    const { input } = this;
    this.expectsMore = !!details.progress;
    if (payload) input.push(fromPayload(payload));
    if (!this.expectsMore) input.end();
  }

  abort(reason: Error): void {
    this.#aborted = reason;
    this.#controller?.abort(reason);
    this.#input?.end(reason);
  }
}
