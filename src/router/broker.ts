import {
  errorUris,
  isReservedUri,
  isUri,
  type MatchPolicy,
  type MessageOf,
  type Payload,
  PayloadError,
} from '../protocol/index.ts';
import { type Member, NO_DETAILS, type Subscription } from './member.ts';
import { matchOf, notAUri, type Refusal, refuse } from './replies.ts';
import { UriIndex } from './uri-index.ts';

/**
 * An accepted event with everything that is needed to deliver it, so that delivery needs nothing of the session it came
 * from and could happen on another router.
 */
export interface Envelope {
  readonly publication: number;
  readonly topic: string;
  readonly payload: Payload | undefined;
  /** Session id of the publisher. */
  readonly publisher: number;
  /** Who may receive it; undefined when nothing but the publisher is excluded, which is nearly always. */
  readonly filter: ReceiverFilter | undefined;
  readonly excludeMe: boolean;
}

type PublishOptions = MessageOf<'PUBLISH'>['options'];
type ReceiverFilter = (member: Member) => boolean;

/** The broker of a realm. Specification: Basic Profile, "Publish and Subscribe". */
export class Broker {
  readonly #newId: () => number;
  readonly #byUri = new UriIndex<Subscription>();
  readonly #byId = new Map<number, Subscription>();
  #lastSubscription = 0;

  constructor(newId: () => number) {
    this.#newId = newId;
  }

  get subscriptionCount(): number {
    return this.#byId.size;
  }

  subscribe(member: Member, message: MessageOf<'SUBSCRIBE'>): void {
    const { request, topic } = message;
    const match = matchOf(message);
    const refusal = refusalOfPattern(topic, match);
    if (refusal) {
      refuse(member, message, refusal);
      return;
    }
    const subscription = this.#byUri.get(topic, match) ?? this.#create(topic, match);
    subscription.subscribers.add(member);
    member.subscriptions.add(subscription);
    member.send({ type: 'SUBSCRIBED', request, subscription: subscription.id });
  }

  unsubscribe(member: Member, message: MessageOf<'UNSUBSCRIBE'>): void {
    const subscription = this.#byId.get(message.subscription);
    if (!subscription || !member.subscriptions.delete(subscription)) {
      refuse(member, message, {
        uri: errorUris.noSuchSubscription,
        why: `this session has no subscription ${message.subscription}`,
      });
      return;
    }
    this.#drop(subscription, member);
    member.send({ type: 'UNSUBSCRIBED', request: message.request });
  }

  publish(member: Member, message: MessageOf<'PUBLISH'>): void {
    const { request, options, topic } = message;
    const refusal = refusalOfTopic(topic);
    if (refusal) {
      // Without acknowledgement there is no answer, not even to say that it failed.
      if (options.acknowledge) refuse(member, message, refusal);
      return;
    }
    const envelope = this.#accept(member, message);
    if (options.acknowledge) member.send({ type: 'PUBLISHED', request, publication: envelope.publication });
    this.deliver(envelope);
  }

  /** Sends an event to its subscribers here. Once per subscription and session. */
  deliver(envelope: Envelope): void {
    this.#byUri.forEachMatch(envelope.topic, (subscription) => deliverTo(subscription, envelope));
  }

  /** Takes a session that is gone out of everything. */
  leave(member: Member): void {
    for (const subscription of member.subscriptions) this.#drop(subscription, member);
    member.subscriptions.clear();
  }

  #accept(member: Member, { options, topic, payload }: MessageOf<'PUBLISH'>): Envelope {
    return {
      publication: this.#newId(),
      topic,
      payload,
      publisher: member.id,
      filter: filterOf(options),
      excludeMe: options.exclude_me !== false,
    };
  }

  #create(topic: string, match: MatchPolicy): Subscription {
    const subscription: Subscription = { id: ++this.#lastSubscription, topic, match, subscribers: new Set() };
    this.#byUri.set(topic, match, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  #drop(subscription: Subscription, member: Member): void {
    subscription.subscribers.delete(member);
    if (subscription.subscribers.size > 0) return;
    this.#byUri.delete(subscription.topic, subscription.match);
    this.#byId.delete(subscription.id);
  }
}

function deliverTo(
  { id, match, subscribers }: Subscription,
  { publication, topic, payload, publisher, filter, excludeMe }: Envelope,
): void {
  // Who has subscribed to a pattern cannot know the topic otherwise.
  const details = match === 'exact' ? NO_DETAILS : { topic };
  // One object for all: a serializer writes it once and recognises it for the others.
  const event = { type: 'EVENT', subscription: id, publication, details, payload } as const;
  for (const member of subscribers) {
    if (excludeMe && member.id === publisher) continue;
    if (filter && !filter(member)) continue;
    try {
      member.send(event);
    } catch (error) {
      // What one receiver's serializer cannot write must not keep the event from the others.
      if (!(error instanceof PayloadError)) throw error;
    }
  }
}

function refusalOfPattern(topic: string, match: MatchPolicy): Refusal | undefined {
  return isUri(topic, match) ? undefined : notAUri(topic);
}

function refusalOfTopic(topic: string): Refusal | undefined {
  if (!isUri(topic)) return notAUri(topic);
  return isReservedUri(topic)
    ? { uri: errorUris.invalidUri, why: `'${topic}' is reserved: only the router publishes under 'wamp.'` }
    : undefined;
}

/** Specification: Advanced Profile, "Subscriber Black- and Whitelisting". A list that is there but empty admits nobody. */
function filterOf(options: PublishOptions): ReceiverFilter | undefined {
  const { exclude, exclude_authid, exclude_authrole, eligible, eligible_authid, eligible_authrole } = options;
  const admits = [
    asTest(eligible, sessionOf),
    asTest(eligible_authid, authidOf),
    asTest(eligible_authrole, authroleOf),
  ].filter((test) => test !== undefined);
  const bars = [
    asTest(exclude, sessionOf),
    asTest(exclude_authid, authidOf),
    asTest(exclude_authrole, authroleOf),
  ].filter((test) => test !== undefined);
  if (admits.length === 0 && bars.length === 0) return undefined;
  return (member) => admits.every((test) => test(member)) && !bars.some((test) => test(member));
}

const sessionOf = (member: Member): number => member.id;
const authidOf = (member: Member): string => member.identity.authid;
const authroleOf = (member: Member): string => member.identity.authrole;

function asTest<T>(list: readonly T[] | undefined, of: (member: Member) => T): ReceiverFilter | undefined {
  if (!list) return undefined;
  const listed = new Set(list);
  return (member) => listed.has(of(member));
}
