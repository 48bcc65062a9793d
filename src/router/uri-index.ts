import type { MatchPolicy } from '../protocol/index.ts';

/**
 * Subscriptions or registrations by match policy and URI; the same URI under another policy is another entry.
 *
 * What a look-up costs depends on the URI that is looked up and hardly on how many entries there are.
 */
export class UriIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new PrefixIndex<T>();
  readonly #wildcards = new WildcardIndex<T>();

  get(uri: string, match: MatchPolicy): T | undefined {
    return this.#part(match).get(uri);
  }

  set(uri: string, match: MatchPolicy, entry: T): void {
    this.#part(match).set(uri, entry);
  }

  delete(uri: string, match: MatchPolicy): void {
    this.#part(match).delete(uri);
  }

  /** Calls `visit` for each entry that takes in `uri`: the exact one, then prefixes, then wildcards. */
  forEachMatch(uri: string, visit: (entry: T) => void): void {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) visit(exact);
    this.#prefixes.find(uri, visit);
    this.#wildcards.find(uri, visit);
  }

  /**
   * The one entry that the specification prefers for `uri`: the exact one, else the longest prefix, else the wildcard
   * with the longest run of literal components before its first gap, then before its second, and so on.
   */
  best(uri: string): T | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return exact;
    let best: T | undefined;
    const first = (entry: T): true => {
      best = entry;
      return true;
    };
    if (!this.#prefixes.find(uri, first)) this.#wildcards.find(uri, first);
    return best;
  }

  #part(
    match: MatchPolicy,
  ): Pick<Map<string, T>, 'get'> & { set(uri: string, entry: T): unknown; delete(uri: string): unknown } {
    switch (match) {
      case 'exact':
        return this.#exact;
      case 'prefix':
        return this.#prefixes;
      case 'wildcard':
        return this.#wildcards;
    }
  }
}

/** Told of a match; true ends the search. */
type Visit<T> = (entry: T) => unknown;

/** Entries by plain string prefix: one look-up for each length that some prefix has. */
class PrefixIndex<T> {
  readonly #byPrefix = new Map<string, T>();
  /** How many prefixes there are of each length. */
  readonly #ofLength = new Map<number, number>();
  /** The lengths, the longest first. */
  #lengths: readonly number[] = [];

  get(prefix: string): T | undefined {
    return this.#byPrefix.get(prefix);
  }

  set(prefix: string, entry: T): void {
    if (!this.#byPrefix.has(prefix)) this.#count(prefix.length, 1);
    this.#byPrefix.set(prefix, entry);
  }

  delete(prefix: string): void {
    if (this.#byPrefix.delete(prefix)) this.#count(prefix.length, -1);
  }

  /** The longest prefix first. True when `visit` ended it. */
  find(uri: string, visit: Visit<T>): boolean {
    for (const length of this.#lengths) {
      if (length > uri.length) continue;
      const entry = this.#byPrefix.get(uri.slice(0, length));
      if (entry !== undefined && visit(entry) === true) return true;
    }
    return false;
  }

  #count(length: number, change: 1 | -1): void {
    const count = (this.#ofLength.get(length) ?? 0) + change;
    if (count === 0) this.#ofLength.delete(length);
    else this.#ofLength.set(length, count);
    // Only when a length comes or goes.
    if (count === 0 || (count === 1 && change === 1)) this.#lengths = [...this.#ofLength.keys()].sort((a, b) => b - a);
  }
}

/** A component of wildcard patterns, and what may come after it. */
interface Node<T> {
  readonly literal: Map<string, Node<T>>;
  /** After an empty component, which stands for any one. */
  any: Node<T> | undefined;
  entry: T | undefined;
}

const newNode = <T>(): Node<T> => ({ literal: new Map(), any: undefined, entry: undefined });
const isUnused = (node: Node<unknown>): boolean =>
  node.entry === undefined && node.any === undefined && node.literal.size === 0;

/** Entries by wildcard pattern: a tree of components. */
class WildcardIndex<T> {
  readonly #root = newNode<T>();

  get(pattern: string): T | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const part of pattern.split('.')) node = part === '' ? node?.any : node?.literal.get(part);
    return node?.entry;
  }

  set(pattern: string, entry: T): void {
    let node = this.#root;
    for (const part of pattern.split('.')) {
      let next = part === '' ? node.any : node.literal.get(part);
      if (!next) {
        next = newNode();
        if (part === '') node.any = next;
        else node.literal.set(part, next);
      }
      node = next;
    }
    node.entry = entry;
  }

  delete(pattern: string): void {
    this.#remove(this.#root, pattern.split('.'), 0);
  }

  /** Literal components first, which is the order that the specification wants. True when `visit` ended it. */
  find(uri: string, visit: Visit<T>): boolean {
    return !isUnused(this.#root) && search(this.#root, { parts: uri.split('.'), visit }, 0);
  }

  /** Also takes out the nodes that nothing needs any more. */
  #remove(node: Node<T>, parts: readonly string[], depth: number): void {
    if (depth === parts.length) {
      node.entry = undefined;
      return;
    }
    const part = parts[depth] as string;
    const next = part === '' ? node.any : node.literal.get(part);
    if (!next) return;
    this.#remove(next, parts, depth + 1);
    if (!isUnused(next)) return;
    if (part === '') node.any = undefined;
    else node.literal.delete(part);
  }
}

function search<T>(
  node: Node<T>,
  looked: { readonly parts: readonly string[]; readonly visit: Visit<T> },
  depth: number,
): boolean {
  const { parts, visit } = looked;
  if (depth === parts.length) return node.entry !== undefined && visit(node.entry) === true;
  const literal = node.literal.get(parts[depth] as string);
  if (literal && search(literal, looked, depth + 1)) return true;
  return node.any !== undefined && search(node.any, looked, depth + 1);
}
