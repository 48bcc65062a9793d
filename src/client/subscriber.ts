import { toError, type Untyped } from '../base/index.ts';
import { assertUri, type Dict, type MessageOf } from '../protocol/index.ts';
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

/** What a subscription is made of, apart from where it lives. */
export interface SubscriptionSpec {
  readonly topic: string;
  readonly handler: EventHandler;
}

/** One subscription of the router's: any number of handlers share it. */
interface Entry {
  readonly id: number;
  readonly topic: string;
  readonly specs: Set<SubscriptionSpec>;
}

const NO_ARGS: readonly unknown[] = Object.freeze([]);
const NO_KWARGS: Dict = Object.freeze({});

/** The subscriber's part of a session. Specification: Basic Profile, "Publish and Subscribe". */
export class Subscriber {
  readonly #requests: Requests;
  readonly #onError: (error: Error) => void;
  readonly #timeoutMs: number;
  readonly #byId = new Map<number, Entry>();
  /** How many SUBSCRIBE of a topic are under way: an UNSUBSCRIBE in between would end what they ask for. */
  readonly #asking = new Map<string, number>();

  constructor(requests: Requests, options: { readonly timeoutMs: number; readonly onError: (error: Error) => void }) {
    this.#requests = requests;
    this.#timeoutMs = options.timeoutMs;
    this.#onError = options.onError;
  }

  /** Resolves once the router has confirmed; from then on the handler is called. */
  async subscribe(spec: SubscriptionSpec): Promise<void> {
    const { topic } = spec;
    assertUri(topic, 'subscribe');
    this.#asking.set(topic, (this.#asking.get(topic) ?? 0) + 1);
    try {
      await this.#requests.ask({
        expects: 'SUBSCRIBED',
        what: `SUBSCRIBE ${topic}`,
        timeoutMs: this.#timeoutMs,
        message: (request) => ({ type: 'SUBSCRIBE', request, options: {}, topic }),
        // Entered at once and not after the promise: the first event may follow in the same frame.
        read: ({ subscription }) => this.#enter(subscription, spec),
      });
    } finally {
      this.#asking.set(topic, (this.#asking.get(topic) ?? 1) - 1);
      if (this.#asking.get(topic) === 0) this.#asking.delete(topic);
    }
  }

  /** No more calls of the handler from now on; resolves when the router knows too. */
  async unsubscribe(spec: SubscriptionSpec): Promise<void> {
    for (const entry of this.#byId.values()) {
      if (!entry.specs.delete(spec)) continue;
      if (entry.specs.size > 0 || this.#asking.has(entry.topic)) return;
      this.#byId.delete(entry.id);
      await this.#release(entry.id);
      return;
    }
  }

  /** Confirmed after the time was up: nobody here wants it any more. */
  lateSubscribed({ subscription }: MessageOf<'SUBSCRIBED'>): void {
    if (this.#byId.has(subscription)) return;
    this.#release(subscription).catch(this.#onError);
  }

  /** The router ended a subscription of its own accord. */
  revoked(subscription: number): SubscriptionSpec[] {
    const entry = this.#byId.get(subscription);
    this.#byId.delete(subscription);
    return entry ? [...entry.specs] : [];
  }

  event(message: MessageOf<'EVENT'>): void {
    const entry = this.#byId.get(message.subscription);
    // An event may cross the UNSUBSCRIBE on its way.
    if (!entry) return;
    const args = message.payload?.args ?? NO_ARGS;
    const event = toEvent(message, entry.topic);
    for (const { handler } of entry.specs) {
      try {
        const outcome = handler(args, event);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#onError(toError(error)));
      } catch (error) {
        this.#onError(toError(error));
      }
    }
  }

  #enter(id: number, spec: SubscriptionSpec): void {
    const entry = this.#byId.get(id) ?? { id, topic: spec.topic, specs: new Set() };
    entry.specs.add(spec);
    this.#byId.set(id, entry);
  }

  #release(subscription: number): Promise<void> {
    return this.#requests.ask({
      expects: 'UNSUBSCRIBED',
      what: 'UNSUBSCRIBE',
      timeoutMs: this.#timeoutMs,
      message: (request) => ({ type: 'UNSUBSCRIBE', request, subscription }),
      read: () => undefined,
    });
  }
}

function toEvent({ publication, details, payload }: MessageOf<'EVENT'>, topic: string): Event {
  return {
    kwargs: payload?.kwargs ?? NO_KWARGS,
    topic: details.topic ?? topic,
    publication,
    publisher: details.publisher,
    retained: details.retained === true,
    details,
  };
}
