import { errorUris, isReservedUri, isUri, type MatchPolicy, type MessageOf, PayloadError } from '../protocol/index.ts';
import { type Disclosure, discloses, publisherDetails } from './disclosure.ts';
import { type Envelope, eventFor } from './envelope.ts';
import type { History } from './history.ts';
import type { DiscloseMe, Judged } from './judged.ts';
import { type Member, NO_DETAILS, type Subscription } from './member.ts';
import { checkPassthru, passthruOf } from './passthru.ts';
import { admits, receiversOf } from './receivers.ts';
import { matchOf, notAUri, type Refusal, refuse, sendFitting } from './replies.ts';
import type { Retention } from './retention.ts';
import { Subscriptions } from './subscriptions.ts';
import type { TrustLevels } from './trust.ts';

/** What a broker needs of its realm. */
export interface BrokerHost {
  readonly newId: () => number;
  readonly disclosure: Disclosure;
  readonly trust: TrustLevels;
  readonly retention: Retention;
  readonly history: History | undefined;
  /** Counts that an event cannot be written for one of its receivers. */
  readonly undelivered: () => void;
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
    this.subscriptions.add(member, { topic, match }, (subscription) => {
      member.send({ type: 'SUBSCRIBED', request, subscription: subscription.id });
      if (message.options.get_retained) this.#sendRetained(member, subscription);
    });
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
      const details = { subscription: subscription.id };
      const message = { type: 'UNSUBSCRIBED', request: 0 } as const;
      const told = { ...details, ...(reason !== undefined && { reason }) };
      sendFitting(member.send, { ...message, details: told }, { ...message, details });
    });
  }

  publish(member: Member, message: Judged<'PUBLISH'>): void {
    const { request, options } = message;
    checkPassthru(member, 'publisher', options);
    const refusal = this.refusalOf(message);
    if (refusal) {
      // Without acknowledgement there is no answer, not even to say that it failed.
      if (options.acknowledge) refuse(member, message, refusal);
      return;
    }
    const envelope = this.#accept(member, message);
    if (options.acknowledge) member.send({ type: 'PUBLISHED', request, publication: envelope.publication });
    if (options.retain) this.#host.retention.retain(envelope);
    this.#host.history?.append(envelope);
    this.deliver(envelope);
  }

  /** Why nobody could publish this here; undefined when it is in order. */
  refusalOf({ topic, options }: Judged<'PUBLISH'>): Refusal | undefined {
    return refusalOfTopic(topic) ?? this.#refusalOfDisclosure(options.disclose_me);
  }

  /** Sends an event to its subscribers here. Once per subscription and session. */
  deliver(envelope: Envelope): void {
    this.subscriptions.forEachMatch(envelope.topic, (subscription) => this.#deliverTo(subscription, envelope));
  }

  #accept(member: Member, { options, topic, payload }: Judged<'PUBLISH'>): Envelope {
    const { newId, disclosure, trust } = this.#host;
    const disclosed = discloses(disclosure, options.disclose_me);
    const trustlevel = trust.of(member, topic);
    const passthru = passthruOf(options);
    return {
      publication: newId(),
      topic,
      payload,
      details:
        disclosed || passthru || trustlevel !== undefined
          ? { ...(disclosed && publisherDetails(member)), ...(trustlevel !== undefined && { trustlevel }), ...passthru }
          : NO_DETAILS,
      publisher: member.id,
      receivers: receiversOf(options),
      excludeMe: options.exclude_me !== false,
    };
  }

  #sendRetained(member: Member, subscription: Subscription): void {
    this.#host.retention.forEachFor(member, subscription, (envelope) => {
      const event = eventFor(subscription, envelope);
      this.#trySend(member, { ...event, details: { ...event.details, retained: true } });
    });
  }

  #refusalOfDisclosure(disclose_me: DiscloseMe | undefined): Refusal | undefined {
    if (discloses(this.#host.disclosure, disclose_me) !== undefined) return undefined;
    return { uri: errorUris.discloseMeDisallowed, why: 'this realm does not tell who publishes' };
  }

  #deliverTo(subscription: Subscription, envelope: Envelope): void {
    // One object for all: a serializer writes it once and recognises it for the others.
    const event = eventFor(subscription, envelope);
    for (const member of subscription.subscribers) if (admits(envelope, member)) this.#trySend(member, event);
  }

  #trySend(member: Member, event: MessageOf<'EVENT'>): void {
    try {
      member.send(event);
    } catch (error) {
      // What one receiver's serializer cannot write must not keep the event from the others.
      if (!(error instanceof PayloadError)) throw error;
      this.#host.undelivered();
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
