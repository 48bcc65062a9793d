import { type Clock, toError } from '../base/index.ts';
import type { Client } from '../index.ts';
import { InFlight } from './in-flight.ts';
import type { Log } from './log.ts';
import type { Part } from './parts.ts';

/** Something to do again and again. */
export interface Timer {
  readonly intervalMs: number;
  readonly act: () => unknown;
}

/** One time that an app runs: what it has registered, what is at work, its timers. */
export class Run {
  readonly client: Client;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #inFlight = new InFlight();
  /** How to take back each thing that was added. */
  readonly #added: (() => Promise<void>)[] = [];
  /** How to take back the next turn of each timer. */
  readonly #timers = new Map<Timer, () => void>();
  #draining = false;

  constructor(client: Client, log: Log, clock: Clock) {
    this.client = client;
    this.#log = log;
    this.#clock = clock;
  }

  /** Resolves when the router has confirmed. */
  async add(part: Part): Promise<void> {
    const takeBack = await this.#offer(part);
    // Confirmed only after the draining began, which could not know of it.
    if (this.#draining) await takeBack();
    else this.#added.push(takeBack);
  }

  /** Turns begin an interval apart; one that takes longer than that delays the next, so that they never overlap. */
  start(timer: Timer): void {
    if (this.#draining) return;
    const take = async (): Promise<void> => {
      const began = this.#clock.now();
      try {
        await this.#inFlight.track(timer.act);
      } catch (error) {
        this.#log.error('a timer failed:', toError(error));
      }
      if (!this.#draining) plan(Math.max(0, timer.intervalMs - (this.#clock.now() - began)));
    };
    const plan = (delayMs: number): void =>
      void this.#timers.set(
        timer,
        this.#clock.after(delayMs, () => void take()),
      );
    plan(timer.intervalMs);
  }

  /** Nothing new comes in from now on. Resolves when what is at work has ended, at the latest after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const cancel of this.#timers.values()) cancel();
    let cancelTimer = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancelTimer = this.#clock.after(timeoutMs, resolve);
    });
    await Promise.race([this.#takeBack().then(() => this.#inFlight.idle()), late]);
    cancelTimer();
    const { count } = this.#inFlight;
    if (count > 0) this.#log.warn(`did not wait any longer for ${count} that were still at work after ${timeoutMs} ms`);
  }

  async #takeBack(): Promise<void> {
    const taken = await Promise.allSettled(this.#added.splice(0).map((takeBack) => takeBack()));
    // A router that is gone has taken them back already.
    for (const one of taken)
      if (one.status === 'rejected') this.#log.debug('not taken back:', toError(one.reason).message);
  }

  async #offer(part: Part): Promise<() => Promise<void>> {
    if (part.kind === 'procedure') {
      const { uri, handler, options } = part;
      const registration = await this.client.register(
        uri,
        (args, invocation) => this.#inFlight.track(() => handler(args, invocation)),
        options,
      );
      return () => registration.unregister();
    }
    const { uri, handler, options } = part;
    const subscription = await this.client.subscribe(
      uri,
      (args, event) => this.#inFlight.track(() => handler(args, event)),
      options,
    );
    return () => subscription.unsubscribe();
  }
}
