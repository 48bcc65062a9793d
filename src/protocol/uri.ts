import { notExpected } from '../base/index.ts';

/** How a subscription's or registration's URI is compared. Specification: Advanced Profile, "Pattern-based …". */
export const MATCH_POLICIES = ['exact', 'prefix', 'wildcard'] as const;
export type MatchPolicy = (typeof MATCH_POLICIES)[number];

// Each alternation consumes at least one character and components cannot overlap, so none of these backtracks.
const LOOSE: Record<MatchPolicy, RegExp> = {
  exact: /^(?:[^\s.#]+\.)*[^\s.#]+$/u,
  prefix: /^(?:[^\s.#]+\.)*[^\s.#]*$/u,
  wildcard: /^(?:[^\s.#]*\.)*[^\s.#]*$/u,
};
const STRICT: Record<MatchPolicy, RegExp> = {
  exact: /^(?:[0-9a-z_]+\.)*[0-9a-z_]+$/u,
  prefix: /^(?:[0-9a-z_]+\.)*[0-9a-z_]*$/u,
  wildcard: /^(?:[0-9a-z_]*\.)*[0-9a-z_]*$/u,
};

/** Longest URI that is accepted, in UTF-16 units. Nobody needs more, and it bounds what matching costs. */
export const MAX_URI_LENGTH = 1024;

/**
 * Is this a URI that WAMP allows, by its loose rules? A prefix may end in a dot or be empty; a wildcard has empty
 * components. Specification: Basic Profile, "URIs".
 */
export function isUri(value: unknown, match: MatchPolicy = 'exact'): boolean {
  // Who writes JavaScript may have another idea of how to match.
  const pattern: RegExp | undefined = LOOSE[match];
  return typeof value === 'string' && value.length <= MAX_URI_LENGTH && pattern?.test(value) === true;
}

/** By the rules that the specification recommends: `a-z`, `0-9` and `_` only. */
export function isStrictUri(value: string, match: MatchPolicy = 'exact'): boolean {
  return value.length <= MAX_URI_LENGTH && STRICT[match].test(value);
}

/** What begins with the component `wamp` belongs to the protocol: nobody but the router publishes or registers there. */
export function isReservedUri(uri: string): boolean {
  return uri.startsWith('wamp.') || uri === 'wamp';
}

/**
 * Does `uri` fall under `pattern`? A prefix is a plain string prefix; an empty component of a wildcard stands for
 * exactly one component.
 */
export function matchesUri(uri: string, pattern: string, match: MatchPolicy): boolean {
  switch (match) {
    case 'exact':
      return uri === pattern;
    case 'prefix':
      return uri.startsWith(pattern);
    case 'wildcard': {
      const wanted = pattern.split('.');
      const given = uri.split('.');
      return wanted.length === given.length && wanted.every((part, index) => part === '' || part === given[index]);
    }
  }
}

/** Throws a sentence when `uri` cannot be used for `what`: some routers drop the whole connection for a bad URI. */
export function assertUri(uri: unknown, what: string, match: MatchPolicy = 'exact'): asserts uri is string {
  if (isUri(uri, match)) return;
  throw notExpected(
    what,
    `a URI${match === 'exact' ? '' : ` (${match})`} such as 'com.example.name' (at most ${MAX_URI_LENGTH} characters, no spaces, no '#', no empty parts)`,
    uri,
  );
}
