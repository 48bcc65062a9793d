import { type ChildProcess, spawn } from 'node:child_process';
import { killMarked } from './group.ts';
import { type Program, programArgs } from './programs.ts';

/** The name of the variable that every process of a site carries, with its manager's id: see `watchdog-main.ts`. */
export const MARK = 'ROCADE_MANAGER';

const RESTART_MS = 1000;

/** The manager's side of the watchdog: tells it of every process group. When it is ended by somebody, there is a new one. */
export class Watchdog {
  readonly #id: string;
  readonly #groups = new Set<number>();
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(id: string) {
    this.#id = id;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  began(pid: number): void {
    this.#groups.add(pid);
    this.#tell(`+${pid}`);
  }

  ended(pid: number): void {
    this.#groups.delete(pid);
    this.#tell(`-${pid}`);
  }

  /** Ends what is left, which is nothing after an orderly stop, and then the watchdog. */
  close(): Promise<void> {
    this.#closed = true;
    killMarked(`${MARK}=${this.#id}`);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.stdin?.end();
    });
  }

  #start(): void {
    const program: Program = 'watchdog';
    const child = spawn(process.execPath, [...programArgs(program), `${MARK}=${this.#id}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // In a group of its own, so that what is sent to the manager's does not reach it.
      detached: true,
      env: {},
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    child.on('error', () => {});
    const began = performance.now();
    child.once('exit', () => {
      // One that cannot run at all must not keep the machine busy.
      const delay = performance.now() - began < RESTART_MS ? RESTART_MS : 0;
      setTimeout(() => {
        if (!this.#closed) this.#start();
      }, delay).unref();
    });
    for (const pid of this.#groups) this.#tell(`+${pid}`);
  }

  #tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }
}
