import { toError, type Untyped } from '../base/index.ts';
import { assertUri, type Dict, type MessageOf, NO_ARGS, NO_DICT } from '../protocol/index.ts';
import type { Requests } from './requests.ts';

/** What came with an event besides its arguments. */
export interface Event {
  readonly kwargs: Readonly<Record<string, Untyped>>;
  /** The topic it was published to. */
  readonly topic: string;
  /** The id of the publication, the same for all who receive it. */
  readonly publication: number;
  /** Session id of the publisher, where it is disclosed. */
  readonly publisher: number | undefined;
  /** True for an event that was kept by the router from before the subscription. */
  readonly retained: boolean;
  readonly details: Dict;
}

/** Called for each event. What it throws, or rejects with, goes to the client's `error` event. */
export type EventHandler = (args: readonly Untyped[], event: Event) => unknown;

/** A subscription that outlives connections. */
export class Subscription {
  readonly topic: string;
  /** @internal */
  readonly handler: EventHandler;
  readonly #end: (subscription: Subscription) => Promise<void>;

  /** @internal */
  constructor(topic: string, handler: EventHandler, end: (subscription: Subscription) => Promise<void>) {
    assertUri(topic, 'subscribe');
    this.topic = topic;
    this.handler = handler;
    this.#end = end;
  }

  /** No more events from now on; resolves when the router knows too. */
  unsubscribe(): Promise<void> {
    return this.#end(this);
  }
}

/** The subscriber's part of a session. Specification: Basic Profile, "Publish and Subscribe". */
export class Subscriber {
  readonly #requests: Requests;
  readonly #onError: (error: Error) => void;
  /** By the router's id, which all subscriptions to a topic share. */
  readonly #byId = new Map<number, Set<Subscription>>();
  /** Asked for and not yet confirmed. */
  readonly #asking = new Set<Subscription>();

  constructor(requests: Requests, onError: (error: Error) => void) {
    this.#requests = requests;
    this.#onError = onError;
  }

  /** Resolves once the router has confirmed; from then on the handler is called. */
  async subscribe(wanted: Subscription): Promise<void> {
    const { topic } = wanted;
    this.#asking.add(wanted);
    try {
      await this.#requests.ask(
        (request) => ({ type: 'SUBSCRIBE', request, options: {}, topic }),
        // Entered at once and not after the promise: the first event may follow in the same frame.
        ({ subscription }) => {
          const sharers = this.#byId.get(subscription) ?? new Set();
          this.#byId.set(subscription, sharers);
          if (this.#asking.delete(wanted)) sharers.add(wanted);
          else this.#releaseUnused(subscription, topic).catch(this.#onError);
        },
      );
    } finally {
      this.#asking.delete(wanted);
    }
  }

  /** No more calls of the handler from now on; resolves when the router knows too. */
  async unsubscribe(unwanted: Subscription): Promise<void> {
    this.#asking.delete(unwanted);
    for (const [id, sharers] of this.#byId) if (sharers.delete(unwanted)) await this.#releaseUnused(id, unwanted.topic);
  }

  /** Confirmed after the time was up: nobody here wants it any more, unless it was asked for again meanwhile. */
  lateSubscribed({ subscription }: MessageOf<'SUBSCRIBED'>): void {
    if (!this.#byId.has(subscription) && this.#asking.size === 0) this.#release(subscription).catch(this.#onError);
  }

  /** The router ended a subscription of its own accord. */
  revoked(id: number): Iterable<Subscription> {
    const sharers = this.#byId.get(id) ?? [];
    this.#byId.delete(id);
    return sharers;
  }

  event({ subscription, publication, details, payload }: MessageOf<'EVENT'>): void {
    const args = payload?.args ?? NO_ARGS;
    let event: Event | undefined;
    // None for an event that crossed the UNSUBSCRIBE on its way.
    for (const { topic, handler } of this.#byId.get(subscription) ?? []) {
      event ??= {
        kwargs: payload?.kwargs ?? NO_DICT,
        topic: details.topic ?? topic,
        publication,
        publisher: details.publisher,
        retained: !!details.retained,
        details,
      };
      try {
        const outcome = handler(args, event);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#onError(toError(error)));
      } catch (error) {
        this.#onError(toError(error));
      }
    }
  }

  /** An UNSUBSCRIBE would also end what a SUBSCRIBE that is still under way asks for, so that is left to the answer. */
  async #releaseUnused(id: number, topic: string): Promise<void> {
    if (this.#byId.get(id)?.size !== 0) return;
    for (const { topic: asked } of this.#asking) if (asked === topic) return;
    this.#byId.delete(id);
    await this.#release(id);
  }

  #release(subscription: number): Promise<void> {
    return this.#requests.ask(
      (request) => ({ type: 'UNSUBSCRIBE', request, subscription }),
      () => {},
    );
  }
}
