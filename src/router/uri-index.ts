import type { MatchPolicy } from '../protocol/index.ts';
import { PrefixIndex } from './prefix-index.ts';
import { WildcardIndex } from './wildcard-index.ts';

/**
 * Subscriptions or registrations by match policy and URI; the same URI under another policy is another entry.
 *
 * What a look-up costs depends on the URI that is looked up and hardly on how many entries there are.
 */
export class UriIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new PrefixIndex<T>();
  readonly #wildcards = new WildcardIndex<T>();
  /** Entries that are no exact ones. */
  #patterns = 0;

  get(uri: string, match: MatchPolicy): T | undefined {
    return this.#part(match).get(uri);
  }

  set(uri: string, match: MatchPolicy, entry: T): void {
    if (match !== 'exact' && this.get(uri, match) === undefined) this.#patterns++;
    this.#part(match).set(uri, entry);
  }

  delete(uri: string, match: MatchPolicy): void {
    if (match !== 'exact' && this.get(uri, match) !== undefined) this.#patterns--;
    this.#part(match).delete(uri);
  }

  /** Calls `visit` for each entry that takes in `uri`: the exact one, then prefixes, then wildcards. */
  forEachMatch(uri: string, visit: (entry: T) => void): void {
    const exact = this.#exact.get(uri);
    if (this.#patterns === 0) {
      if (exact !== undefined) visit(exact);
      return;
    }
    // All are found before one is told: whoever is told may change what there is.
    const found: T[] = exact === undefined ? [] : [exact];
    this.#prefixes.collect(uri, found);
    this.#wildcards.collect(uri, found);
    for (const entry of found) visit(entry);
  }

  /**
   * The one entry that the specification prefers for `uri`: the exact one, else the longest prefix, else the wildcard
   * with the longest run of literal components before its first gap, then before its second, and so on.
   */
  best(uri: string): T | undefined {
    return this.#exact.get(uri) ?? this.#prefixes.best(uri) ?? this.#wildcards.best(uri);
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
