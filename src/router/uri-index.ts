import type { MatchPolicy } from '../protocol/index.ts';

/**
 * Subscriptions or registrations by match policy and URI; the same URI under another policy is another entry.
 *
 * The broker and the dealer only ask what is here, so prefixes and wildcards come in behind these four methods.
 */
export class UriIndex<T> {
  readonly #exact = new Map<string, T>();

  get(uri: string, _match: MatchPolicy): T | undefined {
    return this.#exact.get(uri);
  }

  set(uri: string, _match: MatchPolicy, entry: T): void {
    this.#exact.set(uri, entry);
  }

  delete(uri: string, _match: MatchPolicy): void {
    this.#exact.delete(uri);
  }

  /** Calls `visit` for each entry that takes in `uri`. */
  forEachMatch(uri: string, visit: (entry: T) => void): void {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) visit(exact);
  }

  /** The one entry that the specification prefers for `uri`. */
  best(uri: string): T | undefined {
    return this.#exact.get(uri);
  }
}
