import { attempt } from '../base/index.ts';
import { type MessageOf, NO_ARGS, NO_DICT } from '../protocol/index.ts';
import { type Holdings, openHoldings } from './holdings.ts';
import type { Line } from './line.ts';
import type { Requests } from './requests.ts';
import type { Event, Subscription } from './subscription.ts';

/** The subscriber's part of a session. Specification: Basic Profile, "Publish and Subscribe". */
export interface Subscriber {
  readonly holdings: Holdings<Subscription>;
  event(message: MessageOf<'EVENT'>): void;
}

export function openSubscriber(requests: Requests, line: Line): Subscriber {
  const { onError } = line;
  const holdings = openHoldings<Subscription>(requests, line, {
    ask: 'SUBSCRIBE',
    uri: 'topic',
    id: 'subscription',
    atOnce: true,
  });
  return {
    holdings,
    event({ subscription, publication, details, payload }) {
      const shared = holdings.get(subscription);
      // None for an event that crossed the UNSUBSCRIBE on its way.
      if (!shared) return;
      const args = payload?.args ?? NO_ARGS;
      let event: Event | undefined;
      for (const wanted of shared.holders) {
        if (details.retained && shared.retainedFor && wanted !== shared.retainedFor) continue;
        event ??= {
          kwargs: payload?.kwargs ?? NO_DICT,
          topic: details.topic ?? wanted.topic,
          publication,
          publisher: details.publisher,
          publisherAuthid: details.publisher_authid,
          publisherAuthrole: details.publisher_authrole,
          trustLevel: details.trustlevel,
          retained: !!details.retained,
          details,
        };
        attempt(wanted.handler, [args, event], onError);
      }
    },
  };
}
