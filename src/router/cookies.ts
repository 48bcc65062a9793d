import type { Clock } from '../base/index.ts';
import type { Identity } from './member.ts';

/** How many browsers are remembered; beyond that, those who logged in longest ago are forgotten. */
const MAX_REMEMBERED = 100_000;

/** Who a browser was when it last logged in, by the value of its cookie. */
export class Cookies {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #byValue = new Map<string, { readonly identity: Identity; readonly until: number }>();

  constructor(clock: Clock, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /**
   * A value that stands for somebody else stands for nobody from here on: it may have been slipped to this browser, by one
   * who would then be let in as who has logged in here.
   */
  remember(value: string, identity: Identity): void {
    const before = this.find(value);
    this.#byValue.delete(value);
    if (before && (before.authid !== identity.authid || before.authrole !== identity.authrole)) return;
    this.#byValue.set(value, { identity, until: this.#clock.now() + this.#maxAgeMs });
    if (this.#byValue.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#byValue.keys();
    this.#byValue.delete(oldest as string);
  }

  find(value: string): Identity | undefined {
    const found = this.#byValue.get(value);
    if (!found) return undefined;
    if (found.until > this.#clock.now()) return found.identity;
    this.#byValue.delete(value);
    return undefined;
  }

  forget(value: string): void {
    this.#byValue.delete(value);
  }
}
