import { assertNumber, attempt, onAbort, type Untyped } from '../base/index.ts';
import { errorUris, type MessageOf, ProtocolViolation, RequestIds, SHAPES, WampError } from '../protocol/index.ts';
import { TimeoutError } from './errors.ts';
import type { Line } from './line.ts';
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

type ReplyType = keyof RequestOf;
export type Request = MessageOf<RequestOf[ReplyType]>;
export type ReplyTo<M extends Request> = MessageOf<
  { [R in ReplyType]: RequestOf[R] extends M['type'] ? R : never }[ReplyType]
>;
type Answer = MessageOf<ReplyType | 'ERROR'>;

/** How a call is waited for. */
export interface Patience {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cancelMode?: MessageOf<'CANCEL'>['options']['mode'];
  readonly onProgress?: ((part: Untyped) => unknown) | undefined;
}

interface Pending {
  readonly message: Request;
  readonly read: (reply: never) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly patience: Patience | undefined;
  /** By the clock; Infinity for none. */
  dueAt: number;
  readonly forgetSignal: (() => void) | undefined;
}

/**
 * What is waiting for an answer: gives out ids, matches answers, and settles each promise exactly once, whatever comes:
 * the answer, an ERROR, too much time, an abort, or the end of the session.
 */
export interface Requests {
  /** Sends a request, with the id that it gives to `build`. Throws what the serializer throws. */
  post<M extends Request>(build: (request: number) => M): M;
  /** Sends a request; the promise settles with what `read` makes of the answer. */
  ask<M extends Request, R>(
    build: (request: number) => M,
    read: (reply: ReplyTo<M>) => R,
    patience?: Patience,
  ): Promise<R>;
  /** Is an answer waited for? */
  has(request: number): boolean;
  /** True when a request was waiting for this; false for what comes too late. */
  answer(reply: Answer): boolean;
  /** Nobody waits for the answer any more. */
  abandon(request: number, error: Error): void;
  /** Rejects everything, at once. `error` gets what was being waited for. */
  end(error: (what: string) => Error): void;
}

export function openRequests({ send, can, onError, clock, timeoutMs }: Line): Requests {
  const ids = new RequestIds();
  const pending = new Map<number, Pending>();
  // One timer for all, set for the earliest end: most requests are answered long before.
  let due = Infinity;
  let cancelTimer = (): void => {};

  const post = <M extends Request>(build: (request: number) => M): M => {
    const request = ids.next();
    try {
      const message = build(request);
      send(message);
      return message;
    } catch (error) {
      // Only what was sent uses up an id: routers may insist on a sequence without gaps.
      if (request === ids.last) ids.last--;
      throw error;
    }
  };

  const watch = (dueAt: number): void => {
    if (dueAt >= due) return;
    cancelTimer();
    due = dueAt;
    cancelTimer = clock.after(due - clock.now(), () => {
      const now = clock.now();
      due = Infinity;
      for (const [request, { message, dueAt, patience }] of [...pending]) {
        if (dueAt > now) watch(dueAt);
        else
          abandon(
            request,
            new TimeoutError(`no answer to ${nameOf(message)} within ${patience?.timeout ?? timeoutMs} ms`),
          );
      }
    });
  };

  const drop = (request: number): Pending | undefined => {
    const dropped = pending.get(request);
    dropped?.forgetSignal?.();
    pending.delete(request);
    return dropped;
  };

  const abandon = (request: number, error: Error): void => {
    const dropped = drop(request);
    if (!dropped) return;
    // Not every router knows how to be told.
    if (dropped.message.type === 'CALL' && can('call_canceling'))
      send({ type: 'CANCEL', request, options: { mode: dropped.patience?.cancelMode ?? 'killnowait' } });
    dropped.reject(error);
  };

  return {
    post,
    abandon,
    has: (request) => pending.has(request),
    ask: (build, read, patience) =>
      new Promise((resolve, reject) => {
        const { timeout = timeoutMs, signal } = patience ?? {};
        assertNumber('timeout', timeout);
        signal?.throwIfAborted();
        const message = post(build);
        const { request } = message;
        const dueAt = timeout > 0 ? clock.now() + timeout : Infinity;
        const forgetSignal = signal && onAbort(signal, (reason) => abandon(request, reason));
        pending.set(request, { message, read, resolve, reject, patience, dueAt, forgetSignal });
        watch(dueAt);
      }),
    answer(reply) {
      const { type, request } = reply;
      const code = requestCode(reply);
      // Of an answer of this side's, which its caller cannot read: nobody here waits for that.
      if (code === SHAPES.INVOCATION.code) return false;
      const found = pending.get(request);
      if (found ? SHAPES[found.message.type].code !== code : request > ids.last)
        throw new ProtocolViolation(`${type}.request: ${request} was not asked for`);
      if (!found) return false;
      const { patience, read, resolve, reject } = found;
      if (type === 'RESULT' && reply.details.progress) {
        const { timeout = timeoutMs, onProgress } = patience ?? {};
        // Not for somebody who has not asked to have it in parts. With each, the time starts anew.
        if (onProgress) {
          if (timeout > 0) found.dueAt = clock.now() + timeout;
          attempt(onProgress, [fromPayload(reply.payload)], onError);
        }
        return true;
      }
      drop(request);
      if (type === 'ERROR') {
        const { error, payload, details } = reply;
        const cause = new WampError(error, payload?.args, payload?.kwargs, { details });
        // The time that this side has set is kept by the router, too; who is first to notice makes no difference.
        reject(error === errorUris.timeout && patience?.timeout ? new TimeoutError(cause.message, { cause }) : cause);
        // The types have been compared by then.
      } else resolve(read(reply as never) as never);
      return true;
    },
    end(error) {
      cancelTimer();
      for (const [request, { message }] of [...pending]) drop(request)?.reject(error(nameOf(message)));
    },
  };
}

/** The code of what this answers: one less, but for a call's. */
function requestCode(reply: Answer): number {
  return reply.type === 'ERROR' ? reply.requestType : SHAPES[reply.type].code - (reply.type === 'RESULT' ? 2 : 1);
}

/** For error texts: what it is, and of which topic or procedure where it names one. */
function nameOf(message: Request): string {
  const { type, topic, procedure = topic }: { type: string; topic?: string; procedure?: string } = message;
  return procedure ? `${type} ${procedure}` : type;
}
