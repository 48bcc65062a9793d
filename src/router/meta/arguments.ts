import { show } from '../../base/index.ts';
import {
  type Dict,
  errorUris,
  isDict,
  isId,
  isUri,
  MATCH_POLICIES,
  type MatchPolicy,
  WampError,
} from '../../protocol/index.ts';
import type { LocalCall } from '../local-callee.ts';

interface Kinds {
  id: number;
  string: string;
  URI: string;
  boolean: boolean;
  list: readonly unknown[];
  dictionary: Dict;
  'list of strings': readonly string[];
  'positive integer': number;
}

const isString = (value: unknown): boolean => typeof value === 'string';
const TESTS: Record<keyof Kinds, (value: unknown) => boolean> = {
  id: isId,
  string: isString,
  URI: (value) => isUri(value),
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
  dictionary: isDict,
  'list of strings': (value) => Array.isArray(value) && value.every(isString),
  'positive integer': isId,
};

/** An argument by its place, or a keyword argument by its name; `as` is what an error text calls the former. */
type Place = readonly [index: number, as: string] | string;

/** The argument of a call, undefined when it is absent or null; a `WampError` tells the caller what was expected. */
export function optional<K extends keyof Kinds>({ payload }: LocalCall, place: Place, kind: K): Kinds[K] | undefined {
  const value = typeof place === 'string' ? ownOf(payload?.kwargs, place) : payload?.args[place[0]];
  if (value === undefined || value === null) return undefined;
  if (!TESTS[kind](value)) throw misfit(place, kind, show(value));
  // The test says so.
  return value as Kinds[K];
}

/** The same for one that has to be there. */
export function required<K extends keyof Kinds>(call: LocalCall, place: Place, kind: K): Kinds[K] {
  const value = optional(call, place, kind);
  if (value === undefined) throw misfit(place, kind, 'nothing');
  return value;
}

/** The match policy in the options that a look-up may have after its URI. */
export function matchIn(call: LocalCall): MatchPolicy {
  const options = optional(call, [1, 'options'], 'dictionary');
  const match = ownOf(options, 'match') ?? 'exact';
  const policy = MATCH_POLICIES.find((one) => one === match);
  if (!policy) throw misfit('options.match', `one of ${MATCH_POLICIES.join(', ')}`, show(match));
  return policy;
}

/**
 * Why something is taken away, as a keyword argument or at a place. It has to be a URI: clients made with autobahn break
 * their connection at anything else.
 */
export function reasonIn(call: LocalCall, index?: number): string | undefined {
  const placed = index === undefined ? undefined : optional(call, [index, 'reason'], 'string');
  const reason = placed ?? optional(call, 'reason', 'string');
  if (reason === undefined || isUri(reason)) return reason;
  throw new WampError(errorUris.invalidUri, [`reason: expected a URI, got '${reason.slice(0, 100)}'`]);
}

function ownOf(dict: Dict | undefined, name: string): unknown {
  return dict && Object.hasOwn(dict, name) ? dict[name] : undefined;
}

/** The error that names a place, and what was expected and came there. */
export function misfit(place: Place, kind: string, got: string): WampError {
  const name = typeof place === 'string' ? place : place[1];
  return new WampError(errorUris.invalidArgument, [`${name}: expected ${kind}, got ${got}`]);
}
