import type { Dict, MatchPolicy } from '../../protocol/index.ts';

/** The ids of subscriptions or registrations by match policy. */
export function idsByPolicy(entries: Iterable<{ readonly id: number; readonly match: MatchPolicy }>): Dict {
  const lists: Record<MatchPolicy, number[]> = { exact: [], prefix: [], wildcard: [] };
  for (const { id, match } of entries) lists[match].push(id);
  return lists;
}

/** A time in milliseconds since 1970, as ISO 8601 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
