import { type Clock, toError, type Untyped } from '../base/index.ts';
import {
  type ClientMessage,
  errorUris,
  SHAPES,
  type MessageOf,
  type MessageType,
  ProtocolViolation,
  RequestIds,
  WampError,
} from '../protocol/index.ts';
import { TimeoutError } from './errors.ts';
import { fromPayload } from './result.ts';

/** Which answer belongs to which request. */
interface RequestOf {
  PUBLISHED: 'PUBLISH';
  SUBSCRIBED: 'SUBSCRIBE';
  UNSUBSCRIBED: 'UNSUBSCRIBE';
  RESULT: 'CALL';
  REGISTERED: 'REGISTER';
  UNREGISTERED: 'UNREGISTER';
}

export type ReplyType = keyof RequestOf;
export type Reply = MessageOf<ReplyType>;
export type ReplyTo<M extends ClientMessage> = MessageOf<
  { [R in ReplyType]: RequestOf[R] extends M['type'] ? R : never }[ReplyType]
>;
/** Their codes come one after the other, but for a call's. */
const requestCode = (reply: ReplyType): number => SHAPES[reply].code - (reply === 'RESULT' ? 2 : 1);

interface Pending {
  readonly type: MessageType;
  /** The topic or procedure, where the request names one; for error texts. */
  readonly uri: string;
  readonly read: (reply: never) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly patience: Patience | undefined;
  /** By the clock; Infinity for none. */
  expires: number;
  readonly forgetSignal: (() => void) | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

export interface RequestsOptions {
  readonly send: (message: ClientMessage) => void;
  readonly clock: Clock;
  /** Milliseconds that a request waits when it does not say itself; 0 for as long as the session lives. */
  readonly timeoutMs: number;
  /** A call is not waited for any longer, and the router does not know. */
  readonly onAbandoned: (request: number, mode: CancelMode | undefined) => void;
}

type CancelMode = NonNullable<MessageOf<'CANCEL'>['options']['mode']>;

/** How a call is waited for. */
export interface Patience {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cancelMode?: CancelMode | undefined;
  readonly onProgress?: ((part: Untyped) => void) | undefined;
}

/**
 * What is waiting for an answer: gives out ids, matches answers, and settles each promise exactly once, whatever comes:
 * the answer, an ERROR, too much time, an abort, or the end of the session.
 */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #ids = new RequestIds();
  readonly #pending = new Map<number, Pending>();
  /** One timer for all, set for the earliest end: most requests are answered long before. */
  #due = NEVER;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Sends a request, with the id that it gives to `build`. Throws what the serializer throws. */
  post<M extends ClientMessage>(build: (request: number) => M): { readonly request: number; readonly message: M } {
    const request = this.#ids.next();
    try {
      const message = build(request);
      this.#options.send(message);
      return { request, message };
    } catch (error) {
      // Only what was sent uses up an id: routers may insist on a sequence without gaps.
      this.#ids.takeBack(request);
      throw error;
    }
  }

  /** Sends a request; the promise settles with what `read` makes of the answer. */
  ask<M extends ClientMessage, R>(
    build: (request: number) => M,
    read: (reply: ReplyTo<M>) => R,
    patience?: Patience,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const { timeout = this.#options.timeoutMs, signal } = patience ?? {};
      signal?.throwIfAborted();
      const { request, message } = this.post(build);
      const { type } = message;
      const uri = 'topic' in message ? message.topic : 'procedure' in message ? message.procedure : '';
      const expires = timeout > 0 ? this.#options.clock.now() + timeout : NEVER;
      const abort = signal && ((): void => this.abandon(request, toError(signal.reason)));
      if (abort) signal.addEventListener('abort', abort);
      const forgetSignal = abort && ((): void => signal?.removeEventListener('abort', abort));
      this.#pending.set(request, { type, uri, read, resolve, reject, patience, expires, forgetSignal });
      if (expires < this.#due) this.#watch(expires);
    });
  }

  /** Is an answer waited for? */
  has(request: number): boolean {
    return this.#pending.has(request);
  }

  /** A part of a result: the time starts anew. Not for somebody who has not asked to have it in parts. */
  part({ request, payload }: MessageOf<'RESULT'>): void {
    const pending = this.#find(request, SHAPES.CALL.code, 'RESULT');
    const { timeout = this.#options.timeoutMs, onProgress } = pending?.patience ?? {};
    if (!pending || !onProgress) return;
    if (timeout > 0) pending.expires = this.#options.clock.now() + timeout;
    onProgress(fromPayload(payload));
  }

  /** True when a request was waiting for this answer; false for one that comes too late. */
  answer(reply: Reply): boolean {
    const pending = this.#take(reply.request, requestCode(reply.type), reply.type);
    // The types have been compared by then.
    pending?.resolve(pending.read(reply as never) as never);
    return pending !== undefined;
  }

  /** An ERROR for one of the client's own requests. */
  fail({ requestType, request, error, details, payload }: MessageOf<'ERROR'>): void {
    const pending = this.#take(request, requestType, 'ERROR');
    const cause = new WampError(error, payload?.args, payload?.kwargs, { details });
    // The time that this side has set is kept by the router, too; who is first to notice makes no difference.
    const isOurs = error === errorUris.timeout && pending?.patience?.timeout;
    pending?.reject(isOurs ? new TimeoutError(cause.message, { cause }) : cause);
  }

  /** Rejects everything, at once. `error` gets what was being waited for. */
  end(error: (what: string) => Error): void {
    this.#cancelTimer?.();
    this.#due = NEVER;
    for (const [request, { reject, type, uri }] of [...this.#pending]) {
      this.#drop(request);
      reject(error(`${type} ${uri}`));
    }
  }

  #take(request: number, code: number, answer: string): Pending | undefined {
    this.#find(request, code, answer);
    return this.#drop(request);
  }

  #find(request: number, code: number, answer: string): Pending | undefined {
    const pending = this.#pending.get(request);
    if (pending ? SHAPES[pending.type].code !== code : !this.#ids.issued(request)) {
      throw new ProtocolViolation(`${answer}.request: ${request} is no request of that kind`);
    }
    return pending;
  }

  #drop(request: number): Pending | undefined {
    const pending = this.#pending.get(request);
    pending?.forgetSignal?.();
    this.#pending.delete(request);
    return pending;
  }

  /** Nobody waits for the answer any more. */
  abandon(request: number, error: Error): void {
    const pending = this.#drop(request);
    if (!pending) return;
    if (pending.type === 'CALL') this.#options.onAbandoned(request, pending.patience?.cancelMode);
    pending.reject(error);
  }

  #watch(due: number): void {
    const { clock } = this.#options;
    this.#cancelTimer?.();
    this.#due = due;
    this.#cancelTimer = clock.after(due - clock.now(), () => this.#expire());
  }

  #expire(): void {
    const now = this.#options.clock.now();
    this.#due = NEVER;
    let next = NEVER;
    for (const [request, { expires, type, uri }] of [...this.#pending]) {
      if (expires > now) next = Math.min(next, expires);
      else this.abandon(request, new TimeoutError(`no answer to ${type} ${uri} in time`));
    }
    if (next < this.#due) this.#watch(next);
  }
}
