import { show, UsageError } from '../base/index.ts';
import { isDict, isUri, MATCH_POLICIES, type MatchPolicy, matchesUri } from '../protocol/index.ts';
import { type Action, ACTIONS } from './actions.ts';
import { type Disclosure, DISCLOSURES } from './disclosure.ts';
import { UriIndex } from './uri-index.ts';

/** What a role may do with a URI, or with all that a pattern takes in. */
export interface Permission {
  readonly uri: string;
  /** How `uri` is compared. Default `'exact'`. */
  readonly match?: MatchPolicy;
  /** Everything else is denied; an empty list denies all. */
  readonly allow: readonly Action[];
  /**
   * Callers and publishers with this permission, whatever their realm says: `'always'` are told to the others whether or
   * not they ask for it, `'ask'` when they ask, `'never'` are not, and are refused when they ask. Default: as the realm
   * has it.
   */
  readonly disclose?: Disclosure;
}

/**
 * The permissions of a role. The most specific one decides: the exact one, else the longest prefix, else the wildcard
 * that is literal for longest, as with registrations.
 */
export class Permissions {
  readonly #index = new UriIndex<Permission>();
  readonly #all: readonly Permission[];

  /** Throws a `UsageError` that names the first one which makes no sense; `where` opens its text. */
  constructor(permissions: readonly Permission[], where: string) {
    for (const [index, permission] of permissions.entries()) {
      check(permission, `${where}[${index}]`);
      const { uri, match = 'exact' } = permission;
      if (this.#index.get(uri, match))
        throw new UsageError(`${where}[${index}]: there is one for '${uri}' (${match}) already`);
      this.#index.set(uri, match, permission);
    }
    this.#all = permissions;
  }

  /**
   * The permission that decides about a URI, or about all that a pattern takes in; undefined when there is none. Of a
   * pattern, each part has to be allowed: one that is denied denies the whole, also where nothing decides about the rest.
   */
  find(action: Action, uri: string, match: MatchPolicy = 'exact'): Permission | undefined {
    if (match === 'exact') return this.#index.best(uri);
    const [best] = this.#all.filter((one) => covers(one, uri, match)).sort(moreSpecificFirst);
    if (best && !best.allow.includes(action)) return best;
    const denies = (one: Permission): boolean =>
      !one.allow.includes(action) && (!best || moreSpecificFirst(one, best) < 0) && overlaps(one, uri, match);
    return this.#all.find(denies) ?? best;
  }
}

function check(permission: Permission, where: string): void {
  if (!isDict(permission)) throw new UsageError(`${where}: expected an object with uri and allow`);
  const { uri, match = 'exact', allow, disclose } = permission;
  if (!MATCH_POLICIES.includes(match))
    throw new UsageError(`${where}.match: expected one of ${MATCH_POLICIES.join(', ')}, got ${show(match)}`);
  if (!isUri(uri, match))
    throw new UsageError(`${where}.uri: expected a URI or a pattern for ${match}, got ${show(uri)}`);
  if (!Array.isArray(allow) || !allow.every((action) => ACTIONS.includes(action as Action)))
    throw new UsageError(`${where}.allow: expected some of ${ACTIONS.join(', ')}, got ${show(allow)}`);
  if (disclose !== undefined && !DISCLOSURES.includes(disclose))
    throw new UsageError(`${where}.disclose: expected one of ${DISCLOSURES.join(', ')}, got ${show(disclose)}`);
}

const RANK: Readonly<Record<MatchPolicy, number>> = { exact: 0, prefix: 1, wildcard: 2 };

/** The order in which permissions are asked. */
function moreSpecificFirst(one: Permission, other: Permission): number {
  const { match = 'exact' } = one;
  const byMatch = RANK[match] - RANK[other.match ?? 'exact'];
  if (byMatch !== 0) return byMatch;
  if (match === 'prefix') return other.uri.length - one.uri.length;
  const parts = other.uri.split('.');
  const at = one.uri.split('.').findIndex((part, index) => (part === '') !== (parts[index] === ''));
  return at < 0 ? 0 : parts[at] === '' ? -1 : 1;
}

/** Does a permission take in everything that a pattern does? */
function covers({ uri: permitted, match = 'exact' }: Permission, pattern: string, policy: MatchPolicy): boolean {
  if (match === 'prefix') return fixedPart(pattern, policy).startsWith(permitted);
  if (match === 'exact' || policy === 'prefix') return false;
  const parts = pattern.split('.');
  const wanted = permitted.split('.');
  return wanted.length === parts.length && wanted.every((part, index) => part === '' || part === parts[index]);
}

/** Is there, or can there be, something that both take in? */
function overlaps({ uri: permitted, match = 'exact' }: Permission, pattern: string, policy: MatchPolicy): boolean {
  if (match === 'exact') return matchesUri(permitted, pattern, policy);
  if (match === 'wildcard' && policy === 'wildcard') {
    const parts = pattern.split('.');
    const wanted = permitted.split('.');
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part === '' || parts[index] === '' || part === parts[index])
    );
  }
  // Where a wildcard meets a prefix, what stands before its first gap is enough to go by.
  const [one, other] = [fixedPart(permitted, match), fixedPart(pattern, policy)];
  return one.startsWith(other) || other.startsWith(one);
}

/** The text that everything a pattern takes in begins with. */
function fixedPart(pattern: string, policy: MatchPolicy): string {
  if (policy === 'prefix') return pattern;
  // With a dot at both ends, a gap is two dots in a row wherever it is.
  const gap = `.${pattern}.`.indexOf('..');
  return gap < 0 ? pattern : pattern.slice(0, gap);
}
