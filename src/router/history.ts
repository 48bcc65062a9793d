import { show, UsageError } from '../base/index.ts';
import { isUri, MATCH_POLICIES, type MatchPolicy } from '../protocol/index.ts';
import { type Envelope, kept } from './envelope.ts';
import type { HistoryEvent, HistoryLog, HistoryStore, HistoryTopic } from './history-store.ts';
import { memoryHistory } from './memory-history.ts';
import { isLasting } from './receivers.ts';
import type { Subscriptions } from './subscriptions.ts';
import { UriIndex } from './uri-index.ts';

/** Which events a realm keeps, and where. */
export interface HistoryOptions {
  readonly topics: readonly HistoryTopic[];
  /** Default: in memory, `memoryHistory()`. */
  readonly store?: HistoryStore;
}

interface Place {
  readonly topic: string;
  readonly match: MatchPolicy;
}

/** What a realm keeps of what was published. Specification: Advanced Profile, "Event History". */
export class History {
  readonly #index = new UriIndex<HistoryLog>();
  readonly #logs: (Place & { readonly log: HistoryLog })[] = [];
  readonly #now: () => number;

  constructor(realm: string, { topics, store = memoryHistory() }: HistoryOptions, now: () => number) {
    this.#now = now;
    for (const { topic, match = 'exact', maxEvents = 1000, maxBytes = 4 * 1024 * 1024 } of topics) {
      const log = store.open({ realm, topic, match, maxEvents, maxBytes });
      this.#index.set(topic, match, log);
      this.#logs.push({ topic, match, log });
    }
  }

  /** Makes the subscriptions that the events are kept for, so that they can be asked for before anybody subscribes. */
  prepare(subscriptions: Subscriptions): void {
    for (const { topic, match } of this.#logs) subscriptions.keep(topic, match);
  }

  append(envelope: Envelope): void {
    // Ids of sessions mean nothing to those that come later, who might see what was not for them.
    if (envelope.receivers && !isLasting(envelope.receivers.restriction)) return;
    let event: HistoryEvent | undefined;
    this.#index.forEachMatch(envelope.topic, (log) => {
      event ??= eventOf(kept(envelope), this.#now());
      log.append(event);
    });
  }

  /** The log that has all events of a subscription, perhaps among others; undefined when none is kept that does. */
  logFor(subscription: Place): HistoryLog | undefined {
    return (
      this.#index.get(subscription.topic, subscription.match) ??
      this.#logs.find((place) => takesIn(place, subscription))?.log
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#logs.map(async ({ log }) => log.close?.()));
  }
}

function eventOf({ publication, topic, details, payload, receivers }: Envelope, time: number): HistoryEvent {
  return { time, publication, topic, details, payload, restriction: receivers?.restriction };
}

/** Do all topics of `inner` fall under `outer`? */
function takesIn(outer: Place, inner: Place): boolean {
  // Nothing empty but its last part is in a prefix, so that it fits a wildcard before the first gap or not at all.
  if (outer.match === 'prefix') return inner.topic.startsWith(outer.topic);
  if (outer.match === 'exact' || inner.match === 'prefix')
    return outer.topic === inner.topic && outer.match === inner.match;
  const wanted = outer.topic.split('.');
  const given = inner.topic.split('.');
  return wanted.length === given.length && wanted.every((part, index) => part === '' || part === given[index]);
}

/** Throws a {@link UsageError} that names what makes no sense. */
export function assertHistory({ topics }: HistoryOptions, realm: string): void {
  const seen = new Set<string>();
  for (const [index, { topic, match = 'exact', maxEvents = 1, maxBytes = 1 }] of topics.entries()) {
    const where = `realm '${realm}', history.topics[${index}]`;
    if (!MATCH_POLICIES.includes(match))
      throw new UsageError(`${where}.match: expected one of ${MATCH_POLICIES.join(', ')}, got ${show(match)}`);
    if (!isUri(topic, match))
      throw new UsageError(`${where}.topic: expected a URI or a pattern for ${match}, got ${show(topic)}`);
    for (const [name, value] of Object.entries({ maxEvents, maxBytes }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new UsageError(`${where}.${name}: expected an integer from 1, got ${show(value)}`);
    const place = `${match} ${topic}`;
    if (seen.has(place)) throw new UsageError(`${where}: '${topic}' (${match}) is there already`);
    seen.add(place);
  }
}
