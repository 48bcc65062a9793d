import type { Dict, MatchPolicy, MessageOf, Payload } from '../protocol/index.ts';
import { type Receivers, receiversOf } from './receivers.ts';

/**
 * An accepted event with everything that is needed to deliver it, so that delivery needs nothing of the session it came
 * from and could happen on another router, or later.
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

/** The message that brings an event to the subscribers of one subscription. */
export function eventFor(
  { id, match }: { readonly id: number; readonly match: MatchPolicy },
  { publication, topic, details, payload }: Envelope,
): MessageOf<'EVENT'> {
  // Who has subscribed to a pattern cannot know the topic otherwise.
  const told = match === 'exact' ? details : { topic, ...details };
  return { type: 'EVENT', subscription: id, publication, details: told, payload };
}

/** An event to be kept: without what it came in, of which a piece of a text would keep the whole. */
export function kept(envelope: Envelope): Envelope {
  const { topic, payload, receivers } = envelope;
  return {
    ...envelope,
    topic: JSON.parse(JSON.stringify(topic)) as string,
    payload: payload?.detach?.() ?? payload,
    receivers: receivers && receiversOf(receivers.restriction),
  };
}
