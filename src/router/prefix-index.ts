import { SlotTable } from './slot-table.ts';
import { hashOf, hashStarts, scratch } from './uri-hash.ts';

// Filled and read within one search, which nothing interrupts.
const starts = scratch();

/** Entries by plain string prefix: the URI is hashed once, and looked up for each length that some prefix has. */
export class PrefixIndex<T> {
  readonly #slots = new Map<string, number>();
  readonly #table = new SlotTable();
  readonly #prefixes: string[] = [];
  readonly #entries: (T | undefined)[] = [];
  readonly #free: number[] = [];
  /** How many prefixes there are of each length. */
  readonly #ofLength = new Map<number, number>();
  /** The lengths, the shortest first. */
  #lengths: readonly number[] = [];

  get(prefix: string): T | undefined {
    const slot = this.#slots.get(prefix);
    return slot === undefined ? undefined : this.#entries[slot];
  }

  set(prefix: string, entry: T): void {
    const existing = this.#slots.get(prefix);
    const slot = existing ?? this.#free.pop() ?? this.#prefixes.length;
    this.#entries[slot] = entry;
    if (existing !== undefined) return;
    this.#prefixes[slot] = prefix;
    this.#slots.set(prefix, slot);
    this.#table.add(hashOf(prefix), slot);
    this.#count(prefix.length, 1);
  }

  delete(prefix: string): void {
    const slot = this.#slots.get(prefix);
    if (slot === undefined) return;
    this.#slots.delete(prefix);
    this.#table.remove(hashOf(prefix), slot);
    this.#entries[slot] = undefined;
    this.#prefixes[slot] = '';
    this.#free.push(slot);
    this.#count(prefix.length, -1);
  }

  /** The entry with the longest prefix that `uri` has. */
  best(uri: string): T | undefined {
    for (let index = hashStarts(uri, this.#lengths, starts) - 1; index >= 0; index--) {
      const slot = this.#slotOf(uri, index);
      if (slot >= 0) return this.#entries[slot];
    }
    return undefined;
  }

  /** Adds the entries of all prefixes that `uri` has, the longest first. */
  collect(uri: string, found: T[]): void {
    for (let index = hashStarts(uri, this.#lengths, starts) - 1; index >= 0; index--) {
      const slot = this.#slotOf(uri, index);
      if (slot >= 0) found.push(this.#entries[slot] as T);
    }
  }

  /** The slot of the prefix whose length is the one at `index`; -1 when there is none. */
  #slotOf(uri: string, index: number): number {
    const hash = starts[index] as number;
    for (let at = this.#table.first(hash); at >= 0; at = this.#table.next(hash, at)) {
      const slot = this.#table.slotAt(at);
      const prefix = this.#prefixes[slot] as string;
      if (prefix.length === this.#lengths[index] && uri.startsWith(prefix)) return slot;
    }
    return -1;
  }

  #count(length: number, change: 1 | -1): void {
    const count = (this.#ofLength.get(length) ?? 0) + change;
    if (count === 0) this.#ofLength.delete(length);
    else this.#ofLength.set(length, count);
    // Only when a length comes or goes.
    if (count === 0 || (count === 1 && change === 1)) this.#lengths = [...this.#ofLength.keys()].sort((a, b) => a - b);
  }
}
