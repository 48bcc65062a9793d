import type { HistoryEvent } from './history-store.ts';

/** Which events of a log are wanted; all conditions have to be met. Times are in milliseconds since 1970. */
export interface HistoryQuery {
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
  readonly fromTime?: number | undefined;
  readonly afterTime?: number | undefined;
  readonly beforeTime?: number | undefined;
  readonly untilTime?: number | undefined;
  readonly fromPublication?: number | undefined;
  readonly afterPublication?: number | undefined;
  readonly beforePublication?: number | undefined;
  readonly untilPublication?: number | undefined;
  /** Whatever else is asked of an event: its topic, and who may see it. */
  readonly fits: (event: HistoryEvent) => boolean;
}

/** The events, oldest first, or newest first in reverse; and whether there would have been more. */
export function select(
  events: readonly HistoryEvent[],
  query: HistoryQuery,
): { readonly found: readonly HistoryEvent[]; readonly more: boolean } {
  const { limit = Number.POSITIVE_INFINITY, reverse, fits } = query;
  const [start, end] = between(events, query);
  const { fromTime = -Infinity, afterTime = -Infinity, beforeTime = Infinity, untilTime = Infinity } = query;
  const found: HistoryEvent[] = [];
  for (let step = 0; step < end - start; step++) {
    const event = events[reverse ? end - 1 - step : start + step] as HistoryEvent;
    const { time } = event;
    if (time < fromTime || time <= afterTime || time >= beforeTime || time > untilTime || !fits(event)) continue;
    if (found.length === limit) return { found, more: true };
    found.push(event);
  }
  return { found, more: false };
}

/**
 * From where to where the conditions on publications let through. Their ids say nothing of their order, so each is looked
 * for; nothing comes after, or before, one that is not there.
 */
function between(events: readonly HistoryEvent[], query: HistoryQuery): readonly [start: number, end: number] {
  let start = 0;
  let end = events.length;
  const at = (publication: number | undefined, then: (index: number) => void): void => {
    if (publication === undefined) return;
    const index = events.findIndex((event) => event.publication === publication);
    if (index < 0) end = 0;
    else then(index);
  };
  at(query.fromPublication, (index) => (start = Math.max(start, index)));
  at(query.afterPublication, (index) => (start = Math.max(start, index + 1)));
  at(query.beforePublication, (index) => (end = Math.min(end, index)));
  at(query.untilPublication, (index) => (end = Math.min(end, index + 1)));
  return [start, end];
}
