import type { AuthMethod } from '../auth/index.ts';
import {
  type BackoffOptions,
  backoffDelay,
  type Clock,
  Emitter,
  systemClock,
  toError,
  type Untyped,
} from '../base/index.ts';
import { closeUris, errorUris } from '../protocol/index.ts';
import type { ConnectOptions, Connector } from '../transports/index.ts';
import { type CallHandler, Registration } from './callee.ts';
import { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
import type { CallOptions, PublishOptions } from './options.ts';
import { Session, type Welcome } from './session.ts';
import { type EventHandler, Subscription } from './subscriber.ts';

export interface ClientOptions {
  /** Default `realm1`. */
  readonly realm?: string;
  /** In order of preference. Default: JSON. */
  readonly serializers?: ConnectOptions['serializers'];
  /** Ways to prove who this is. Default: none, the session is anonymous. */
  readonly auth?: readonly AuthMethod[];
  /** Milliseconds that the opening and every request may take; 0 for ever. Default 30,000. A call can set its own. */
  readonly timeout?: number;
  /** How a lost connection is come by again; false leaves it lost. Default: 200 ms, doubled up to 30 s, at random below that. */
  readonly retry?: false | BackoffOptions;
  /** What to call this program in HELLO. */
  readonly agent?: string;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
}

/** What a client tells of itself, and what each listener gets. */
export interface ClientEvents {
  /** A handler threw, or something could not be restored after a reconnect. Unheard ones are printed. */
  error: [error: Error];
  /** A session is open: the first one, or one more after a reconnect. */
  joined: [welcome: Welcome];
  /** The session is over; the reason says how. */
  left: [reason: Error];
  /** The connection is lost, and attempt number `attempt` to get it back follows in `delayMs` milliseconds. */
  reconnecting: [info: { readonly attempt: number; readonly delayMs: number; readonly error: Error }];
  /** Closed for good: by `close()`, or for a reason that no retry can mend. */
  closed: [reason: Error];
}

/**
 * A WAMP client: it keeps one session open over connections that come and go, and restores subscriptions and
 * registrations on each.
 *
 * @example
 * const client = await connect('ws://localhost:9000');
 * console.log(await client.call('math.add', [2, 3])); // => 5
 */
export class Client {
  readonly #connector: Connector;
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #events = new Emitter<ClientEvents>(print);
  /** What is wanted of every session: subscriptions and registrations, in their order. */
  readonly #held = new Set<Subscription | Registration>();
  #session: Session | undefined;
  /** Gives up the connection that is being made, if one is. */
  #connecting = new AbortController();
  /** The session that is being opened, if one is. */
  #joining: Session | undefined;
  #attempt = 0;
  #cancelRetry: (() => void) | undefined;
  #closed: Error | undefined;

  constructor(connector: Connector, options: ClientOptions = {}) {
    this.#connector = connector;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The session of the moment; undefined while there is none. */
  get session(): Pick<Session, 'id' | 'realm' | 'welcome' | 'bufferedAmount'> | undefined {
    return this.#session;
  }

  /** Resolves, with the reason, when this client is closed for good. Never rejects. */
  get closed(): Promise<Error> {
    return new Promise((resolve) => {
      if (this.#closed) resolve(this.#closed);
      else this.on('closed', resolve);
    });
  }

  /** Calls `listener` on each such event; the function returned ends that. */
  on<E extends keyof ClientEvents>(event: E, listener: (...args: ClientEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Connects and joins the realm. `connect()` does this; call it only on a client made by `new Client`. */
  async open(): Promise<void> {
    try {
      await this.#join();
    } catch (error) {
      this.#close(toError(error));
      throw error;
    }
  }

  /**
   * Calls a procedure.
   *
   * Resolves with its one value, undefined for none, or a `Result` for several or keyword values. Rejects with a
   * `WampError` (what the callee or the router answered), `TimeoutError`, `ConnectionLostError`, `ClosedError`,
   * `PayloadError` (not sendable) or `UsageError` (a malformed URI). Specification: Basic Profile, "Calling and Invocations".
   *
   * @example
   * const sum = await client.call('math.add', [2, 3], { timeout: 5000 }); // => 5
   */
  call<R = Untyped>(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<R> {
    const session = this.#session;
    return (session ? session.call(procedure, args, options) : this.#offline(`call of ${procedure}`)) as Promise<R>;
  }

  /**
   * Publishes an event. With `acknowledge` the promise resolves with the publication's id once the router has it;
   * otherwise at once, with undefined. Specification: Basic Profile, "Publishing and Events".
   *
   * @example
   * client.publish('forum.user.online', [{ name: 'alice' }]);
   */
  publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<number | undefined> {
    const session = this.#session;
    // Nobody waits for an event that is not acknowledged, so its failure is told in the way of handlers' failures too.
    const done = session ? session.publish(topic, args, options) : this.#offline(`event to ${topic}`);
    if (!options?.acknowledge) done.catch((error: unknown) => this.#report(toError(error)));
    return done;
  }

  /**
   * Calls `handler` for each event of a topic, over reconnects, until `unsubscribe()`. Resolves when the router has
   * confirmed. Specification: Basic Profile, "Subscribing and Unsubscribing".
   *
   * @example
   * const subscription = await client.subscribe('forum.user.online', ([user], event) => show(user));
   */
  async subscribe(topic: string, handler: EventHandler): Promise<Subscription> {
    return this.#hold(new Subscription(topic, handler, (subscription) => this.#release(subscription)));
  }

  /**
   * Answers calls of a procedure, over reconnects, until `unregister()`. Resolves when the router has confirmed.
   * Specification: Basic Profile, "Registering and Unregistering".
   *
   * @example
   * const registration = await client.register('math.add', ([a, b]) => a + b);
   */
  async register(procedure: string, handler: CallHandler): Promise<Registration> {
    return this.#hold(new Registration(procedure, handler, (registration) => this.#release(registration)));
  }

  /** Says goodbye and closes for good. What is pending rejects with `ClosedError`. May be called at any time, also twice. */
  async close(reason: string = closeUris.normal, message?: string): Promise<void> {
    const session = this.#session ?? this.#joining;
    this.#session = undefined;
    this.#close(new ClosedError('the client was closed', reason));
    await session?.leave(reason, message);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Kept from the start, so that no session is without it, and given up if the first one will not have it. */
  async #hold<T extends Subscription | Registration>(what: T): Promise<T> {
    const session = this.#session;
    if (!session) return this.#offline(nameOf(what));
    this.#held.add(what);
    try {
      await session.add(what);
    } catch (error) {
      this.#held.delete(what);
      throw error;
    }
    return what;
  }

  async #release(what: Subscription | Registration): Promise<void> {
    if (this.#held.delete(what)) await this.#session?.remove(what);
  }

  async #join(): Promise<void> {
    const { realm = 'realm1', agent = 'rocade', auth, timeout: timeoutMs = 30_000, serializers = [] } = this.#options;
    const connecting = new AbortController();
    this.#connecting = connecting;
    const tooLate = (): void => connecting.abort(new TimeoutError('no connection in time'));
    const cancelTimer = timeoutMs > 0 ? this.#clock.after(timeoutMs, tooLate) : tooLate;
    const channel = await this.#connector({ signal: connecting.signal, serializers }).finally(cancelTimer);
    const session: Session = new Session(channel, {
      realm,
      agent,
      auth,
      timeoutMs,
      clock: this.#clock,
      onJoined: (welcome) => this.#joined(session, welcome),
      onError: (error) => this.#report(error),
      onRevoked: (what) => this.#revoked(what),
      onEnd: (reason) => this.#ended(session, reason),
    });
    this.#joining = session;
    // Closed while the connection was being made.
    if (this.#closed) await session.leave();
    await session.join();
  }

  #joined(session: Session, welcome: Welcome): void {
    this.#session = session;
    this.#joining = undefined;
    this.#attempt = 0;
    // Sent in their order and before anything else; the answers are awaited all together.
    for (const what of this.#held) {
      session.add(what).catch((error: unknown) => {
        // When the connection is lost again, the next session restores it.
        if (session === this.#session) this.#report(toError(error));
      });
    }
    this.#events.emit('joined', welcome);
  }

  #revoked(what: Subscription | Registration): void {
    this.#held.delete(what);
    this.#report(new ClosedError(`the router took back the ${nameOf(what)}`, closeUris.normal));
  }

  #ended(session: Session, reason: Error): void {
    // A session that never opened is reported by `join`, one that was closed from here needs no report.
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#events.emit('left', reason);
    this.#retry(reason);
  }

  #retry(error: Error): void {
    const { retry } = this.#options;
    if (this.#closed) return;
    if (retry === false || isFatal(error)) {
      this.#close(error);
      return;
    }
    this.#attempt++;
    const delayMs = backoffDelay(this.#attempt, randomFraction, retry);
    this.#events.emit('reconnecting', { attempt: this.#attempt, delayMs, error });
    this.#cancelRetry = this.#clock.after(delayMs, () => {
      this.#join().catch((next: unknown) => this.#retry(toError(next)));
    });
  }

  #close(reason: Error): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#cancelRetry?.();
    this.#connecting.abort(reason);
    this.#events.emit('closed', reason);
  }

  #offline(what: string): Promise<never> {
    const reason = this.#closed;
    if (reason) return Promise.reject(new ClosedError(`no ${what}: ${reason.message}`, closeUris.normal));
    return Promise.reject(new ConnectionLostError(`no ${what}: there is no connection now`, false));
  }

  #report(error: Error): void {
    if (!this.#events.emit('error', error)) print(error);
  }
}

/** Opens a client; rejects when the first connection cannot be made. */
export async function openClient(connector: Connector, options: ClientOptions): Promise<Client> {
  const client = new Client(connector, options);
  await client.open();
  return client;
}

/**
 * Can no retry mend this? What a router says in ABORT, it says again: no such realm, wrong credentials. Not so a
 * violation or a time that was over; and a GOODBYE ends it, unless the router only restarts.
 */
function isFatal(error: Error): boolean {
  if (error instanceof AbortedError)
    return ![errorUris.protocolViolation, errorUris.timeout, closeUris.systemShutdown].includes(error.uri);
  return error instanceof ClosedError && error.uri !== closeUris.systemShutdown;
}

/** Somebody has to hear of what nobody has said who should. */
function print(error: unknown): void {
  // oxlint-disable-next-line no-console
  console.error('rocade:', error);
}

function nameOf(what: Subscription | Registration): string {
  return what instanceof Subscription ? `subscription to ${what.topic}` : `registration of ${what.procedure}`;
}

/** Uniform over [0, 1). */
function randomFraction(): number {
  const [bits = 0] = globalThis.crypto.getRandomValues(new Uint32Array(1));
  return bits / 2 ** 32;
}
