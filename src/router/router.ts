import { type Clock, systemClock, UsageError } from '../base/index.ts';
import { closeUris, type RandomBytes, randomIds } from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';
import type { ConnectionInfo } from './connection.ts';
import { Doors } from './doors.ts';
import { InnerCaller } from './inner-caller.ts';
import { Realm, type RealmCounts } from './realm.ts';
import { type RealmOptions, realmOptions } from './realm-options.ts';
import { RouterSession, type SessionHost } from './session.ts';

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
  /** Hears of the router's own mistakes, each of which ends the session that met it. Default: they are printed. */
  readonly onError?: (error: Error) => void;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
  /** Where the randomness of session and publication ids comes from. Default: the runtime's `crypto`. */
  readonly random?: RandomBytes;
}

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
  readonly #host: SessionHost;
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: RouterOptions = {}) {
    const {
      realms = ['realm1'],
      helloTimeout = 5000,
      authTimeout = 20_000,
      goodbyeTimeout = 1000,
      agent = 'rocade',
      clock = systemClock,
    } = options;
    const newId = randomIds(options.random ?? ((bytes) => globalThis.crypto.getRandomValues(bytes)));
    const failed = options.onError ?? print;
    const call = (realm: string, procedure: string, args: readonly unknown[]): ReturnType<InnerCaller['call']> =>
      this.#callerIn(realm).call(procedure, args);
    const newAuthid = (): string => newId().toString(36);
    const doors = new Doors({ clock, call, newAuthid, failed });
    for (const realm of realms) {
      const settings = realmOptions(realm);
      const { name } = settings;
      if (this.#realms.has(name)) throw new UsageError(`the realm '${name}' is named twice`);
      this.#realms.set(name, new Realm(settings, { clock, newId, failed }));
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
      loginFailed: () => {},
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

  /** Takes over a new connection; from here on the session speaks for itself. What is said of it is believed. */
  accept(channel: Channel, connection: ConnectionInfo = {}): void {
    if (this.#closed) {
      channel.close(1001, 'the router is closing');
      return;
    }
    const session = new RouterSession(channel, connection, this.#host);
    this.#sessions.add(session);
    session.start();
  }

  /** Says GOODBYE to everybody; resolves when all have answered or the time for that is over. */
  close(reason: string = closeUris.systemShutdown): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#sessions.size === 0) resolve();
      this.#closing = resolve;
      for (const session of [...this.#sessions]) session.goodbye(reason);
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
        receive: (member, message) => realm.receive(member, message),
      });
    this.#callers.set(realm, caller);
    return caller;
  }

  #ended(session: RouterSession): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#closing?.();
  }
}

function print(error: Error): void {
  // oxlint-disable-next-line no-console
  console.error('rocade router:', error);
}
