import { show, UsageError } from '../base/index.ts';
import { type MatchPolicy, matchesUri } from '../protocol/index.ts';
import { type Envelope, kept } from './envelope.ts';
import type { Member } from './member.ts';
import { sizeOfEvent } from './payload-size.ts';
import { admits } from './receivers.ts';

/** How much of the events that publishers want kept a realm keeps. Beyond that, those set longest ago go. */
export interface RetentionOptions {
  /** Default 10,000; 0 keeps none. */
  readonly maxEvents?: number;
  /** Octets of what was published, as it came. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** Of one topic: the newest that everybody may have, and newer ones that only some may. The oldest first. */
interface Kept {
  readonly events: readonly Envelope[];
  readonly bytes: number;
}

/** Events for some only that are kept of one topic, besides the one for everybody. */
const MAX_RESTRICTED = 16;

/**
 * The newest event of each topic, of those that were to be kept. Specification: Advanced Profile, "Event Retention".
 */
export class Retention {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  /** By topic, that which was set longest ago first. */
  readonly #topics = new Map<string, Kept>();
  #events = 0;
  #bytes = 0;
  #dropped = 0;

  constructor({ maxEvents = 10_000, maxBytes = 64 * 1024 * 1024 }: RetentionOptions) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** How many events are kept. */
  get size(): number {
    return this.#events;
  }

  /** How many events had to go, or could not be kept, for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps an event with the restrictions that it was published under. */
  retain(envelope: Envelope): void {
    if (this.#maxEvents === 0) return;
    const { topic } = envelope;
    const before = this.#topics.get(topic)?.events ?? [];
    this.#forget(topic);
    const bytes = bytesOf(envelope);
    if (bytes > this.#maxBytes) {
      // What was kept before is not the newest any more, so it goes all the same.
      this.#dropped++;
      return;
    }
    const { general, restricted } = stillWanted(before, envelope);
    const newest = restricted.slice(1 - MAX_RESTRICTED);
    this.#dropped += restricted.length - newest.length;
    const events = [...general, ...newest, kept(envelope)];
    const total = events.reduce((sum, event) => sum + bytesOf(event), 0);
    this.#topics.set(topic, { events, bytes: total });
    this.#events += events.length;
    this.#bytes += total;
    this.#makeRoom();
  }

  /** Calls `visit` with the newest event of each topic that `member` would have got, had it subscribed before. */
  forEachFor(
    member: Member,
    { topic, match }: { readonly topic: string; readonly match: MatchPolicy },
    visit: (envelope: Envelope) => void,
  ): void {
    if (match === 'exact') {
      visitNewest(this.#topics.get(topic), member, visit);
      return;
    }
    for (const [one, events] of this.#topics) if (matchesUri(one, topic, match)) visitNewest(events, member, visit);
  }

  #makeRoom(): void {
    for (const [topic, { events }] of this.#topics) {
      if (this.#events <= this.#maxEvents && this.#bytes <= this.#maxBytes) return;
      this.#dropped += events.length;
      this.#forget(topic);
    }
  }

  #forget(topic: string): void {
    const old = this.#topics.get(topic);
    if (!old) return;
    this.#topics.delete(topic);
    this.#events -= old.events.length;
    this.#bytes -= old.bytes;
  }
}

/** Throws a {@link UsageError} that names what makes no sense. */
export function assertRetention(options: RetentionOptions, realm: string): void {
  for (const name of ['maxEvents', 'maxBytes'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      throw new UsageError(`realm '${realm}', retention.${name}: expected an integer from 0, got ${show(value)}`);
  }
}

/** Of those that were kept, what a new one leaves: it takes the place of those that nobody would get before it. */
function stillWanted(
  before: readonly Envelope[],
  { receivers }: Envelope,
): { readonly general: readonly Envelope[]; readonly restricted: readonly Envelope[] } {
  if (!receivers) return { general: [], restricted: [] };
  const restriction = JSON.stringify(receivers.restriction);
  return {
    general: before.filter((event) => !event.receivers),
    restricted: before.filter(
      (event) => event.receivers && JSON.stringify(event.receivers.restriction) !== restriction,
    ),
  };
}

function visitNewest(of: Kept | undefined, member: Member, visit: (envelope: Envelope) => void): void {
  const newest = of?.events.findLast((event) => admits(event, member));
  if (newest) visit(newest);
}

function bytesOf({ receivers, ...event }: Envelope): number {
  return sizeOfEvent({ ...event, restriction: receivers?.restriction });
}
