import { assertNumber, type Untyped } from '../base/index.ts';
import { assertUri, type MatchPolicy } from '../protocol/index.ts';
import { Held, type Holder } from './held.ts';
import type { Invocation } from './invocation.ts';

/**
 * Answers calls. Its value (or the one its promise resolves to) is the result; a {@link WampError} that it throws
 * reaches the caller as it is, anything else as `wamp.error.runtime_error` with the message and never the stack.
 * What an async generator yields are parts of a progressive result, and what it returns is the result. A caller that
 * wants no parts gets what it returns or, where that is nothing, the list of what it yielded.
 */
export type CallHandler = (args: readonly Untyped[], invocation: Invocation) => unknown;

/** Options of `client.register`. Specification: Advanced Profile, "Pattern-based Registrations" and "Shared Registration". */
export interface RegisterOptions {
  /** `prefix`: all procedures that begin so. `wildcard`: an empty component stands for any one. Default `exact`. */
  readonly match?: MatchPolicy;
  /** How the router chooses among several callees of the procedure. Default `single`: there is one only. */
  readonly invoke?: 'single' | 'roundrobin' | 'random' | 'first' | 'last';
  /** How many calls run at a time; the others wait here. Routers that know of it are told, too. Default: any number. */
  readonly concurrency?: number;
  /** With `concurrency`: how many calls may wait; one more is refused with `wamp.error.unavailable`. Default 1,000. */
  readonly maxWaiting?: number;
  /** Asks the router to tell who calls. */
  readonly discloseCaller?: boolean;
  /** Asks the router to leave the time-out of calls to this side, which aborts `invocation.signal`. */
  readonly forwardTimeout?: boolean;
  /** Takes the procedure over from whoever has it, where the router has that. */
  readonly forceReregister?: boolean;
}

/** A registration that outlives connections. */
export class Registration extends Held {
  /** @internal */
  readonly handler: CallHandler;
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  #running = 0;
  readonly #waiting = new Map<unknown, () => void>();

  /** @internal */
  constructor(procedure: string, holder: Holder, options: RegisterOptions & { readonly handler: CallHandler }) {
    super(procedure, holder, options);
    assertUri(procedure, 'register', options.match);
    const { handler, concurrency = Infinity, maxWaiting = 1000 } = options;
    assertNumber('concurrency', concurrency, 1);
    assertNumber('maxWaiting', maxWaiting);
    this.handler = handler;
    this.#concurrency = concurrency;
    this.#maxWaiting = maxWaiting;
  }

  get procedure(): string {
    return this.uri;
  }

  /** Resolves when the router sends no more calls; those that it sent before are still answered. */
  unregister(): Promise<void> {
    return this.holder.release(this);
  }

  /** Runs a call now, or when there is room; false when too many wait. One that has run says `leave()`. @internal */
  enter(call: unknown, run: () => void): boolean {
    if (this.#running < this.#concurrency) {
      this.#running++;
      run();
    } else if (this.#waiting.size < this.#maxWaiting) this.#waiting.set(call, run);
    else return false;
    return true;
  }

  /** Nobody wants it any more: it makes room for others. @internal */
  forgo(call: unknown): void {
    this.#waiting.delete(call);
  }

  /** @internal */
  leave(): void {
    for (const [call, run] of this.#waiting) {
      this.#waiting.delete(call);
      // Not from within this one: there may be many that end at once.
      return void Promise.resolve().then(run);
    }
    this.#running--;
  }
}
