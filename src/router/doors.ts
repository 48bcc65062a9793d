import { Authentication, type AuthHost } from './authentication.ts';
import type { AuthOptions } from './principals.ts';

/** Without any options, everybody comes in. */
const OPEN: AuthOptions = { anonymous: 'anonymous' };

/** The ways into the realms of a router: each has its own, unless a listener has another. */
export class Doors {
  readonly #host: AuthHost;
  readonly #byRealm = new Map<string, Authentication>();
  // Per listener, and per realm since cookies of one are no good in another.
  readonly #byListener = new WeakMap<AuthOptions, Map<string, Authentication>>();

  constructor(host: AuthHost) {
    this.#host = host;
  }

  /** Throws a `UsageError` for options that make no sense. */
  add(realm: string, options: AuthOptions = OPEN): void {
    this.#byRealm.set(realm, new Authentication(options, this.#host));
  }

  /** Does a cookie let in anywhere, at a listener that has options of its own, or has not? */
  remembers(cookie: string, ofListener: AuthOptions | undefined): boolean {
    const ways = ofListener ? this.#byListener.get(ofListener) : this.#byRealm;
    return [...(ways?.values() ?? [])].some((way) => way.remembers(cookie));
  }

  /** The way into a realm over a connection whose listener has options of its own, or has not. */
  of(realm: string, ofListener: AuthOptions | undefined): Authentication {
    if (ofListener) {
      const byRealm = this.#byListener.get(ofListener) ?? new Map<string, Authentication>();
      this.#byListener.set(ofListener, byRealm);
      const found = byRealm.get(realm) ?? new Authentication(ofListener, this.#host);
      byRealm.set(realm, found);
      return found;
    }
    const own = this.#byRealm.get(realm);
    if (!own) throw new Error(`there is no realm '${realm}'`);
    return own;
  }
}
