import type { Clock } from '../base/index.ts';
import type { Channel } from '../transports/index.ts';
import type { Session } from './session.ts';

/** When a connection that has gone silent counts as lost. */
export interface LivenessOptions {
  /** Milliseconds of silence after which the router is asked for a sign of life. Default 20,000. */
  readonly interval?: number;
  /** Milliseconds that it has for one. Default 10,000. */
  readonly timeout?: number;
}

/** Watches over one session. */
export interface Watch {
  /** Asks now: the network may have changed, or the machine may have slept. */
  check(): void;
  stop(): void;
}

/**
 * Asks the router for a sign of life when nothing has come for a while, and ends the session when none comes. Whatever comes is
 * one; what is asked is a ping of the transport or, where there is none, a call that every router answers, if only with an error.
 *
 * The time for the answer is waited for in two halves: a process that was stopped finds its timers due before
 * what has arrived meanwhile is read, and must not take its own silence for the router's.
 */
export function watch(
  session: Session,
  clock: Clock,
  { interval = 20_000, timeout = 10_000, ping }: LivenessOptions & { readonly ping: Channel['ping'] },
): Watch {
  let silent = 0;
  let stop: () => void;
  const wait = (): void => {
    stop = clock.after(silent ? timeout / 2 : interval, look);
  };
  const look = (): void => {
    silent = session.heard ? 0 : silent + 1;
    session.heard = false;
    if (silent > 2) return session.lose(`no sign of life from the router for ${timeout} ms`, true);
    if (silent === 1) {
      if (ping) ping(() => (session.heard = true));
      else session.call('wamp.session.count').catch(() => {});
    }
    wait();
  };
  wait();
  return {
    stop: () => stop(),
    check() {
      if (silent) return;
      stop();
      session.heard = false;
      look();
    },
  };
}
