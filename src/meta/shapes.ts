import { show } from '../base/index.ts';
import { Result } from '../client/index.ts';
import { type Dict, errorUris, isDict, WampError } from '../protocol/index.ts';

/**
 * What routers answer, and what becomes of it here. They agree on the names of the meta API and differ in its shapes: a list
 * or its length, null or an empty list, an id or null, positional or keyword values. Whatever can be understood is.
 */

/** The one thing that a {@link MetaClient} answers with, however it was packed. */
export const bare = (outcome: unknown): unknown => (outcome instanceof Result ? outcome.args[0] : outcome);

/** An id, or a number of things. */
export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** All that came, whether as one list or as the positional values themselves; null, which some write for an empty list, is none. */
export const asList = (outcome: unknown): readonly unknown[] =>
  (outcome instanceof Result ? outcome.args : [outcome])
    .flat()
    .filter((value) => value !== undefined && value !== null);

export const asIds = (outcome: unknown): readonly number[] => asList(outcome).filter((id) => typeof id === 'number');

/** How many: a number, or a list of whom. */
export const asCount = (value: unknown): number | undefined => (Array.isArray(value) ? value.length : asNumber(value));

export const asDict = (value: unknown): Dict => (isDict(value) ? value : {});

/** A moment: RFC 3339. */
export function asDate(value: unknown): Date | undefined {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** For answers that cannot be done without. */
export function expected<T>(value: T | undefined, [procedure, what, got]: readonly [string, string, unknown]): T {
  if (value !== undefined) return value;
  throw new WampError(errorUris.invalidPayload, [`${procedure}: expected ${what}, got ${show(got)}`]);
}

/** `fromTime` is `from_time` on the wire. What is undefined is left out. */
export function wireNames(options: object): Dict {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
