import { isReservedUri, type MatchPolicy } from '../protocol/index.ts';
import type { Member, Subscription } from './member.ts';
import { UriIndex } from './uri-index.ts';

/**
 * Hears of subscriptions as they come and go, each with the id of the session that caused it. Specification: Advanced
 * Profile, "Subscription Meta API".
 */
export interface SubscriptionWatcher {
  /** The first subscriber of a topic or pattern; `subscribed` follows. */
  created(session: number, subscription: Subscription): void;
  subscribed(session: number, subscription: Subscription): void;
  unsubscribed(session: number, subscription: Subscription): void;
  /** The last subscriber is gone; comes after its `unsubscribed`. */
  deleted(session: number, subscription: Subscription): void;
}

/** The subscriptions of a realm: who hears of which topics. */
export class Subscriptions {
  readonly #byUri = new UriIndex<Subscription>();
  readonly #byId = new Map<number, Subscription>();
  #lastId = 0;
  #toRouter = 0;
  /** Those that stay when nobody is left. */
  readonly #kept = new Set<Subscription>();
  #watcher: SubscriptionWatcher | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** Might somebody hear of a topic of the router's own? Says so without looking at any, since mostly nobody does. */
  get hearRouter(): boolean {
    return this.#toRouter > 0;
  }

  /** Sets who hears of changes: one, as there is one meta API to a realm. */
  watch(watcher: SubscriptionWatcher): void {
    this.#watcher = watcher;
  }

  /** All of them, in the order in which they were made. */
  all(): Iterable<Subscription> {
    return this.#byId.values();
  }

  get(id: number): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** The one that was made with exactly this URI and policy. */
  lookup(topic: string, match: MatchPolicy): Subscription | undefined {
    return this.#byUri.get(topic, match);
  }

  /** Calls `visit` for each that an event of `topic` goes to. */
  forEachMatch(topic: string, visit: (subscription: Subscription) => void): void {
    this.#byUri.forEachMatch(topic, visit);
  }

  /** Makes a subscription that is there for good, whether or not anybody subscribes. */
  keep(topic: string, match: MatchPolicy): void {
    this.#kept.add(this.#byUri.get(topic, match) ?? this.#create(topic, match));
  }

  /** Adds a subscriber; `done` hears of the subscription before anybody else does. */
  add(
    member: Member,
    { topic, match }: { readonly topic: string; readonly match: MatchPolicy },
    done: (subscription: Subscription) => void,
  ): void {
    const existing = this.#byUri.get(topic, match);
    const subscription = existing ?? this.#create(topic, match);
    const isNew = !subscription.subscribers.has(member);
    subscription.subscribers.add(member);
    member.subscriptions.add(subscription);
    done(subscription);
    if (!existing) this.#watcher?.created(member.id, subscription);
    if (isNew) this.#watcher?.subscribed(member.id, subscription);
  }

  /** Takes a subscriber out of a subscription, which goes with its last one. False when it was not in it. */
  remove(member: Member, subscription: Subscription, done?: () => void): boolean {
    if (!member.subscriptions.delete(subscription)) return false;
    const last = this.#drop(member, subscription);
    done?.();
    this.#tell(member, subscription, last);
    return true;
  }

  /** Takes a session that is gone out of everything, before anybody hears of any of it. */
  leave(member: Member): void {
    const left = [...member.subscriptions].map((subscription) => ({
      subscription,
      last: this.#drop(member, subscription),
    }));
    member.subscriptions.clear();
    for (const { subscription, last } of left) this.#tell(member, subscription, last);
  }

  #create(topic: string, match: MatchPolicy): Subscription {
    const subscription: Subscription = {
      id: ++this.#lastId,
      topic,
      match,
      created: Date.now(),
      subscribers: new Set(),
    };
    this.#byUri.set(topic, match, subscription);
    this.#byId.set(subscription.id, subscription);
    if (hearsRouter(subscription)) this.#toRouter++;
    return subscription;
  }

  /** True when that was the last subscriber. */
  #drop(member: Member, subscription: Subscription): boolean {
    subscription.subscribers.delete(member);
    if (subscription.subscribers.size > 0 || this.#kept.has(subscription)) return false;
    this.#byUri.delete(subscription.topic, subscription.match);
    this.#byId.delete(subscription.id);
    if (hearsRouter(subscription)) this.#toRouter--;
    return true;
  }

  #tell(member: Member, subscription: Subscription, last: boolean): void {
    this.#watcher?.unsubscribed(member.id, subscription);
    if (last) this.#watcher?.deleted(member.id, subscription);
  }
}

/** Does it take in any topic that starts with `wamp.`? */
function hearsRouter({ topic, match }: Subscription): boolean {
  if (isReservedUri(topic)) return true;
  return (match === 'prefix' && 'wamp.'.startsWith(topic)) || (match === 'wildcard' && topic.startsWith('.'));
}
