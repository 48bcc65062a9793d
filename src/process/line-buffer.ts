/** One line that a process has printed. */
export interface LogLine {
  /** The process, such as `posts` or `posts.2`. */
  readonly process: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The last lines of a process, for those who ask later, and all further ones for those who wait. */
export class LineBuffer {
  #capacity: number;
  readonly #listeners = new Set<(line: LogLine) => void>();
  #lines: LogLine[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** So many lines are kept from now on. */
  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#lines = this.tail(capacity);
  }

  add(line: LogLine): void {
    this.#lines.push(line);
    // Not at every line, as all of them move.
    if (this.#lines.length >= 2 * this.#capacity) this.#lines = this.tail(this.#capacity);
    for (const listener of this.#listeners) listener(line);
  }

  tail(count: number): LogLine[] {
    const kept = Math.min(count, this.#capacity);
    return kept === 0 ? [] : this.#lines.slice(-kept);
  }

  follow(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
