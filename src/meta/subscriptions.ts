import type { Subscription } from '../client/index.ts';
import { errorUris, type MatchPolicy } from '../protocol/index.ts';
import { getEvents, type HistoryEvent, type HistoryFilter } from './history.ts';
import type { MetaClient, MetaHandler } from './meta-client.ts';
import { type Change, type Created, type IdsByMatch, type Observation, Observations } from './observations.ts';

/** A subscription, as the router tells of it; all who subscribe to the same share one. */
export interface SubscriptionInfo extends Observation {}

/** Subscription meta API and event history. Specification: Advanced Profile, "Subscription Meta API" and "Event History". */
export class SubscriptionMeta {
  readonly #all: Observations<SubscriptionInfo>;

  /** @internal */
  constructor(client: MetaClient) {
    this.#all = new Observations(client, {
      prefix: 'wamp.subscription.',
      noSuch: errorUris.noSuchSubscription,
      read: (common) => common,
    });
  }

  /** The ids of all subscriptions. */
  list(): Promise<IdsByMatch> {
    return this.#all.list();
  }

  /** The id of the subscription to exactly this URI, if there is one. Default match: `exact`. */
  lookup(topic: string, match?: MatchPolicy): Promise<number | undefined> {
    return this.#all.lookup(topic, match);
  }

  /** The ids of all subscriptions that an event of this topic would go to now. */
  match(topic: string): Promise<readonly number[]> {
    return this.#all.calls.ids('match', [topic]);
  }

  /** Rejects with `wamp.error.no_such_subscription` when there is none with that id. */
  get(subscription: number): Promise<SubscriptionInfo> {
    return this.#all.get(subscription);
  }

  /** The sessions that get its events. */
  listSubscribers(subscription: number): Promise<readonly number[]> {
    return this.#all.calls.ids('list_subscribers', [subscription]);
  }

  countSubscribers(subscription: number): Promise<number> {
    return this.#all.count(['count_subscribers', 'list_subscribers'], subscription);
  }

  /**
   * Events that the router has kept of a subscription, oldest first unless `reverse`. Where a router knows less than the
   * specification, as Crossbar.io does, all that it kept is fetched and chosen from here.
   */
  getEvents(subscription: number, filter: HistoryFilter = {}): Promise<readonly HistoryEvent[]> {
    return getEvents(this.#all.calls, subscription, filter);
  }

  /** A topic, or a pattern, has got its first subscriber. */
  onCreate(handler: MetaHandler<Created<SubscriptionInfo>>): Promise<Subscription> {
    return this.#all.onCreate(handler);
  }

  /** A subscriber has been added. */
  onSubscribe(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_subscribe', handler);
  }

  /** A subscriber has gone. */
  onUnsubscribe(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_unsubscribe', handler);
  }

  /** The last subscriber has gone, and the subscription with it. */
  onDelete(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_delete', handler);
  }
}
