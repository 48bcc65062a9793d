import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { toError } from '../base/index.ts';
import { groupLives, killMarked, signalGroup } from './group.ts';
import { outputEnded } from './output.ts';
import { MARK, type Watchdog } from './watchdog.ts';

/** What is handed to the system. */
export interface Launch {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** A channel for messages, to programs of ours. */
  readonly ipc: boolean;
  /** What stands in its standard input; undefined for nothing. */
  readonly stdin?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly stdout: 'pipe' | 'ignore' | 'inherit';
  readonly stderr: 'pipe' | 'ignore' | 'inherit';
}

/** How a process has ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  readonly error?: string;
}

/** How long output may take to come out of the pipes of a process that has ended. */
const OUTPUT_TIMEOUT_MS = 1000;
const GROUP_POLL_MS = 50;

/** One process of the system with all that it starts: a group of its own, which ends as a whole. */
export class Child {
  readonly #child: ChildProcess;
  readonly #watchdog: Watchdog;
  readonly #mark: string;
  /** Until when what it has started may go on, once it has been told to stop. Of a clock that nobody sets. */
  #patience: number | undefined;
  /** Resolves when it has ended, with everything that it had started. Never rejects. */
  readonly ended: Promise<ChildEnd>;

  constructor(launch: Launch, watchdog: Watchdog, id: { readonly manager: string; readonly run: string }) {
    this.#watchdog = watchdog;
    this.#mark = `ROCADE_RUN=${id.run}`;
    const { executable, args, env, cwd, ipc, stdin, uid, gid, stdout, stderr } = launch;
    this.#child = spawn(executable, [...args], {
      cwd,
      env: { ...env, [MARK]: id.manager, ROCADE_RUN: id.run },
      detached: true,
      shell: false,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', stdout, stderr, ...(ipc ? (['ipc'] as const) : [])],
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
    const { pid } = this.#child;
    if (pid !== undefined) watchdog.began(pid);
    this.ended = this.#wait();
    // A program that does not read what it is given, or has no channel any more.
    this.#child.stdin?.on('error', () => {}).end(stdin);
    this.#child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get streams(): Pick<ChildProcess, 'stdout' | 'stderr'> {
    return this.#child;
  }

  send(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on('message', listener);
  }

  /** Sends a signal to it and to what it has started; what has not ended after `graceMs` is ended by SIGKILL. */
  stop(signal: NodeJS.Signals, graceMs: number): void {
    if (this.pid === undefined) return;
    this.#patience ??= performance.now() + graceMs;
    signalGroup(this.pid, signal);
    const timer = setTimeout(() => this.kill(), graceMs);
    void this.ended.then(() => clearTimeout(timer));
  }

  /** Ends it and what it has started, at once. */
  kill(): void {
    this.#patience = 0;
    if (this.pid !== undefined) signalGroup(this.pid, 'SIGKILL');
  }

  async #wait(): Promise<ChildEnd> {
    const child = this.#child;
    const end = await new Promise<ChildEnd>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.on('error', (error) => {
        // Also told of messages that could not be sent; only one without a process has not been started.
        if (child.pid === undefined) resolve({ code: null, signal: null, error: toError(error).message });
      });
    });
    if (child.pid !== undefined) {
      // What it has started may finish in the time that it was given itself; else it ends with it.
      while (performance.now() < (this.#patience ?? 0) && groupLives(child.pid)) await delay(GROUP_POLL_MS);
      signalGroup(child.pid, 'SIGKILL');
      killMarked(this.#mark);
      this.#watchdog.ended(child.pid);
    }
    const outputs = [child.stdout, child.stderr].flatMap((stream) => (stream ? [outputEnded(stream)] : []));
    await Promise.race([Promise.all(outputs), delay(OUTPUT_TIMEOUT_MS, undefined, { ref: false })]);
    return end;
  }
}
