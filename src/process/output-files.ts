import { RotatingFile } from './rotating-file.ts';

type Limits = Parameters<RotatingFile['limit']>[0];

/** The files that output goes to, each once, however many processes write to it. */
export class OutputFiles {
  readonly #files = new Map<string, RotatingFile>();
  readonly #onTrouble: (message: string) => void;

  constructor(onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /** `file` is an absolute path. The limits are those that were given last. */
  at({ file: path, ...limits }: { readonly file: string } & Limits): RotatingFile {
    const known = this.#files.get(path);
    known?.limit(limits);
    if (known) return known;
    const made = new RotatingFile({ path, ...limits, onTrouble: this.#onTrouble });
    this.#files.set(path, made);
    return made;
  }

  /** Opens each again at its next line. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
