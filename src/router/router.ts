// For projects whose own `lib` does not have `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import { assertNumbers, assertOptions, type Clock, RocadeError, show, systemClock, UsageError } from '../base/index.ts';
import { closeUris, type RandomBytes, randomIds } from '../protocol/index.ts';
import type { Channel, Connector } from '../transports/index.ts';
import { memory } from '../transports/memory.ts';
import type { ConnectionInfo, TrustedIdentity } from './connection.ts';
import { Doors } from './doors.ts';
import { InnerCaller } from './inner-caller.ts';
import { LoginThrottle } from './login-throttle.ts';
import type { AuthOptions } from './principals.ts';
import { beyond, type LimitName, type Limits, limitsOf } from './limits.ts';
import { networkOf } from './network.ts';
import { SLOW_POLICIES, type SlowPolicy } from './outbox.ts';
import { Realm, type RealmCounts } from './realm.ts';
import { type RealmOptions, realmOptions } from './realm-options.ts';
import { RouterSession, type SessionHost } from './session.ts';
import { Counters, type RouterStats } from './stats.ts';

export interface RouterOptions {
  /** The realms: a name, or a name with options. Default: `realm1`. */
  readonly realms?: readonly (string | RealmOptions)[];
  /** Milliseconds that a new connection has for its HELLO. Default 5,000. */
  readonly helloTimeout?: number;
  /** Milliseconds that a client has to prove who it is, after HELLO. Default 20,000. */
  readonly authTimeout?: number;
  /** Milliseconds that a client has to answer GOODBYE before its connection is closed. Default 1,000. */
  readonly goodbyeTimeout?: number;
  /** How the router calls itself in WELCOME. Default `rocade`. */
  readonly agent?: string;
  /** How much clients may have; each limit has a default. */
  readonly limits?: Partial<Limits>;
  /**
   * What happens to a session for which more than `limits.maxQueuedBytes` wait: `'disconnect'` ends it, `'drop'` leaves
   * out events until it has caught up, and tells `wamp.session.on_events_dropped`. Default `'disconnect'`.
   */
  readonly slowSubscribers?: SlowPolicy;
  /** Hears of what fails in the router itself, or in an authenticator or authorizer that it asks. Default: printed. */
  readonly onError?: (error: Error) => void;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
  /** Where the randomness of session and publication ids comes from. Default: the runtime's `crypto`. */
  readonly random?: RandomBytes;
}

const KEYS: Readonly<Record<keyof RouterOptions, true>> = {
  realms: true,
  helloTimeout: true,
  authTimeout: true,
  goodbyeTimeout: true,
  agent: true,
  limits: true,
  slowSubscribers: true,
  onError: true,
  clock: true,
  random: true,
};

/**
 * A WAMP router: it knows messages and channels, and nothing of sockets. Give it those that something listens on
 * (`startRouter` in `rocade/node`), or connect within the process (`memory` in `rocade/memory`).
 *
 * @example
 * const router = new Router({ realms: ['realm1'] });
 * const client = await connect(memory(router));
 */
export class Router {
  readonly #realms = new Map<string, Realm>();
  readonly #callers = new Map<Realm, InnerCaller>();
  readonly #sessions = new Set<RouterSession>();
  readonly #counters = new Counters();
  /** How many sessions an address has. */
  readonly #byAddress = new Map<string, number>();
  readonly #host: SessionHost;
  readonly #doors: Doors;
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** Throws a `UsageError` for options that make no sense. */
  constructor(options: RouterOptions = {}) {
    assertOptions(options, 'router', KEYS);
    const {
      realms = ['realm1'],
      helloTimeout = 5000,
      authTimeout = 20_000,
      goodbyeTimeout = 1000,
      agent = 'rocade',
      clock = systemClock,
    } = options;
    assertNumbers('', { helloTimeout, authTimeout, goodbyeTimeout });
    const newId = randomIds(options.random ?? ((bytes) => globalThis.crypto.getRandomValues(bytes)));
    const failed = options.onError ?? print;
    const call = (realm: string, procedure: string, args: readonly unknown[]): ReturnType<InnerCaller['call']> =>
      this.#callerIn(realm).call(procedure, args);
    const newAuthid = (): string => newId().toString(36);
    const { slowSubscribers: slowPolicy = 'disconnect' } = options;
    if (!SLOW_POLICIES.includes(slowPolicy))
      throw new UsageError(`slowSubscribers: expected one of ${SLOW_POLICIES.join(', ')}`);
    const limits = limitsOf(options.limits);
    const counters = this.#counters;
    const limitHit = (name: LimitName): void => counters.limit(name);
    const undelivered = (): void => void counters.droppedEvents++;
    const doors = new Doors({ clock, call, newAuthid, failed });
    this.#doors = doors;
    if (!(realms instanceof Array)) throw new UsageError(`realms: expected a list, got ${show(realms)}`);
    for (const realm of realms) {
      const settings = realmOptions(realm);
      const { name } = settings;
      if (this.#realms.has(name)) throw new UsageError(`the realm '${name}' is named twice`);
      this.#realms.set(name, new Realm(settings, { clock, newId, failed, call, limits, limitHit, undelivered }));
      doors.add(name, settings.auth);
    }
    this.#host = {
      clock,
      agent,
      helloTimeoutMs: helloTimeout,
      authTimeoutMs: authTimeout,
      goodbyeTimeoutMs: goodbyeTimeout,
      realm: (name) => this.#realms.get(name),
      authentication: (realm, connection) => doors.of(realm.name, connection.auth),
      newId,
      limits,
      slowPolicy,
      throttle: new LoginThrottle(limits, clock),
      loginFailed: () => void counters.failedLogins++,
      violated: () => void counters.violations++,
      timedOut: () => void counters.timeouts++,
      oversized: () => void counters.oversized++,
      eventDropped: () => void counters.droppedEvents++,
      limitHit,
      failed,
      ended: (session) => this.#ended(session),
    };
  }

  get realms(): readonly string[] {
    return [...this.#realms.keys()];
  }

  /** How many sessions, subscriptions, registrations and unanswered calls a realm has; undefined when there is no such realm. */
  counts(realm: string): RealmCounts | undefined {
    return this.#realms.get(realm)?.counts;
  }

  /** What has happened since the router was made. */
  get stats(): RouterStats {
    return this.#counters.snapshot(this.#sessions.size);
  }

  /** Does the cookie of a browser let in? If not, a listener gives it another, so that nobody can have handed it one. */
  remembers(cookie: string, auth?: AuthOptions): boolean {
    return this.#doors.remembers(cookie, auth);
  }

  /** Takes over a new connection; from here on the session speaks for itself. What is said of it is believed. */
  accept(channel: Channel, connection: ConnectionInfo = {}): void {
    if (this.#closed) {
      channel.close(1001, 'the router is closing');
      return;
    }
    const limit = this.#limitReached(connection);
    if (limit) {
      this.#counters.limit(limit);
      const { uri, why } = beyond(this.#host.limits, limit);
      channel.send({ type: 'ABORT', details: { message: why }, reason: uri });
      channel.close(1013, why);
      return;
    }
    const session = new RouterSession(channel, connection, this.#host);
    this.#sessions.add(session);
    this.#count(connection, 1);
    session.start();
  }

  /**
   * Connects what runs in this process, without a network in between. It is believed who it is, and may do everything
   * unless it has a role of the realm. Payloads pass as they are: both sides share the values.
   *
   * @example
   * const router = new Router();
   * const backend = await connect(router.connect({ authid: 'backend' }));
   * console.log(backend.session?.welcome.authid, backend.session?.welcome.authrole); // => 'backend', 'trusted'
   */
  connect(identity: TrustedIdentity = {}): Connector {
    return memory({ accept: (channel) => this.accept(channel, { transport: 'memory', identity }) });
  }

  /** Says GOODBYE to everybody; resolves when all have answered or the time for that is over, and event history is safe. */
  close(reason: string = closeUris.systemShutdown): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      if (this.#sessions.size === 0) resolve();
      this.#closing = resolve;
      for (const session of [...this.#sessions]) session.goodbye(reason);
    }).then(async () => {
      await Promise.all(Array.from(this.#realms.values(), (realm) => realm.close()));
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls procedures of a realm for those who authenticate and authorize. */
  #callerIn(name: string): InnerCaller {
    const realm = this.#realms.get(name);
    if (!realm) throw new UsageError(`there is no realm '${name}' to call a procedure in`);
    const caller =
      this.#callers.get(realm) ??
      new InnerCaller({
        clock: this.#host.clock,
        newId: () => this.#host.newId(),
        receive: (member, message) => realm.receiveOwn(member, message),
      });
    this.#callers.set(realm, caller);
    return caller;
  }

  #limitReached({ peer }: ConnectionInfo): keyof Limits | undefined {
    const { maxSessions, maxSessionsPerAddress } = this.#host.limits;
    if (this.#sessions.size >= maxSessions) return 'maxSessions';
    const network = networkOf(peer);
    const ofAddress = network === undefined ? 0 : (this.#byAddress.get(network) ?? 0);
    return ofAddress >= maxSessionsPerAddress ? 'maxSessionsPerAddress' : undefined;
  }

  #count({ peer }: ConnectionInfo, change: 1 | -1): void {
    const network = networkOf(peer);
    if (network === undefined) return;
    const count = (this.#byAddress.get(network) ?? 0) + change;
    if (count > 0) this.#byAddress.set(network, count);
    else this.#byAddress.delete(network);
  }

  #ended(session: RouterSession): void {
    if (this.#sessions.delete(session)) this.#count(session.connection, -1);
    if (this.#sessions.size === 0) this.#closing?.();
  }
}

function print(error: Error): void {
  const { message, cause } = error;
  // What peers do is a sentence; a mistake of a program comes with its stack.
  const known = error instanceof RocadeError ? message : cause instanceof RocadeError && `${message}: ${cause.message}`;
  // oxlint-disable-next-line no-console
  console.error('rocade router:', known || error);
}
