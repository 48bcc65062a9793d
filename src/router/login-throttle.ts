import type { Clock } from '../base/index.ts';
import type { Limits } from './limits.ts';
import { networkOf } from './network.ts';
import { MAX_AUTHID_LENGTH } from './principals.ts';

/** So many names, and so many networks, are remembered; of more, those that came up longest ago are forgotten. */
const MAX_KEPT = 10_000;
const MINUTE_MS = 60_000;

/** Who wants to log in, and from where. */
export interface LoginAttempt {
  readonly realm: string;
  /** Empty when the client named nobody. */
  readonly authid: string;
  readonly peer: string | undefined;
}

/**
 * Keeps guessing slow: after too many failed logins of one address, or for one name, there are no more until time has
 * passed. Names that nobody has count the same. Nobody is kept out by what others do with their name where they have
 * logged in before.
 */
export class LoginThrottle {
  readonly #byNetwork: Failures;
  readonly #byName: Failures;
  /** Who has logged in, and from where. */
  readonly #known = new Set<string>();

  constructor({ maxFailedLoginsPerAddress, maxFailedLoginsPerAuthid }: Limits, clock: Clock) {
    this.#byNetwork = new Failures(maxFailedLoginsPerAddress, clock);
    this.#byName = new Failures(maxFailedLoginsPerAuthid, clock);
  }

  /** The limit that keeps this attempt from being heard, if any. */
  limitOf(attempt: LoginAttempt): keyof Limits | undefined {
    const { network, name, both } = keysOf(attempt);
    if (network !== undefined && this.#byNetwork.isFull(network)) return 'maxFailedLoginsPerAddress';
    if (name === undefined || (both !== undefined && this.#known.has(both))) return undefined;
    return this.#byName.isFull(name) ? 'maxFailedLoginsPerAuthid' : undefined;
  }

  failed(attempt: LoginAttempt): void {
    const { network, name } = keysOf(attempt);
    if (network !== undefined) this.#byNetwork.add(network);
    if (name !== undefined) this.#byName.add(name);
  }

  succeeded(attempt: LoginAttempt): void {
    const { both } = keysOf(attempt);
    if (both === undefined) return;
    this.#known.delete(both);
    this.#known.add(both);
    if (this.#known.size > MAX_KEPT) this.#known.delete(this.#known.values().next().value as string);
  }
}

function keysOf({ realm, authid, peer }: LoginAttempt): {
  readonly network: string | undefined;
  readonly name: string | undefined;
  readonly both: string | undefined;
} {
  const network = networkOf(peer);
  // A longer one is nobody's; to remember it, of up to a whole message, would be to let others fill the memory.
  const name = authid === '' || authid.length > MAX_AUTHID_LENGTH ? undefined : `${realm} ${authid}`;
  return { network, name, both: network === undefined || name === undefined ? undefined : `${network} ${name}` };
}

/** How often something has failed lately: forgotten at the rate that is allowed. */
class Failures {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, { readonly count: number; readonly at: number }>();

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  isFull(key: string): boolean {
    // What is left of a failure counts for one, so that a limit of 1 means one a minute.
    return this.#countOf(key) > this.#perMinute - 1;
  }

  add(key: string): void {
    if (this.#perMinute === Number.POSITIVE_INFINITY) return;
    const count = this.#countOf(key) + 1;
    this.#byKey.delete(key);
    this.#byKey.set(key, { count, at: this.#clock.now() });
    if (this.#byKey.size > MAX_KEPT) this.#byKey.delete(this.#byKey.keys().next().value as string);
  }

  #countOf(key: string): number {
    const found = this.#byKey.get(key);
    if (!found) return 0;
    return Math.max(0, found.count - ((this.#clock.now() - found.at) * this.#perMinute) / MINUTE_MS);
  }
}
