import { isThenable, toError } from '../base/index.ts';
import { type MessageOf, NO_ARGS, NO_DICT } from '../protocol/index.ts';
import { Holdings } from './holdings.ts';
import type { Requests } from './requests.ts';
import type { Event, Subscription } from './subscription.ts';

/** The subscriber's part of a session. Specification: Basic Profile, "Publish and Subscribe". */
export class Subscriber {
  readonly held: Holdings<Subscription, MessageOf<'SUBSCRIBE'>>;
  readonly #onError: (error: Error) => void;

  constructor(requests: Requests, onError: (error: Error) => void) {
    this.#onError = onError;
    this.held = new Holdings(requests, onError, {
      ask: (request, { options, topic }) => ({ type: 'SUBSCRIBE', request, options, topic }),
      id: ({ subscription }) => subscription,
      release: (request, subscription) => ({ type: 'UNSUBSCRIBE', request, subscription }),
      shared: true,
    });
  }

  event({ subscription, publication, details, payload }: MessageOf<'EVENT'>): void {
    const shared = this.held.get(subscription);
    // None for an event that crossed the UNSUBSCRIBE on its way.
    if (!shared) return;
    const args = payload?.args ?? NO_ARGS;
    let event: Event | undefined;
    const { held, retainedFor } = shared;
    for (const wanted of held) {
      if (details.retained && retainedFor && wanted !== retainedFor) continue;
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
      try {
        const outcome = wanted.handler(args, event);
        if (isThenable(outcome)) Promise.resolve(outcome).catch((error: unknown) => this.#onError(toError(error)));
      } catch (error) {
        this.#onError(toError(error));
      }
    }
  }
}
