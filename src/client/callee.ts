import { isAsyncIterable, isThenable, toError } from '../base/index.ts';
import {
  errorUris,
  isUri,
  type MessageOf,
  NO_DICT,
  PayloadError,
  payloadOf,
  SHAPES,
  WampError,
} from '../protocol/index.ts';
import { type Holdings, openHoldings } from './holdings.ts';
import type { Line } from './line.ts';
import type { Registration } from './registration.ts';
import type { Requests } from './requests.ts';
import { toPayload } from './result.ts';
import { Running } from './running.ts';

/** Whose input may still be on its way when their answer is. */
const MAX_SPENT = 1000;

/** The callee's part of a session. Specification: Basic Profile, "Remote Procedure Calls". */
export interface Callee {
  readonly holdings: Holdings<Registration>;
  invocation(message: MessageOf<'INVOCATION'>): void;
  /** The caller no longer wants the result, or is gone. Its answer is an ERROR, which the router may await. */
  interrupt(message: MessageOf<'INTERRUPT'>): void;
  /** The session is over: whatever still runs is told so, and its outcome goes nowhere. */
  end(reason: Error): void;
  /** Resolves when no handler runs. */
  idle(): Promise<void>;
}

export function openCallee(requests: Requests, line: Line): Callee {
  const { send, room, onError, clock } = line;
  const holdings = openHoldings<Registration>(requests, line, {
    ask: 'REGISTER',
    uri: 'procedure',
    id: 'registration',
    atOnce: false,
  });
  const running = new Map<number, Running>();
  /** Answered before all of their input had come; the rest of it is not for another handler. */
  const spent = new Set<number>();
  /** Told whenever one is settled. */
  const idlers: (() => void)[] = [];

  const sendYield = (request: number, value: unknown, progress?: boolean): void =>
    send({ type: 'YIELD', request, options: progress ? { progress } : NO_DICT, payload: toPayload(value) });

  const sendError = (request: number, { uri, args, kwargs }: WampError): void => {
    const message = { type: 'ERROR', requestType: SHAPES.INVOCATION.code, request, details: {}, error: uri } as const;
    try {
      send({ ...message, payload: payloadOf(args, kwargs) });
    } catch (error) {
      onError(error);
      send(message);
    }
  };

  /** A WampError is meant for the caller; anything else is a mistake that this side wants to know of, too. */
  const sendThrown = (request: number, thrown: unknown): void => {
    const error = toError(thrown) as WampError | PayloadError | (Error & { readonly code?: undefined });
    // By its code: a program and what it loads may have a copy of this library each.
    const isMeant = error.code === 'wamp_error';
    if (!isMeant) onError(error);
    const uri = error instanceof PayloadError ? error.uri : errorUris.runtimeError;
    sendError(request, isMeant && isUri(error.uri) ? error : new WampError(uri, [error.message]));
  };

  const progress = (of: Running, value: unknown): boolean => {
    const wanted = !of.settled && !!of.details.receive_progress;
    if (wanted) sendYield(of.request, value, true);
    return wanted;
  };

  /** False when it was settled before: interrupted, too late, or ended with the session. */
  const settle = (one: Running): boolean => {
    if (one.settled) return false;
    one.settled = true;
    one.cancelTimer?.();
    running.delete(one.request);
    one.callOf.forgo(one);
    if (one.expectsMore) {
      spent.add(one.request);
      // Routers that notice in time send no more, so that these would stay.
      const [oldest] = spent;
      if (spent.size > MAX_SPENT) spent.delete(oldest as number);
    }
    for (const idler of idlers.splice(0)) idler();
    return true;
  };

  const stop = (one: Running, uri: string): void => {
    const reason = new WampError(uri);
    settle(one);
    sendError(one.request, reason);
    one.abort(reason);
  };

  const done = (one: Running, value: unknown): void => {
    if (settle(one)) {
      try {
        sendYield(one.request, value);
      } catch (error) {
        sendThrown(one.request, error);
      }
    }
    one.callOf.leave();
  };

  const failed = (one: Running, thrown: unknown): void => {
    if (settle(one)) sendThrown(one.request, thrown);
    one.callOf.leave();
  };

  /** Each value is a part; the outcome is what is returned or, for a caller that wants no parts, else the list of them. */
  const iterate = async (one: Running, parts: AsyncIterable<unknown>): Promise<unknown> => {
    const kept: unknown[] = [];
    const iterator = parts[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = (await iterator.next()) as IteratorResult<unknown, unknown>;
        if (done) return value === undefined && !one.details.receive_progress ? kept : value;
        if (one.settled) return undefined;
        if (progress(one, value)) await room();
        else kept.push(value);
      }
    } finally {
      // Does nothing to one that has come to its end.
      await iterator.return?.();
    }
  };

  const start = (one: Running): void => {
    // Interrupted while it waited.
    if (one.settled) return one.callOf.leave();
    try {
      const outcome = one.callOf.handler(one.args, one);
      const later = isAsyncIterable(outcome) ? iterate(one, outcome) : isThenable(outcome) && outcome;
      if (later) {
        Promise.resolve(later).then(
          (value) => done(one, value),
          (error: unknown) => failed(one, error),
        );
      } else done(one, outcome);
    } catch (error) {
      failed(one, error);
    }
  };

  return {
    holdings,

    invocation(message) {
      const { request, registration: id, details } = message;
      const known = running.get(request);
      if (known) return known.moreInput(message);
      if (spent.size > 0 && spent.has(request)) {
        if (!details.progress) spent.delete(request);
        return;
      }
      // Routers give one id to all of a session's that are of one shared procedure; the others step in when the first ends.
      const [registration] = holdings.get(id)?.holders ?? [];
      if (!registration) return sendError(request, new WampError(errorUris.noSuchProcedure, [id]));
      const one = new Running(message, registration, progress);
      running.set(request, one);
      if (details.timeout) one.cancelTimer = clock.after(details.timeout, () => stop(one, errorUris.timeout));
      if (!registration.enter(one, () => start(one)) && settle(one))
        sendError(request, new WampError(errorUris.unavailable));
    },

    interrupt({ request, options: { reason } }) {
      const one = running.get(request);
      if (one) stop(one, isUri(reason) ? (reason as string) : errorUris.canceled);
    },

    end(reason) {
      for (const one of [...running.values()]) {
        settle(one);
        one.abort(reason);
      }
    },

    async idle() {
      while (running.size > 0) await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}
