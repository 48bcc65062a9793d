import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Spool } from './spool.ts';

export interface RotatingFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** How many files that were put aside are kept: `path.1` is the youngest. */
  readonly keep: number;
  /** Hears that writing fails, as on a full disk, and that it works again. */
  readonly onTrouble: (message: string) => void;
}

const NEWLINE = 0x0a;

/** A file of output that is put aside at a certain size. */
export class RotatingFile {
  readonly spool: Spool;
  readonly #options: RotatingFileOptions;
  #limits: Pick<RotatingFileOptions, 'maxBytes' | 'keep'>;
  #handle: FileHandle | undefined;
  #isStale = false;
  #size = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.#limits = options;
    const { path, onTrouble } = options;
    this.spool = new Spool({
      append: (chunk) => this.#append(chunk),
      onFailure: ({ message }) =>
        onTrouble(`cannot write to ${path}: ${message}; output is lost until that works again`),
      onRecovery: (bytes) => onTrouble(`can write to ${path} again; ${bytes} bytes are lost`),
    });
  }

  /** From now on it is put aside at another size, or another number is kept. */
  limit(limits: Pick<RotatingFileOptions, 'maxBytes' | 'keep'>): void {
    this.#limits = limits;
  }

  /** What comes from now on goes to the file of that name, also when somebody else has put the present one aside. */
  reopen(): void {
    this.#isStale = true;
  }

  /** Resolves when all that was taken has been written, or dropped. */
  async close(): Promise<void> {
    await this.spool.flush();
    await this.#shut();
  }

  async #append(chunk: Buffer): Promise<void> {
    try {
      if (this.#isStale) await this.#shut();
      this.#isStale = false;
      await this.#open();
      let rest = chunk;
      if (this.#size > 0 && this.#size + chunk.length > this.#limits.maxBytes) {
        // The line that has been begun belongs to the file that is put aside.
        const end = chunk.indexOf(NEWLINE) + 1;
        await this.#put(chunk.subarray(0, end));
        rest = chunk.subarray(end);
        if (end > 0) await this.#putAside();
      }
      await this.#put(rest);
    } catch (error) {
      // The next attempt begins anew.
      await this.#shut();
      throw error;
    }
  }

  async #put(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    const handle = await this.#open();
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, at);
      at += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a', 0o640);
    this.#handle = handle;
    const { size } = await handle.stat();
    this.#size = size;
    return handle;
  }

  async #shut(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }

  async #putAside(): Promise<void> {
    const { path } = this.#options;
    const { keep } = this.#limits;
    await this.#shut();
    if (keep === 0) await rm(path, { force: true });
    for (let number = keep; number >= 1; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }
}
