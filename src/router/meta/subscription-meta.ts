import { type Dict, errorUris, type MatchPolicy, payloadOf, WampError } from '../../protocol/index.ts';
import type { Broker } from '../broker.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Subscription } from '../member.ts';
import { matchIn, reasonIn, required } from './arguments.ts';
import { idsByPolicy, isoTime } from './listing.ts';
import type { MetaEvents } from './meta-events.ts';

/** Tells who listens of subscriptions. Specification: Advanced Profile, "Subscriptions Meta API". */
export function tellOfSubscriptions(broker: Broker, events: MetaEvents): void {
  broker.subscriptions.watch({
    created: (session, subscription) =>
      events.publish('wamp.subscription.on_create', () => [session, detailsOf(subscription)]),
    subscribed: (session, { id }) => events.publish('wamp.subscription.on_subscribe', () => [session, id]),
    unsubscribed: (session, { id }) => events.publish('wamp.subscription.on_unsubscribe', () => [session, id]),
    deleted: (session, { id }) => events.publish('wamp.subscription.on_delete', () => [session, id]),
  });
}

/** What can be asked about subscriptions, and how one is revoked. */
export function subscriptionProcedures(broker: Broker): Readonly<Record<string, LocalProcedure>> {
  const { subscriptions } = broker;
  const named = (call: LocalCall): Subscription => {
    const id = required(call, [0, 'subscription'], 'id');
    const subscription = subscriptions.get(id);
    if (!subscription) throw new WampError(errorUris.noSuchSubscription, [`there is no subscription ${id}`]);
    return subscription;
  };
  return {
    'wamp.subscription.list': () => payloadOf([idsByPolicy(subscriptions.all())]),
    'wamp.subscription.lookup': (call) =>
      payloadOf([subscriptions.lookup(required(call, [0, 'topic'], 'string'), matchIn(call))?.id ?? null]),
    'wamp.subscription.match': (call) => {
      const ids: number[] = [];
      subscriptions.forEachMatch(required(call, [0, 'topic'], 'URI'), ({ id }) => ids.push(id));
      return payloadOf([ids.length > 0 ? ids : null]);
    },
    'wamp.subscription.get': (call) => payloadOf([detailsOf(named(call))]),
    'wamp.subscription.list_subscribers': (call) =>
      payloadOf([Array.from(named(call).subscribers, (subscriber) => subscriber.id)]),
    'wamp.subscription.count_subscribers': (call) => payloadOf([named(call).subscribers.size]),
    // Not in the specification, but what others have too: how else would a subscription be revoked?
    'wamp.subscription.remove_subscriber': (call) => {
      const subscription = named(call);
      const session = required(call, [1, 'session'], 'id');
      const reason = reasonIn(call, 2);
      const subscriber = [...subscription.subscribers].find(({ id }) => id === session);
      if (!subscriber)
        throw new WampError(errorUris.noSuchSession, [`session ${session} is not in subscription ${subscription.id}`]);
      broker.revoke(subscriber, subscription, reason);
      return undefined;
    },
  };
}

function detailsOf({ id, created, topic, match }: Subscription): Dict & { readonly match: MatchPolicy } {
  return { id, created: isoTime(created), uri: topic, match };
}
