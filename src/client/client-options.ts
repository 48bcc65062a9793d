import type { AuthMethod } from '../auth/index.ts';
import type { Clock } from '../base/index.ts';
import type { ConnectOptions } from '../transports/index.ts';
import type { LivenessOptions } from './liveness.ts';
import type { OfflineOptions } from './sender.ts';
import type { RetryHook, RetryOptions } from './retry.ts';
import type { Welcome } from './session.ts';

export interface ClientOptions {
  /** Default `realm1`. */
  readonly realm?: string;
  /** In order of preference. Default: JSON. */
  readonly serializers?: ConnectOptions['serializers'];
  /**
   * Ways to prove who this is, or a function that gives them, called for each connection. Default: none, the session is
   * anonymous.
   */
  readonly auth?: readonly AuthMethod[] | (() => readonly AuthMethod[] | Promise<readonly AuthMethod[]>);
  /** Milliseconds that each opening and every request may take; 0 for ever. Default 30,000. A call can set its own. */
  readonly timeout?: number;
  /**
   * How a connection, the first one included, is come by when it fails or is lost: false for not at all, bounds of the
   * delays, or a function that decides. Default: 200 ms, doubled up to 30 s, at random below that.
   */
  readonly retry?: false | RetryOptions | RetryHook;
  /** Gives up the first connection: `connect` rejects with the signal's reason. Of no effect afterwards. */
  readonly signal?: AbortSignal;
  /** What becomes of requests while there is no connection: they wait for it (the default), or reject at once. */
  readonly offline?: 'queue' | 'reject' | OfflineOptions;
  /** How a dead connection is noticed; false for not at all. Default: after 20 s of silence the router has 10 s to answer. */
  readonly liveness?: false | LivenessOptions;
  /** Listeners that are there before the first connection is made. */
  readonly on?: { readonly [E in keyof ClientEvents]?: (...args: ClientEvents[E]) => unknown };
  /** What to call this program in HELLO. */
  readonly agent?: string;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
}

/** What a client tells of itself, and what each listener gets. */
export interface ClientEvents {
  /** A handler threw, or something could not be restored after a reconnect. Unheard ones are printed. */
  error: [error: Error];
  /** A connection is asked for: attempt number `attempt`. */
  connecting: [info: { readonly attempt: number }];
  /** There is a connection; the session is not open yet. */
  open: [];
  /** A session is open: the first one, or one more after a reconnect. */
  joined: [welcome: Welcome];
  /** The session is over; the reason says how. */
  left: [reason: Error];
  /** There is no connection, because of `error`; the next attempt is made in `delayMs` milliseconds. */
  reconnecting: [info: { readonly attempt: number; readonly delayMs: number; readonly error: Error }];
  /** Closed for good: by `close()`, or for a reason that no retry can mend. */
  closed: [reason: Error];
}

/** One of {@link ClientEvents}, as `client.events()` gives it. */
export type ClientEvent = {
  [E in keyof ClientEvents]: { readonly type: E; readonly detail: ClientEvents[E][0] };
}[keyof ClientEvents];

/** Calls the listener on each such event; the function returned ends that. */
export type Listen = <E extends keyof ClientEvents>(
  event: E,
  listener: (...args: ClientEvents[E]) => void,
) => () => void;
