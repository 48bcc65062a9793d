import type { Clock } from '../base/index.ts';
import {
  type ClientMessage,
  type Message,
  type MessageOf,
  MESSAGES,
  ProtocolViolation,
  RequestIds,
  WampError,
} from '../protocol/index.ts';
import { TimeoutError } from './errors.ts';

/** The answers to requests, each named after what it answers. */
export type ReplyType = 'PUBLISHED' | 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'RESULT' | 'REGISTERED' | 'UNREGISTERED';
export type Reply = MessageOf<ReplyType>;

interface Pending {
  readonly expects: ReplyType;
  /** What to say was waited for, in an error text. */
  readonly what: string;
  readonly settle: (reply: Message) => void;
  readonly reject: (error: Error) => void;
  /** By the clock; Infinity for none. */
  readonly expires: number;
}

/** The code of the request that an answer belongs to, as ERROR names it. */
const REQUEST_CODE: Record<ReplyType, number> = {
  PUBLISHED: MESSAGES.PUBLISH.code,
  SUBSCRIBED: MESSAGES.SUBSCRIBE.code,
  UNSUBSCRIBED: MESSAGES.UNSUBSCRIBE.code,
  RESULT: MESSAGES.CALL.code,
  REGISTERED: MESSAGES.REGISTER.code,
  UNREGISTERED: MESSAGES.UNREGISTER.code,
};

export interface RequestOptions<T extends ReplyType, R> {
  readonly expects: T;
  readonly what: string;
  /** Milliseconds; 0 waits for as long as the session lives. */
  readonly timeoutMs: number;
  readonly message: (request: number) => ClientMessage;
  readonly read: (reply: MessageOf<T>) => R;
  /** Called when no answer came in time, before the promise rejects. */
  readonly onTimeout?: (request: number) => void;
}

/**
 * What is waiting for an answer: gives out ids, matches answers, and settles each promise exactly once, whatever comes:
 * the answer, an ERROR, too much time, or the end of the session.
 */
export class Requests {
  readonly #send: (message: ClientMessage) => void;
  readonly #clock: Clock;
  readonly #ids = new RequestIds();
  readonly #pending = new Map<number, Pending & { onTimeout?: ((request: number) => void) | undefined }>();
  /** One timer for all, set for the earliest end: most requests are answered long before. */
  #timer: { readonly due: number; readonly cancel: () => void } | undefined;

  constructor(send: (message: ClientMessage) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Sends a request that nobody answers. Throws what the serializer throws. */
  post(message: (request: number) => ClientMessage): void {
    const request = this.#ids.next();
    this.#sendOrTakeBack(request, message);
  }

  /** Sends a request; the promise settles with its answer. */
  ask<T extends ReplyType, R>({
    expects,
    what,
    timeoutMs,
    message,
    read,
    onTimeout,
  }: RequestOptions<T, R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const request = this.#ids.next();
      this.#sendOrTakeBack(request, message);
      const expires = timeoutMs > 0 ? this.#clock.now() + timeoutMs : Number.POSITIVE_INFINITY;
      // `#settle` has checked the type of the reply.
      this.#pending.set(request, {
        expects,
        what,
        settle: (reply) => resolve(read(reply as MessageOf<T>)),
        reject,
        expires,
        onTimeout,
      });
      if (expires < (this.#timer?.due ?? Number.POSITIVE_INFINITY)) this.#watch(expires);
    });
  }

  /** An id is only used up by what was sent: routers may insist on a sequence without gaps. */
  #sendOrTakeBack(request: number, message: (request: number) => ClientMessage): void {
    try {
      this.#send(message(request));
    } catch (error) {
      this.#ids.takeBack(request);
      throw error;
    }
  }

  /** True when a request was waiting for this answer; false for one that comes too late. */
  answer(reply: Reply): boolean {
    const pending = this.#find(reply.request, reply.type, reply.type);
    if (!pending) return false;
    this.#pending.delete(reply.request);
    pending.settle(reply);
    return true;
  }

  /** An ERROR for one of the client's own requests. */
  fail({ requestType, request, error, details, payload }: MessageOf<'ERROR'>): void {
    const type = (Object.keys(REQUEST_CODE) as ReplyType[]).find((reply) => REQUEST_CODE[reply] === requestType);
    if (!type)
      throw new ProtocolViolation(`ERROR.requestType: expected the code of a client's request, got ${requestType}`);
    const pending = this.#find(request, type, `ERROR (for ${requestType})`);
    if (!pending) return;
    this.#pending.delete(request);
    pending.reject(new WampError(error, payload?.args, payload?.kwargs, { details }));
  }

  /** Takes a request back without an answer; the caller has settled it. */
  forget(request: number): void {
    this.#pending.delete(request);
  }

  /** Rejects everything, at once. `error` gets what was being waited for. */
  end(error: (what: string) => Error): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, what } of all) reject(error(what));
  }

  #find(request: number, expected: ReplyType, got: string): Pending | undefined {
    const pending = this.#pending.get(request);
    if (pending?.expects === expected) return pending;
    if (pending) throw new ProtocolViolation(`${got}.request: ${request} waits for ${pending.expects}`);
    if (!this.#ids.issued(request))
      throw new ProtocolViolation(`${got}.request: expected the id of a request, got ${request}, which was never sent`);
    return undefined;
  }

  #watch(due: number): void {
    this.#timer?.cancel();
    this.#timer = { due, cancel: this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#expire()) };
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [request, { expires, reject, what, onTimeout }] of this.#pending) {
      if (expires > now) {
        next = Math.min(next, expires);
        continue;
      }
      this.#pending.delete(request);
      onTimeout?.(request);
      reject(new TimeoutError(`no answer to ${what} in time`));
    }
    if (next < Number.POSITIVE_INFINITY) this.#watch(next);
  }
}
