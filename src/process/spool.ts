/** What waits to be written, in octets, before whoever writes is asked to wait. */
const MAX_WAITING = 262_144;

export interface SpoolOptions {
  /** Writes all of it; rejects when that is not possible. */
  readonly append: (chunk: Buffer) => Promise<void>;
  /** Hears of the first failure of a row, such as a full disk, and of the end of the row with what was lost. */
  readonly onFailure: (error: Error) => void;
  readonly onRecovery: (lostBytes: number) => void;
}

/**
 * Output on its way to where it is kept, one write at a time. What cannot be written is dropped and counted: a full disk
 * must stop neither the program that prints nor the one that writes.
 */
export class Spool {
  readonly #options: SpoolOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #drained: (() => void)[] = [];
  #lost = 0;
  #working: Promise<void> | undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** False when so much waits that the writer should pause until `drained`. */
  write(chunk: Buffer): boolean {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#working ??= this.#work();
    return this.#waitingBytes < MAX_WAITING;
  }

  drained(): Promise<void> {
    if (this.#waitingBytes < MAX_WAITING) return Promise.resolve();
    return new Promise((resolve) => void this.#drained.push(resolve));
  }

  /** Resolves when all that was taken has been written, or dropped. */
  async flush(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const chunk = Buffer.concat(this.#waiting.splice(0));
      try {
        await this.#options.append(chunk);
        if (this.#lost > 0) this.#options.onRecovery(this.#lost);
        this.#lost = 0;
      } catch (error) {
        if (this.#lost === 0) this.#options.onFailure(error as Error);
        this.#lost += chunk.length;
      }
      this.#waitingBytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
      for (const resolve of this.#drained.splice(0)) resolve();
    }
    this.#working = undefined;
  }
}
