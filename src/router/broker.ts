import {
  type Dict,
  errorUris,
  isReservedUri,
  isUri,
  type MatchPolicy,
  type MessageOf,
  type Payload,
  PayloadError,
} from '../protocol/index.ts';
import { type Disclosure, discloses, publisherDetails } from './disclosure.ts';
import { type Member, NO_DETAILS, type Subscription } from './member.ts';
import { type Receivers, receiversOf } from './receivers.ts';
import { matchOf, notAUri, type Refusal, refuse } from './replies.ts';
import { Subscriptions } from './subscriptions.ts';
import type { TrustLevels } from './trust.ts';

/**
 * An accepted event with everything that is needed to deliver it, so that delivery needs nothing of the session it came
 * from and could happen on another router.
 */
export interface Envelope {
  readonly publication: number;
  readonly topic: string;
  readonly payload: Payload | undefined;
  /** What its receivers are told besides the topic: the publisher, where it is disclosed, and the trust level. */
  readonly details: Dict;
  /** Session id of the publisher; 0 for the router itself. */
  readonly publisher: number;
  /** Who may receive it; undefined when nothing but the publisher is excluded, which is nearly always. */
  readonly receivers: Receivers | undefined;
  readonly excludeMe: boolean;
}

/** What a broker needs of its realm. */
export interface BrokerHost {
  readonly newId: () => number;
  readonly disclosure: Disclosure;
  readonly trust: TrustLevels;
}

/** The broker of a realm. Specification: Basic Profile, "Publish and Subscribe". */
export class Broker {
  readonly subscriptions = new Subscriptions();
  readonly #host: BrokerHost;

  constructor(host: BrokerHost) {
    this.#host = host;
  }

  subscribe(member: Member, message: MessageOf<'SUBSCRIBE'>): void {
    const { request, topic } = message;
    const match = matchOf(message);
    const refusal = refusalOfPattern(topic, match);
    if (refusal) {
      refuse(member, message, refusal);
      return;
    }
    this.subscriptions.add(member, { topic, match }, ({ id }) =>
      member.send({ type: 'SUBSCRIBED', request, subscription: id }),
    );
  }

  unsubscribe(member: Member, message: MessageOf<'UNSUBSCRIBE'>): void {
    const { request } = message;
    const subscription = this.subscriptions.get(message.subscription);
    const done = (): void => member.send({ type: 'UNSUBSCRIBED', request });
    if (subscription && this.subscriptions.remove(member, subscription, done)) return;
    refuse(member, message, {
      uri: errorUris.noSuchSubscription,
      why: `this session has no subscription ${message.subscription}`,
    });
  }

  /**
   * Takes a subscriber out of a subscription against its will, and says so where it can be told. False when it was not
   * in it. Specification: Advanced Profile, "Subscription Revocation".
   */
  revoke(member: Member, subscription: Subscription, reason?: string): boolean {
    return this.subscriptions.remove(member, subscription, () => {
      if (!member.has('subscriber', 'subscription_revocation')) return;
      const details = { subscription: subscription.id, ...(reason !== undefined && { reason }) };
      member.send({ type: 'UNSUBSCRIBED', request: 0, details });
    });
  }

  publish(member: Member, message: MessageOf<'PUBLISH'>): void {
    const { request, options, topic } = message;
    const refusal = refusalOfTopic(topic) ?? this.#refusalOfDisclosure(options.disclose_me);
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
    this.subscriptions.forEachMatch(envelope.topic, (subscription) => deliverTo(subscription, envelope));
  }

  #accept(member: Member, { options, topic, payload }: MessageOf<'PUBLISH'>): Envelope {
    const { newId, disclosure, trust } = this.#host;
    const disclosed = discloses(disclosure, options.disclose_me);
    const trustlevel = trust.of(member, topic);
    return {
      publication: newId(),
      topic,
      payload,
      details:
        disclosed || trustlevel !== undefined
          ? { ...(disclosed && publisherDetails(member)), ...(trustlevel !== undefined && { trustlevel }) }
          : NO_DETAILS,
      publisher: member.id,
      receivers: receiversOf(options),
      excludeMe: options.exclude_me !== false,
    };
  }

  #refusalOfDisclosure(disclose_me: boolean | undefined): Refusal | undefined {
    if (discloses(this.#host.disclosure, disclose_me) !== undefined) return undefined;
    return { uri: errorUris.discloseMeDisallowed, why: 'this realm does not tell who publishes' };
  }
}

function deliverTo(
  { id, match, subscribers }: Subscription,
  { publication, topic, payload, details, publisher, receivers, excludeMe }: Envelope,
): void {
  // Who has subscribed to a pattern cannot know the topic otherwise.
  const told = match === 'exact' ? details : { topic, ...details };
  // One object for all: a serializer writes it once and recognises it for the others.
  const event = { type: 'EVENT', subscription: id, publication, details: told, payload } as const;
  for (const member of subscribers) {
    if (excludeMe && member.id === publisher) continue;
    if (receivers && !receivers.admit(member)) continue;
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
