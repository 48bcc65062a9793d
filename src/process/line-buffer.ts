/** One line that a process has printed. */
export interface LogLine {
  /** The process, such as `posts` or `posts.2`. */
  readonly process: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The last lines of a process, for those who ask later. */
export class LineBuffer {
  #capacity: number;
  readonly #onLine: (line: LogLine) => void;
  #lines: LogLine[] = [];

  /** `onLine` hears of each. */
  constructor(capacity: number, onLine: (line: LogLine) => void) {
    this.#capacity = capacity;
    this.#onLine = onLine;
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
    this.#onLine(line);
  }

  tail(count: number): LogLine[] {
    const kept = Math.min(count, this.#capacity);
    return kept === 0 ? [] : this.#lines.slice(-kept);
  }
}
