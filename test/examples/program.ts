import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Where the next program runs. */
let directory = root;

/** A Node program under test: what it prints, and how it ends. */
export class Program {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #printed: (() => void)[] = [];
  /** Once its output has ended too, which those that it has started write to as well: nobody is left over by then. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: string }>;
  output = '';

  /** `args` are Node's: options, a file of the repository, what that gets. */
  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const look of this.#printed) look();
      });
    }
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal, output: this.output }));
  }

  /** The same in another directory than the repository's. */
  static in(where: string, ...args: string[]): Program {
    directory = where;
    try {
      return new Program(...args);
    } finally {
      directory = root;
    }
  }

  /** Resolves with the match once that is printed; rejects when the program ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (match) resolve(match);
      };
      this.#printed.push(look);
      look();
    });
    const never = this.ended.then(() => {
      throw new Error(`ended without printing ${pattern}: ${this.output}`);
    });
    return Promise.race([found, never]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
