import { type MessageOf, WampError } from '../protocol/index.ts';
import type { Held } from './held.ts';
import type { Line } from './line.ts';
import type { Requests } from './requests.ts';

/** How the router is told of what is wanted, and that it no longer is. */
interface Terms {
  readonly ask: 'SUBSCRIBE' | 'REGISTER';
  readonly uri: 'topic' | 'procedure';
  readonly id: 'subscription' | 'registration';
  /** Are they given up at once, and not only when the router has confirmed that there will be no more? */
  readonly atOnce: boolean;
}

/** Those that share an id of the router. */
interface Shared<H> {
  readonly holders: Set<H>;
  /** The last one confirmed that asked for retained events: they follow at once, and are for it alone. */
  retainedFor: H | undefined;
}

type Asking = MessageOf<'SUBSCRIBE' | 'REGISTER'>;
type Releasing = MessageOf<'UNSUBSCRIBE' | 'UNREGISTER'>;
type Confirmation = MessageOf<'SUBSCRIBED' | 'REGISTERED' | 'UNSUBSCRIBED' | 'UNREGISTERED'>;

/** What stands in one of them, under one of two names. */
interface Confirmed {
  readonly request: number;
  readonly subscription?: number;
  readonly registration?: number;
  readonly details?: { readonly subscription?: number; readonly registration?: number; readonly reason?: string };
}

/** What a session has subscribed to, or registered: wanted here, confirmed by the router, or both. */
export interface Holdings<H extends Held> {
  get(id: number): Shared<H> | undefined;
  /** Resolves once the router has confirmed; from then on it is served. */
  add(wanted: H): Promise<void>;
  /** Resolves when the router knows too. Calls that come before that are still answered; events are not wanted any more. */
  remove(unwanted: H): Promise<void>;
  /** What the router says of them. */
  heardOf(message: Confirmation): void;
}

export function openHoldings<H extends Held>(
  requests: Requests,
  { onError, onRevoked }: Line,
  { ask, uri, id: idName, atOnce }: Terms,
): Holdings<H> {
  const byId = new Map<number | undefined, Shared<H>>();
  /** Asked for and not yet confirmed, and when that will be. */
  const asking = new Map<H, Promise<void>>();

  const release = (id: number | undefined): Promise<void> =>
    requests.ask(
      (request): Releasing => ({ type: `UN${ask}`, request, [idName]: id }) as Releasing,
      // Not after the promise: the same id may be given anew in the same frame.
      () => void byId.delete(id),
    );

  /** Releases what was held back for the sake of requests, once none is under way. Nobody waits for it, so failures are told. */
  const releaseUnused = (): void => {
    if (asking.size > 0) return;
    for (const [id, { holders }] of byId) {
      if (holders.size > 0) continue;
      byId.delete(id);
      release(id).catch(onError);
    }
  };

  /** `wanted` is undefined for an answer that came after its time was up: for what, only the router knows. */
  const confirmed = (id: number, wanted?: H): void => {
    const entry = byId.get(id) ?? { holders: new Set(), retainedFor: undefined };
    byId.set(id, entry);
    if (wanted && asking.delete(wanted)) {
      entry.holders.add(wanted);
      if (wanted.options['get_retained']) entry.retainedFor = wanted;
    }
    releaseUnused();
  };

  return {
    get: (id) => byId.get(id),

    add(wanted) {
      const asked = requests
        .ask<Asking, void>(
          (request) => ({ type: ask, request, options: wanted.options, [uri]: wanted.uri }) as Asking,
          // Entered at once and not after the promise: the first event or call may follow in the same frame.
          ({ [idName]: id }: Confirmed) => confirmed(id as number, wanted),
        )
        .catch((error: unknown) => {
          asking.delete(wanted);
          if (error instanceof WampError) releaseUnused();
          throw error;
        });
      asking.set(wanted, asked);
      return asked;
    },

    async remove(unwanted) {
      // What is asked for can be released once it is there. Who asks for the same again comes behind that.
      const asked = [...asking.values()];
      if (asking.delete(unwanted)) await Promise.allSettled(asked);
      for (const [id, { holders }] of byId) {
        if (!holders.has(unwanted)) continue;
        // To release it would also end the others, and what a request that is still under way asks for.
        if (holders.size > 1 || [...asking.keys()].some(({ key }) => key === unwanted.key)) holders.delete(unwanted);
        else {
          if (atOnce) {
            holders.delete(unwanted);
            byId.delete(id);
          }
          await release(id);
        }
      }
    },

    heardOf(message) {
      const { request, details, [idName]: id }: Confirmed = message;
      if (!request) {
        // Of its own accord.
        const revoked = details?.[idName];
        const holders = byId.get(revoked)?.holders ?? [];
        byId.delete(revoked);
        for (const what of holders) onRevoked(what, details?.reason);
      } else if (!requests.answer(message) && id) confirmed(id);
    },
  };
}
