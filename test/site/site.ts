import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The command, as it was built. */
export const command = join(root, 'dist/cli/main.js');

/** A line of the log, as far as tests look at it. */
export interface Entry {
  readonly process?: string;
  readonly state?: string;
  readonly stream?: string;
  readonly pid?: number;
  readonly msg?: string;
  readonly level?: string;
}

/** One line of `rocade ps --json`. */
export interface Shown {
  readonly process: string;
  readonly state: string;
  readonly pid?: number;
  readonly starts: number;
  readonly reason?: string;
  readonly memoryBytes?: number;
  readonly lastEnd?: { readonly code: number | null; readonly signal: string | null };
}

/** A folder with a site in it, which `rocade start` runs. */
export class Site {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'rocade-site-')));
  readonly entries: Entry[] = [];
  output = '';
  manager: ChildProcess | undefined;
  ended: Promise<number | null> = Promise.resolve(null);
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(configuration: object | string, files: Readonly<Record<string, string>> = {}) {
    this.configure(configuration);
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  configure(configuration: object | string): void {
    const value = typeof configuration === 'string' ? configuration : JSON.stringify(configuration, null, 2);
    this.write('rocade.json', value);
  }

  write(name: string, text: string, mode = 0o644): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  start(environment: Readonly<Record<string, string>> = {}): this {
    this.#over = false;
    const manager = spawn(process.execPath, [command, 'start', 'rocade.json'], {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.manager = manager;
    let rest = '';
    const hear = (text: string): void => {
      this.output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) this.entries.push(JSON.parse(line) as Entry);
      this.#wake();
    };
    manager.stdout.setEncoding('utf8').on('data', hear);
    manager.stderr.setEncoding('utf8').on('data', hear);
    this.ended = once(manager, 'close').then(([code]) => {
      this.#over = true;
      this.#wake();
      return code as number | null;
    });
    return this;
  }

  /** Resolves with the first answer of `look` that is not undefined, asked again whenever something is printed. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#over) throw new Error(`the manager has ended:\n${this.output}`);
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
  }

  /** The line number `nth` of the log that tells this of a process. */
  entry(process: string, wanted: Partial<Entry>, nth = 1): Promise<Entry> {
    return this.until(
      () =>
        this.entries.filter(
          (entry) =>
            entry.process === process &&
            Object.entries(wanted).every(([key, value]) => entry[key as keyof Entry] === value),
        )[nth - 1],
    );
  }

  state(process: string, state: string, nth = 1): Promise<Entry> {
    return this.entry(process, { state }, nth);
  }

  /** What a process has printed, once it matches. */
  said(process: string, pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => {
      for (const entry of this.entries) {
        const match = entry.process === process && entry.stream !== undefined && pattern.exec(entry.msg ?? '');
        if (match) return match;
      }
      return undefined;
    });
  }

  /** The address of the router for this machine. */
  async url(): Promise<string> {
    return this.until(() => /WAMP +(ws:\S+)/.exec(this.output)?.[1]);
  }

  /** The command with other arguments, as it runs. */
  command(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
    return spawn(process.execPath, [command, ...args], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The same, to its end. */
  async rocade(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const child = this.command(...args);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  async ps(): Promise<ReadonlyMap<string, Shown>> {
    const { output } = await this.rocade('ps', '--json');
    return new Map((JSON.parse(output) as Shown[]).map((shown) => [shown.process, shown]));
  }

  async pid(process: string): Promise<number> {
    const shown = (await this.ps()).get(process);
    if (shown?.pid === undefined) throw new Error(`'${process}' has no process: ${JSON.stringify(shown)}`);
    return shown.pid;
  }

  /** Ends whatever is left, and removes the folder. */
  async remove(): Promise<void> {
    this.manager?.kill('SIGKILL');
    await this.ended;
    await gone(this.survivors());
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything that lives and was started in the folder of this site, the manager aside. */
  survivors(): number[] {
    return allPids().filter(
      (pid) =>
        pid !== this.manager?.pid &&
        read(`/proc/${pid}/environ`).includes('ROCADE_MANAGER=') &&
        cwdOf(pid) === this.folder &&
        isAlive(pid),
    );
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Waits until none of these processes lives. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setImmediate(resolve));
}

/** A process that has ended and whom nobody has asked about is none. */
export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function cwdOf(pid: number): string {
  try {
    return realpathSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/**
 * A site for the test that asks for it: nothing of it is left at the end of that. On a port of its own, unless it is given as
 * the text of the file.
 */
export function site(configuration: object | string, files: Readonly<Record<string, string>> = {}): Site {
  const isText = typeof configuration === 'string';
  const made = new Site(isText ? configuration : { router: { listen: 'ws://127.0.0.1:0' }, ...configuration }, files);
  onTestFinished(() => made.remove());
  return made;
}

/** A guest that runs a script in Node. */
export function node(name: string, script: string, more: object = {}): object {
  return { type: 'guest', name, executable: process.execPath, arguments: ['--eval', script], ...more };
}

/** A guest that stays. */
export const IDLE = 'setInterval(() => {}, 1e6)';
/** A worker that answers. */
export const GREETER = `export default async (client) => {
  await client.register('hello.greet', ([name]) => 'Hello, ' + name + '!');
};`;
