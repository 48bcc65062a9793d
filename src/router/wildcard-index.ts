import { SlotTable } from './slot-table.ts';
import { hashed, hashParts, scratch } from './uri-hash.ts';

// Filled and read within one search, which nothing interrupts.
const parts = scratch();

/** What is known of a node, as numbers in one row. */
const PARENT = 0;
const PART = 1;
/** The node behind an empty component, which stands for any one. */
const ANY = 2;
/** The first pattern that ends here; others follow only where hashes collide. */
const PATTERN = 3;
/** How many nodes and patterns need this one. */
const NEEDED = 4;
const ROW = 8;
const NONE = -1;
const ROOT = 0;

/**
 * Entries by wildcard pattern: a tree of components, of which only the hashes are in it. All of it lies in two typed
 * arrays, so that a search jumps about little; what it comes to in the end is compared character by character.
 */
export class WildcardIndex<T> {
  readonly #slots = new Map<string, number>();
  readonly #patterns: string[] = [];
  readonly #entries: (T | undefined)[] = [];
  /** Of each slot, the next one that ends at the same node. */
  readonly #siblings: number[] = [];
  readonly #freeSlots: number[] = [];
  /** From a node by a literal component to the next node. */
  readonly #edges = new SlotTable();
  #nodes = new Int32Array(16 * ROW);
  #nodeCount = 0;
  readonly #freeNodes: number[] = [];

  constructor() {
    this.#newNode(NONE, 0);
  }

  get(pattern: string): T | undefined {
    const slot = this.#slots.get(pattern);
    return slot === undefined ? undefined : this.#entries[slot];
  }

  set(pattern: string, entry: T): void {
    const existing = this.#slots.get(pattern);
    const slot = existing ?? this.#freeSlots.pop() ?? this.#patterns.length;
    this.#entries[slot] = entry;
    if (existing !== undefined) return;
    this.#patterns[slot] = pattern;
    this.#slots.set(pattern, slot);
    const node = this.#nodeFor(pattern);
    this.#siblings[slot] = this.#cell(node, PATTERN);
    this.#setCell(node, PATTERN, slot);
    this.#setCell(node, NEEDED, this.#cell(node, NEEDED) + 1);
  }

  delete(pattern: string): void {
    const slot = this.#slots.get(pattern);
    if (slot === undefined) return;
    this.#slots.delete(pattern);
    const node = this.#nodeFor(pattern);
    this.#unlink(node, slot);
    this.#entries[slot] = undefined;
    this.#patterns[slot] = '';
    this.#freeSlots.push(slot);
    this.#release(node);
  }

  /** The entry that is literal for longest, which is the one that the specification prefers. */
  best(uri: string): T | undefined {
    if (this.#slots.size === 0) return undefined;
    const found: T[] = [];
    this.#search(uri, { count: hashParts(uri, parts), found, limit: 1 }, ROOT, 0);
    return found[0];
  }

  /** Adds the entries of all patterns that take in `uri`, in the order in which the specification prefers them. */
  collect(uri: string, found: T[]): void {
    if (this.#slots.size === 0) return;
    this.#search(uri, { count: hashParts(uri, parts), found, limit: Number.POSITIVE_INFINITY }, ROOT, 0);
  }

  // Positional, as it calls itself for every component of every URI.
  // oxlint-disable-next-line max-params
  #search(uri: string, search: Search<T>, node: number, depth: number): void {
    if (depth === search.count) {
      for (let slot = this.#cell(node, PATTERN); slot !== NONE; slot = this.#siblings[slot] as number)
        if (fits(uri, this.#patterns[slot] as string)) search.found.push(this.#entries[slot] as T);
      return;
    }
    const part = parts[depth] as number;
    // A URI has no empty components; what is no URI may, and no literal is one.
    const literal = part === 0 ? NONE : this.#child(node, part);
    if (literal !== NONE) this.#search(uri, search, literal, depth + 1);
    if (search.found.length >= search.limit) return;
    const any = this.#cell(node, ANY);
    if (any !== NONE) this.#search(uri, search, any, depth + 1);
  }

  #child(node: number, part: number): number {
    const hash = hashed(part, node);
    for (let at = this.#edges.first(hash); at >= 0; at = this.#edges.next(hash, at)) {
      const child = this.#edges.slotAt(at);
      if (this.#cell(child, PARENT) === node && this.#cell(child, PART) === part) return child;
    }
    return NONE;
  }

  /** The node where a pattern ends; it is made when it is not there. */
  #nodeFor(pattern: string): number {
    const count = hashParts(pattern, parts);
    let node = ROOT;
    for (let depth = 0; depth < count; depth++) {
      const part = parts[depth] as number;
      const next = part === 0 ? this.#cell(node, ANY) : this.#child(node, part);
      node = next === NONE ? this.#newNode(node, part) : next;
    }
    return node;
  }

  #newNode(parent: number, part: number): number {
    const node = this.#freeNodes.pop() ?? this.#nodeCount++;
    if ((node + 1) * ROW > this.#nodes.length) {
      const larger = new Int32Array(2 * this.#nodes.length);
      larger.set(this.#nodes);
      this.#nodes = larger;
    }
    this.#nodes.set([parent, part, NONE, NONE, 0], node * ROW);
    if (parent === NONE) return node;
    this.#setCell(parent, NEEDED, this.#cell(parent, NEEDED) + 1);
    if (part === 0) this.#setCell(parent, ANY, node);
    else this.#edges.add(hashed(part, parent), node);
    return node;
  }

  /** Takes one need away from a node, and the node with its last one. */
  #release(node: number): void {
    const needed = this.#cell(node, NEEDED) - 1;
    this.#setCell(node, NEEDED, needed);
    if (needed > 0 || node === ROOT) return;
    const parent = this.#cell(node, PARENT);
    const part = this.#cell(node, PART);
    if (part === 0) this.#setCell(parent, ANY, NONE);
    else this.#edges.remove(hashed(part, parent), node);
    this.#freeNodes.push(node);
    this.#release(parent);
  }

  #unlink(node: number, slot: number): void {
    const next = this.#siblings[slot] as number;
    let at = this.#cell(node, PATTERN);
    if (at === slot) {
      this.#setCell(node, PATTERN, next);
      return;
    }
    while (this.#siblings[at] !== slot) at = this.#siblings[at] as number;
    this.#siblings[at] = next;
  }

  #cell(node: number, column: number): number {
    return this.#nodes[node * ROW + column] as number;
  }

  #setCell(node: number, column: number, value: number): void {
    this.#nodes[node * ROW + column] = value;
  }
}

interface Search<T> {
  /** Components of the URI. */
  readonly count: number;
  readonly found: T[];
  readonly limit: number;
}

const DOT = 0x2e;

/** Does a URI fall under a pattern? As `matchesUri()`, which is written for clarity, without taking either apart. */
function fits(uri: string, pattern: string): boolean {
  let at = 0;
  let begins = true;
  for (let index = 0; index <= pattern.length; index++) {
    const code = index === pattern.length ? DOT : pattern.charCodeAt(index);
    if (code === DOT && begins) while (at < uri.length && uri.charCodeAt(at) !== DOT) at++;
    if (index === pattern.length) break;
    if (at >= uri.length || uri.charCodeAt(at) !== code) return false;
    at++;
    begins = code === DOT;
  }
  return at === uri.length;
}
