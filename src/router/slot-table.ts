const FIRST_SIZE = 16;

/**
 * Numbers by 32-bit hash, several of which may have the same one. Open addressing in typed arrays: of what is not there,
 * which is most of what is looked for, only an octet or two are read, and these stay in the processor's cache.
 */
export class SlotTable {
  /** Eight bits of the hash of what is at a place; 0 where there is nothing. */
  #tags = new Uint8Array(FIRST_SIZE);
  /** Pairs: a hash and a slot. */
  #cells = new Int32Array(2 * FIRST_SIZE);
  #mask = FIRST_SIZE - 1;
  #count = 0;

  add(hash: number, slot: number): void {
    if (++this.#count > this.#mask * 0.6) this.#grow();
    this.#put(hash, slot);
  }

  remove(hash: number, slot: number): void {
    for (let at = this.first(hash); at >= 0; at = this.next(hash, at)) {
      if (this.slotAt(at) !== slot) continue;
      this.#count--;
      this.#closeGap(at);
      return;
    }
  }

  /** A place with this hash; -1 when there is none. {@link next} gives the others. */
  first(hash: number): number {
    return this.#seek(hash, hash & this.#mask);
  }

  next(hash: number, at: number): number {
    return this.#seek(hash, (at + 1) & this.#mask);
  }

  slotAt(at: number): number {
    return this.#cells[2 * at + 1] as number;
  }

  #seek(hash: number, from: number): number {
    const tags = this.#tags;
    const tag = tagOf(hash);
    for (let at = from; ; at = (at + 1) & this.#mask) {
      const there = tags[at];
      if (there === 0) return -1;
      if (there === tag && this.#cells[2 * at] === hash) return at;
    }
  }

  #put(hash: number, slot: number): void {
    let at = hash & this.#mask;
    while (this.#tags[at] !== 0) at = (at + 1) & this.#mask;
    this.#set(at, hash, slot);
  }

  #set(at: number, hash: number, slot: number): void {
    this.#tags[at] = tagOf(hash);
    this.#cells[2 * at] = hash;
    this.#cells[2 * at + 1] = slot;
  }

  /** Moves back what stands behind a gap because its own place was taken, so that no search stops too soon. */
  #closeGap(gap: number): void {
    let hole = gap;
    for (let at = (hole + 1) & this.#mask; this.#tags[at] !== 0; at = (at + 1) & this.#mask) {
      const hash = this.#cells[2 * at] as number;
      // Does its home lie behind the hole? Then it cannot go there.
      if (((at - hash) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#set(hole, hash, this.slotAt(at));
      hole = at;
    }
    this.#tags[hole] = 0;
  }

  #grow(): void {
    const [tags, cells] = [this.#tags, this.#cells];
    const size = 2 * tags.length;
    this.#mask = size - 1;
    this.#tags = new Uint8Array(size);
    this.#cells = new Int32Array(2 * size);
    for (let at = 0; at < tags.length; at++)
      if (tags[at] !== 0) this.#put(cells[2 * at] as number, cells[2 * at + 1] as number);
  }
}

/** Bits that say nothing of the place. */
function tagOf(hash: number): number {
  return hash >>> 24 || 1;
}
