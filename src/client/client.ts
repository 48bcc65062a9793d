// For projects whose own `lib` does not have `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import {
  assertList,
  assertNumber,
  assertNumbers,
  type Clock,
  Emitter,
  notExpected,
  onAbort,
  systemClock,
  toError,
  type Untyped,
} from '../base/index.ts';
import { assertUri, closeUris } from '../protocol/index.ts';
import type { Connector } from '../transports/index.ts';
import { beforeAbort } from './before-abort.ts';
import { CallStream } from './call-stream.ts';
import type { ClientEvent, ClientEvents, ClientOptions } from './client-options.ts';
import { ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
import { iterate } from './iterate.ts';
import { type Watch, watch } from './liveness.ts';
import type { CallOptions, PublishOptions, StreamOptions } from './options.ts';
import { type CallHandler, type RegisterOptions, Registration } from './registration.ts';
import { afterFailure, type RetryOptions } from './retry.ts';
import { Session, type Welcome } from './session.ts';
import { openSender, type Sender } from './sender.ts';
import { type EventHandler, type SubscribeOptions, Subscription } from './subscription.ts';
import { onWake } from './wake.ts';
import { nameOf, type Wanted, wanted } from './wanted.ts';

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
  readonly #wanted: Wanted;
  readonly #sender: Sender;
  /** Aborted when the client is closed. */
  readonly #life = new AbortController();
  #session: Session | undefined;
  /** Gives up the connection that is being made, if one is. */
  #connecting = new AbortController();
  /** The session that is being opened, if one is. */
  #joining: Session | undefined;
  #joinedAt = 0;
  #watch: Watch | undefined;
  /** Failures since a session that lasted. */
  #failures = 0;
  /** Set while the next attempt is waited for. */
  #cancelRetry: (() => void) | undefined;
  #closed: Error | undefined;

  constructor(connector: Connector, options: ClientOptions = {}) {
    const { clock = systemClock, on = {} } = options;
    assertNumber('timeout', options.timeout);
    assertNumbers('retry.', options.retry);
    // At once would be without end.
    assertNumbers('liveness.', options.liveness, 1);
    this.#connector = connector;
    this.#options = options;
    this.#clock = clock;
    this.#sender = openSender(clock, options, () => this.#closed ?? this.#session);
    this.#wanted = wanted(clock, () => this.#session, this.#report);
    for (const [event, listener] of Object.entries(on)) this.on(event as 'open', listener as () => void);
  }

  /** The session of the moment; undefined while there is none. */
  get session(): Pick<Session, 'id' | 'realm' | 'welcome' | 'bufferedAmount'> | undefined {
    return this.#session;
  }

  /** Resolves, with the reason, when this client is closed for good. Never rejects. */
  get closed(): Promise<Error> {
    return new Promise((resolve) => {
      this.on('closed', resolve);
      if (this.#closed) resolve(this.#closed);
    });
  }

  /** Calls `listener` on each such event; the function returned ends that. */
  on<E extends keyof ClientEvents>(event: E, listener: (...args: ClientEvents[E]) => unknown): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * The same events, to be iterated, from this call on until the client is closed.
   *
   * @example
   * const watching = (async () => {
   *   for await (const { type, detail } of client.events()) if (type === 'closed') show(detail.message);
   * })();
   * await client.close();
   * await watching;
   */
  events(): AsyncIterableIterator<ClientEvent, undefined> {
    return iterate((event, listener) => this.on(event, listener), this.#closed);
  }

  /**
   * Connects and joins the realm, however many attempts it takes; rejects when the client is closed instead. `connect()`
   * does this; call it only on a client made by `new Client`, and once.
   */
  open(): Promise<void> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      const forgetSignal = onAbort(signal, (reason) => this.#close(reason));
      for (const done of [forgetSignal, this.on('closed', reject), resolve as () => void]) this.on('joined', done);
      onAbort(this.#life.signal, forgetSignal);
      onWake(() => this.#wake(), this.#life.signal);
      if (signal?.aborted) this.#close(toError(signal.reason));
      // Closed before it was opened.
      if (this.#closed) reject(this.#closed);
      void this.#connect();
    });
  }

  /** Drops the connection there is, or the wait for the next attempt, and connects at once. */
  reconnect(): void {
    const session = this.#session;
    if (!session) return this.#wake();
    const reason = 'reconnect()';
    this.#leave(new ConnectionLostError(reason, true));
    session.lose(reason, false);
    void this.#connect();
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
    const call = (to: Session, own: CallOptions | undefined): Promise<R> => to.call(procedure, args, own) as Promise<R>;
    return session && !options?.idempotent
      ? call(session, options)
      : this.#sender.send(`call of ${procedure}`, call, options ?? {}, () => assertUri(procedure, 'call'));
  }

  /**
   * Calls a procedure whose result comes in parts, to be iterated over; `stream.result` is the outcome. Leaving the loop
   * cancels the call. Specification: Advanced Profile, "Progressive Call Results".
   *
   * @example
   * await client.register('letters', async function* ([text]) {
   *   yield* text;
   * });
   * const letters = [];
   * for await (const letter of client.stream('letters', ['ab'])) letters.push(letter);
   * console.log(letters); // => ['a', 'b']
   */
  stream<P = Untyped, R = Untyped>(
    procedure: string,
    args?: readonly unknown[],
    options?: StreamOptions,
  ): CallStream<P, R>;
  /** For who calls in another way, such as with a look at the arguments. @internal */
  // oxlint-disable-next-line max-params
  stream(
    procedure: string,
    args: readonly unknown[],
    options: StreamOptions,
    call: (options: CallOptions) => Promise<unknown>,
  ): CallStream;
  // oxlint-disable-next-line max-params
  stream(
    procedure: string,
    args?: readonly unknown[],
    options?: StreamOptions,
    call = (own: CallOptions): Promise<unknown> => this.call(procedure, args, own),
  ): CallStream<unknown, unknown> {
    return new CallStream<unknown, unknown>({ ...options, procedure, call, report: this.#report });
  }

  /**
   * Publishes an event. With `acknowledge` the promise resolves with the publication's id once the router has it;
   * otherwise when it is sent, with undefined. Specification: Basic Profile, "Publishing and Events".
   *
   * @example
   * client.publish('forum.user.online', [{ name: 'alice' }]);
   */
  publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<number | undefined> {
    const publish = (session: Session): Promise<number | undefined> => session.publish(topic, args, options);
    const done = this.#session
      ? publish(this.#session)
      : this.#sender.send(`event to ${topic}`, publish, {}, () => assertUri(topic, 'publish'));
    // Nobody waits for an event that is not acknowledged, so its failure is told in the way of handlers' failures too.
    if (!options?.acknowledge) done.catch(this.#report);
    return done;
  }

  /**
   * Calls `handler` for each event of a topic, over reconnects, until `unsubscribe()`; without a handler, iterate over
   * the subscription. Resolves when the router has confirmed. Specification: Basic Profile, "Subscribing and Unsubscribing".
   *
   * @example
   * const subscription = await client.subscribe('forum.user.online', ([user], event) => show(user));
   */
  async subscribe(topic: string, handler?: EventHandler, options?: SubscribeOptions): Promise<Subscription> {
    return this.#hold(new Subscription(topic, this.#wanted, { ...options, handler }));
  }

  /**
   * Answers calls of a procedure, over reconnects, until `unregister()`. Resolves when the router has confirmed.
   * Specification: Basic Profile, "Registering and Unregistering".
   *
   * @example
   * const registration = await client.register('math.add', ([a, b]) => a + b);
   */
  async register(procedure: string, handler: CallHandler, options?: RegisterOptions): Promise<Registration> {
    return this.#hold(new Registration(procedure, this.#wanted, { ...options, handler }));
  }

  /**
   * Takes back all subscriptions and registrations, lets the handlers that run come to their end, for `timeout`
   * milliseconds at most (default 30,000), and closes.
   */
  async drain(timeout = 30_000): Promise<void> {
    const session = this.#session;
    const released = this.#wanted.releaseAll();
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#clock.after(timeout, resolve);
      void released
        .then(() => session?.idle())
        .then(cancelTimer)
        .then(resolve);
    });
    await this.close();
  }

  /** Says goodbye and closes for good. What is pending rejects with `ClosedError`. May be called at any time, also twice. */
  async close(reason: string = closeUris.normal, message?: string): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#wanted.over();
    this.#close(new ClosedError('the client was closed', reason));
    await session?.leave(reason, message);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #hold<T extends Subscription | Registration>(what: T): Promise<T> {
    const name = nameOf(what);
    if (typeof what.handler !== 'function') throw notExpected(name, 'a function', what.handler);
    await this.#sender.send(name, (session) => this.#wanted.add(session, what), { idempotent: true });
    return what;
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const {
      realm = 'realm1',
      agent = 'rocade',
      timeout: timeoutMs = 30_000,
      serializers = [],
      auth,
      liveness,
    } = this.#options;
    const clock = this.#clock;
    const connecting = new AbortController();
    const { signal } = connecting;
    const tooLate = (): void => connecting.abort(new TimeoutError(`no connection within ${timeoutMs} ms`));
    const cancelTimer = timeoutMs > 0 ? clock.after(timeoutMs, tooLate) : (): void => {};
    this.#cancelRetry = undefined;
    this.#connecting = connecting;
    this.#events.emit('connecting', { attempt: this.#failures + 1 });
    try {
      const methods = typeof auth === 'function' ? await beforeAbort(auth(), signal) : auth;
      assertList('auth', methods);
      assertList('serializers', serializers);
      const channel = await this.#connector({ signal, serializers });
      cancelTimer();
      const session: Session = new Session(channel, {
        realm,
        agent,
        auth: methods,
        timeoutMs,
        clock,
        onJoined: (welcome) => {
          if (liveness !== false && channel.ping !== false)
            this.#watch = watch(session, clock, { ...liveness, ping: channel.ping });
          this.#joined(session, welcome);
        },
        onError: this.#report,
        onRevoked: this.#wanted.revoked,
        onEnd: (reason) => this.#ended(session, reason),
      });
      this.#joining = session;
      // Closed while the connection was being made.
      if (this.#closed) await session.leave();
      else this.#events.emit('open');
      await session.join();
    } catch (error) {
      cancelTimer();
      this.#retry(toError(error));
    }
  }

  #joined(session: Session, welcome: Welcome): void {
    this.#session = session;
    this.#joining = undefined;
    this.#joinedAt = this.#clock.now();
    // Before anything else.
    this.#wanted.restoreAll(session);
    this.#sender.end();
    this.#events.emit('joined', welcome);
  }

  #ended(session: Session, reason: Error): void {
    // A session that never opened is reported by `join`, one that was closed from here needs no report.
    if (session !== this.#session) return;
    this.#leave(reason);
    this.#retry(reason);
  }

  #leave(reason: Error): void {
    const { resetAfter = 5000 } = (this.#options.retry || {}) as RetryOptions;
    if (this.#clock.now() - this.#joinedAt >= resetAfter) this.#failures = 0;
    this.#session = undefined;
    this.#rest();
    this.#events.emit('left', reason);
  }

  #rest(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#wanted.standDown();
  }

  #retry(error: Error): void {
    if (this.#closed) return;
    const attempt = ++this.#failures;
    const delayMs = afterFailure(this.#options.retry, attempt, error);
    if (typeof delayMs !== 'number') {
      if (!this.#close(delayMs) && this.#options.retry !== false) print(`${error.message}; closed for good`);
      return;
    }
    this.#cancelRetry = this.#clock.after(delayMs, () => void this.#connect());
    // Whoever listens hears of each attempt; who does not should hear at all why nothing happens.
    if (!this.#events.emit('reconnecting', { attempt, delayMs, error }) && attempt === 1)
      print(`${error.message}; trying again`);
  }

  /** The network may have changed: what is waited for may be there now, and what is there may have gone. */
  #wake(): void {
    this.#watch?.check();
    if (!this.#cancelRetry) return;
    this.#cancelRetry();
    void this.#connect();
  }

  /** False when that is news, and nobody listens. */
  #close(reason: Error): boolean {
    if (this.#closed) return true;
    this.#closed = reason;
    this.#rest();
    this.#cancelRetry?.();
    void this.#joining?.leave();
    this.#life.abort();
    this.#connecting.abort(reason);
    this.#sender.end();
    this.#wanted.over(reason);
    return this.#events.emit('closed', reason);
  }

  readonly #report = (thrown: unknown): void => {
    const error = toError(thrown);
    if (!this.#events.emit('error', error)) print(error);
  };
}

/** Opens a client; rejects when it is closed instead. */
export async function openClient(connector: Connector, options: ClientOptions): Promise<Client> {
  const client = new Client(connector, options);
  await client.open();
  return client;
}

/** Somebody has to hear of what nobody has said who should. */
function print(what: unknown): void {
  // oxlint-disable-next-line no-console
  console.error('rocade:', what);
}
