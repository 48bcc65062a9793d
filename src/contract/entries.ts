import { toError } from '../base/index.ts';
import type { EventEntry, EventHandler, Subscription } from '../client/index.ts';

/**
 * Has whoever iterates over a subscription get only what `fit` lets through, as it comes out of there. The rest is told in the way of
 * handlers' failures, when its turn comes.
 */
export function checkEntries(subscription: Subscription, fit: EventHandler): void {
  const unchecked = subscription.entries();
  const entries: AsyncIterableIterator<EventEntry, undefined> = {
    async next() {
      for (;;) {
        const item = await unchecked.next();
        if (item.done) return item;
        try {
          return { done: false, value: (await fit(...item.value)) as EventEntry };
        } catch (error) {
          subscription.holder.report(toError(error));
        }
      }
    },
    return: async () => (await unchecked.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => entries,
  };
  // The iteration over the subscription itself goes by these, too.
  subscription.entries = () => entries;
}
