import { BoundedQueue, type QueueOptions, UsageError, type Untyped } from '../base/index.ts';
import { assertUri, type Dict, type MatchPolicy, WampError } from '../protocol/index.ts';
import { Held, type Holder } from './held.ts';

/** What came with an event besides its arguments. */
export interface Event {
  readonly kwargs: Readonly<Record<string, Untyped>>;
  /** The topic it was published to. */
  readonly topic: string;
  /** The id of the publication, the same for all who receive it. */
  readonly publication: number;
  /** Session id of the publisher, where it is disclosed; so too the next two. */
  readonly publisher: number | undefined;
  readonly publisherAuthid: string | undefined;
  readonly publisherAuthrole: string | undefined;
  /** How far the router trusts the publisher, where it says so. */
  readonly trustLevel: number | undefined;
  /** True for an event that was kept by the router from before the subscription. */
  readonly retained: boolean;
  readonly details: Dict;
}

/** Called for each event. What it throws, or rejects with, goes to the client's `error` event. */
export type EventHandler = (args: readonly Untyped[], event: Event) => unknown;

/** Options of `client.subscribe`. Specification: Advanced Profile, "Pattern-based Subscriptions" and "Event Retention". */
export interface SubscribeOptions {
  /** `prefix`: all topics that begin so. `wildcard`: an empty component stands for any one. Default `exact`. */
  readonly match?: MatchPolicy;
  /** Asks for the last event that the router kept of the topic, where it keeps any. It comes first. */
  readonly getRetained?: boolean;
  /** For routers that shard topics. */
  readonly nkey?: string;
  /** Without a handler: how many events wait to be iterated over. Default: 1,000, then the oldest is lost. */
  readonly queue?: QueueOptions;
}

/** An event as iterated over by {@link Subscription.entries}. */
export type EventEntry<A = readonly Untyped[], E = Event> = readonly [args: A, event: E];

/**
 * A subscription that outlives connections. One without a handler is to be iterated over; leaving the loop ends it. `A` and `E` are
 * the types that a contract gives to its arguments and events.
 *
 * @example
 * const ticks = await client.subscribe('ticks');
 * client.publish('ticks', [1], { excludeMe: false });
 * for await (const [tick] of ticks) {
 *   console.log(tick); // => 1
 *   break;
 * }
 */
export class Subscription<A extends readonly Untyped[] = readonly Untyped[], E = Event>
  extends Held
  implements AsyncIterable<A>
{
  /** @internal */
  readonly handler: EventHandler;
  readonly #queue: BoundedQueue<EventEntry> | undefined;

  /** @internal */
  constructor(
    topic: string,
    holder: Holder,
    options: SubscribeOptions & { readonly handler?: EventHandler | undefined },
  ) {
    super(topic, holder, options);
    assertUri(topic, 'subscribe', options.match);
    const { handler } = options;
    const queue = handler
      ? undefined
      : new BoundedQueue<EventEntry>(options.queue ?? {}, {
          queueOf: `events of ${topic}`,
          onDrop: holder.report,
          // That the session is over, and the subscription with it, is nothing to tell.
          onReaderGone: () =>
            void this.unsubscribe().catch((error) => error instanceof WampError && holder.report(error)),
        });
    this.#queue = queue;
    this.handler = handler ?? ((args, event) => queue?.push([args, event]));
  }

  get topic(): string {
    return this.uri;
  }

  /** How many events were lost because nobody took them. */
  get dropped(): number {
    return this.#queue?.dropped ?? 0;
  }

  /** No more events from now on; resolves when the router knows too. An iteration ends. */
  unsubscribe(): Promise<void> {
    this.over();
    return this.holder.release(this);
  }

  /** Like the iteration, but with what came along: `[args, event]`. */
  entries(): AsyncIterableIterator<EventEntry<A, E>, undefined> {
    if (!this.#queue) throw new UsageError(`the subscription to ${this.topic} has a handler`);
    // What a contract says of them is checked by who made it, or not at all.
    return this.#queue as unknown as AsyncIterableIterator<EventEntry<A, E>, undefined>;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<A, void, void> {
    for await (const [args] of this.entries()) yield args;
  }

  /** @internal */
  override over(error?: Error): void {
    this.#queue?.end(error);
  }
}
