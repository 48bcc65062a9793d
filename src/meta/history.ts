import { type Dict, errorUris, isDict, WampError } from '../protocol/index.ts';
import type { MetaCalls } from './meta-client.ts';
import { asDate, asDict, asList, asNumber, asText, expected, wireNames } from './shapes.ts';

/** Which events are wanted; all conditions have to be met. */
export interface HistoryFilter {
  /** At most so many, counted in the order in which they are given. */
  readonly limit?: number;
  /** Newest first. Default: oldest first. */
  readonly reverse?: boolean;
  /** At this time or later. Times are a `Date`, or a text of RFC 3339. */
  readonly fromTime?: Date | string;
  /** Later than this. */
  readonly afterTime?: Date | string;
  /** Earlier than this. */
  readonly beforeTime?: Date | string;
  /** At this time or earlier. */
  readonly untilTime?: Date | string;
  /** Of subscriptions by pattern: only events of this topic. */
  readonly topic?: string;
  /** From the event with this publication id on. */
  readonly fromPublication?: number;
  /** The events behind it: the next page. */
  readonly afterPublication?: number;
  /** The events before it: the next page in reverse. */
  readonly beforePublication?: number;
  /** Up to that event. */
  readonly untilPublication?: number;
}

/** An event that the router kept. */
export interface HistoryEvent {
  /** When the router got it, where the router tells. */
  readonly timestamp: Date | undefined;
  readonly subscription: number;
  readonly publication: number;
  /** What it was published to, where the router tells. */
  readonly topic: string | undefined;
  /** Session id of the publisher, where it is disclosed. */
  readonly publisher: number | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: Dict;
}

/** More than any router keeps. */
const ALL = 2 ** 31 - 1;
const NS_PER_MS = 1e6;

export async function getEvents(
  calls: MetaCalls,
  subscription: number,
  filter: HistoryFilter,
): Promise<readonly HistoryEvent[]> {
  const wanted = wireNames({ ...filter, ...timesOf(filter) });
  const ask = async (kwargs: Dict): Promise<readonly Dict[]> =>
    asList(await calls.raw('get_events', [subscription], kwargs)).filter(isDict);
  const read = (items: readonly Dict[]): HistoryEvent[] => items.map((item) => eventOf(item, subscription));
  let items: readonly Dict[] | undefined;
  try {
    items = await ask(wanted);
  } catch (error) {
    if (!(error instanceof WampError) || !CANNOT_FILTER.includes(error.uri)) throw error;
  }
  if (items && !items.some(isNewestFirst)) return read(items);
  return chosen(read(await ask({ limit: ALL })).reverse(), filter);
}

/** What a router answers that knows `limit` only. */
const CANNOT_FILTER: readonly string[] = [errorUris.runtimeError, errorUris.invalidArgument];

/** Crossbar.io: newest first whatever was asked for, and times in nanoseconds. */
const isNewestFirst = (item: Dict): boolean => 'time_ns' in item;

function eventOf(item: Dict, subscription: number): HistoryEvent {
  // nexus writes the names of its own fields.
  const get = (...names: string[]): unknown => names.map((name) => item[name]).find((value) => value !== undefined);
  const details = asDict(get('details', 'Details'));
  const publication = get('publication', 'Publication');
  const args = get('args', 'Arguments');
  return {
    timestamp: asDate(item['timestamp']) ?? ofNanoseconds(item['time_ns']),
    subscription: asNumber(get('subscription', 'Subscription')) ?? subscription,
    publication: expected(asNumber(publication), [
      'wamp.subscription.get_events',
      'an event with a publication id',
      item,
    ]),
    topic: asText(item['topic']) ?? asText(details['topic']),
    publisher: asNumber(details['publisher']) ?? asNumber(item['session_id']),
    args: Array.isArray(args) ? args : [],
    kwargs: asDict(get('kwargs', 'ArgumentsKw')),
    details,
  };
}

function ofNanoseconds(value: unknown): Date | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? new Date(Number(value) / NS_PER_MS) : undefined;
}

function timesOf({ fromTime, afterTime, beforeTime, untilTime }: HistoryFilter): object {
  const text = (time: Date | string | undefined): string | undefined =>
    time instanceof Date ? time.toISOString() : time;
  return {
    fromTime: text(fromTime),
    afterTime: text(afterTime),
    beforeTime: text(beforeTime),
    untilTime: text(untilTime),
  };
}

/** What the router should have chosen, out of all that it kept, oldest first. */
function chosen(events: readonly HistoryEvent[], filter: HistoryFilter): readonly HistoryEvent[] {
  const { limit, reverse, topic } = filter;
  const passes = timesPass(filter);
  const [start, end] = pageOf(events, filter);
  const left = events
    .slice(start, end)
    .filter((event) => passes(event) && (topic === undefined || event.topic === topic));
  return (reverse ? left.reverse() : left).slice(0, limit);
}

function timesPass({ fromTime, afterTime, beforeTime, untilTime }: HistoryFilter): (event: HistoryEvent) => boolean {
  const ms = (time: Date | string | undefined, otherwise: number): number =>
    time === undefined ? otherwise : new Date(time).getTime();
  return ({ timestamp }) => {
    const at = timestamp?.getTime() ?? Number.NaN;
    return (
      !(at < ms(fromTime, -Infinity)) &&
      !(at <= ms(afterTime, -Infinity)) &&
      !(at >= ms(beforeTime, Infinity)) &&
      !(at > ms(untilTime, Infinity))
    );
  };
}

/** From where to where the conditions on publications let through. One that is not there lets nothing through. */
function pageOf(events: readonly HistoryEvent[], filter: HistoryFilter): readonly [start: number, end: number] {
  const { fromPublication, afterPublication, beforePublication, untilPublication } = filter;
  const at = (publication: number | undefined): number | undefined => {
    if (publication === undefined) return undefined;
    const index = events.findIndex((event) => event.publication === publication);
    return index < 0 ? undefined : index;
  };
  const asked = [fromPublication, afterPublication, beforePublication, untilPublication];
  if (asked.some((publication) => publication !== undefined && at(publication) === undefined)) return [0, 0];
  return [
    Math.max(at(fromPublication) ?? 0, (at(afterPublication) ?? -1) + 1),
    Math.min(at(beforePublication) ?? events.length, (at(untilPublication) ?? events.length) + 1),
  ];
}
