import { type Clock, onAbort } from '../base/index.ts';
import { ConnectionLostError } from './errors.ts';
import type { CallOptions } from './options.ts';

/** How requests wait for a connection. One that cannot rejects with a {@link ConnectionLostError}, `maybeDelivered: false`. */
export interface OfflineOptions {
  /** How many may wait. Default 1,000. */
  readonly limit?: number;
  /** Milliseconds that each may wait. Default 30,000. */
  readonly timeout?: number;
}

/** The error of a request that never left. */
export function notSent(what: string, why: string): ConnectionLostError {
  return new ConnectionLostError(`${what} was not sent: ${why}`, false);
}

interface WaitOptions extends Pick<CallOptions, 'timeout' | 'signal'> {
  /** How it was lost, of what was sent before. */
  readonly lost: Error | undefined;
}

/** Requests that wait for a session, in their order. @internal */
export interface WaitingRoom {
  /** Calls `send` when the waiting is over, in the same turn; rejects when the time is up before, or the signal aborts. */
  wait<T>(what: string, send: () => Promise<T>, patience: WaitOptions): Promise<T>;
  /** The waiting is over for all. */
  end(): void;
}

/** @internal */
export function waitingRoom(clock: Clock, { limit = 1000, timeout: longest = 30_000 }: OfflineOptions): WaitingRoom {
  const waiting = new Set<(error?: Error) => void>();
  return {
    wait: (what, send, { timeout, signal, lost }) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        if (waiting.size >= limit) throw lost ?? notSent(what, `only ${limit} requests may wait`);
        const settle = (error?: Error): void => {
          waiting.delete(settle);
          cancelTimer();
          forgetSignal();
          if (error) reject(error);
          else resolve(send());
        };
        const ms = Math.min(timeout || longest, longest);
        const cancelTimer = clock.after(ms, () => settle(lost ?? notSent(what, `no connection within ${ms} ms`)));
        const forgetSignal = onAbort(signal, settle);
        waiting.add(settle);
      }),
    end() {
      for (const settle of [...waiting]) settle();
    },
  };
}
