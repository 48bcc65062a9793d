import type { Payload } from '../../protocol/index.ts';
import type { Broker } from '../broker.ts';
import { NO_DETAILS } from '../member.ts';

/** Publishes what the router itself has to say. Costs nothing while nobody has subscribed to any of it. */
export class MetaEvents {
  readonly #broker: Broker;
  readonly #newId: () => number;

  constructor(broker: Broker, newId: () => number) {
    this.#broker = broker;
    this.#newId = newId;
  }

  /** Publishes to a topic under `wamp.`; `args` is only asked for when somebody might listen. */
  publish(topic: string, args: () => readonly unknown[]): void {
    if (!this.#broker.subscriptions.hearRouter) return;
    const payload: Payload = { args: args(), kwargs: undefined };
    this.#broker.deliver({
      publication: this.#newId(),
      topic,
      payload,
      details: NO_DETAILS,
      publisher: 0,
      receivers: undefined,
      excludeMe: false,
    });
  }
}
