import { assertNumber, assertNumbers, type Clock, onAbort } from '../base/index.ts';
import { closeUris } from '../protocol/index.ts';
import { ClosedError, ConnectionLostError } from './errors.ts';
import type { CallOptions } from './options.ts';
import type { Session } from './session.ts';

/** How requests wait for a connection. One that cannot rejects with a {@link ConnectionLostError}, `maybeDelivered: false`. */
export interface OfflineOptions {
  /** How many may wait. Default 1,000. */
  readonly limit?: number;
  /** Milliseconds that each may wait. Default 30,000. */
  readonly timeout?: number;
}

interface SenderOptions {
  readonly offline?: 'queue' | 'reject' | OfflineOptions;
}

/** The error of a request that never left. */
function notSent(what: string, why: string): ConnectionLostError {
  return new ConnectionLostError(`${what} was not sent: ${why}`, false);
}

interface WaitOptions extends Pick<CallOptions, 'timeout' | 'signal'> {
  /** How it was lost, of what was sent before. */
  readonly lost: Error | undefined;
}

/** The session there is, or why there will be none any more. */
type Present = () => Session | Error | undefined;

type Send<T> = (session: Session, options: CallOptions) => Promise<T>;

/** Sends requests now, or as soon as there is a session. @internal */
export interface Sender {
  /** And again, if that does no harm, when the connection was lost. `check` tells what is wrong whether or not there is one. */
  send<T>(what: string, send: Send<T>, options: CallOptions, check?: () => void): Promise<T>;
  /** The waiting is over for all, in their order and in the same turn: there is a session, or will never be one. */
  end(): void;
}

/** How often a request is sent again. */
const MAX_TRIES = 9;

/** @internal */
export function openSender(clock: Clock, { offline }: SenderOptions, present: Present): Sender {
  const options = typeof offline === 'object' ? offline : {};
  assertNumbers('offline.', options);
  const { limit = 1000, timeout: longest = 30_000 } = options;
  const waiting = new Set<(error?: Error) => void>();

  const wait = <T>(what: string, again: () => Promise<T>, { timeout, signal, lost }: WaitOptions): Promise<T> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (waiting.size >= limit) throw lost ?? notSent(what, `only ${limit} requests may wait`);
      const settle = (error?: Error): void => {
        waiting.delete(settle);
        cancelTimer();
        forgetSignal();
        if (error) reject(error);
        else resolve(again());
      };
      const ms = Math.min(timeout || longest, longest);
      const cancelTimer = clock.after(ms, () => settle(lost ?? notSent(what, `no connection within ${ms} ms`)));
      const forgetSignal = onAbort(signal, settle);
      waiting.add(settle);
    });

  // More than elsewhere: what can be said without a session, and how often it may be lost.
  // oxlint-disable-next-line max-params
  const send = async <T>(
    what: string,
    to: Send<T>,
    options: CallOptions,
    check?: () => void,
    tries = MAX_TRIES,
  ): Promise<T> => {
    const { timeout, idempotent, input, onProgress } = options;
    const since = clock.now();
    const again = (): Promise<T> => {
      // Of a stream, it is the time for each part.
      const left = timeout && !onProgress && { timeout: Math.max(1, since + timeout - clock.now()) };
      return send(what, to, { ...options, ...left }, undefined, tries - 1);
    };
    check?.();
    assertNumber('timeout', timeout);
    const session = present();
    if (session instanceof Error) throw new ClosedError(`no ${what}: ${session.message}`, closeUris.normal);
    let lost: Error | undefined;
    if (session) {
      try {
        return await to(session, options);
      } catch (error) {
        // What it took of the input is gone. And what no connection outlives may be this very request.
        const next = present();
        if (!idempotent || input || !tries || next instanceof Error) throw error;
        if (!(error instanceof ConnectionLostError || error instanceof ClosedError)) throw error;
        if (next) return again();
        lost = error;
      }
    } else if (offline === 'reject') throw notSent(what, 'there is no connection');
    return wait(what, again, { ...options, lost });
  };

  return {
    send,
    end() {
      for (const settle of [...waiting]) settle();
    },
  };
}
