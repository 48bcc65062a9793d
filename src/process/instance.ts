import { type Clock, Emitter, onAbort, toError } from '../base/index.ts';
import { Child, type ChildEnd } from './child.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { FromChild } from './messages.ts';
import { takeOutput } from './output.ts';
import type { Part, Prepared } from './part.ts';
import { Pulse } from './pulse.ts';
import { becomesReady } from './readiness.ts';
import { Restarts } from './restarts.ts';
import type { RotatingFile } from './rotating-file.ts';
import type { SiteLog } from './site-log.ts';
import type { Watchdog } from './watchdog.ts';

/**
 * `waiting` for others, `starting`, `ready`, `stopping`, `backoff` before the next start, and four in which there is no
 * process: `stopped` by somebody, `over` as it has ended by itself, `failed` for good, `left-out` as it cannot be run here.
 */
export type State =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'stopping'
  | 'backoff'
  | 'stopped'
  | 'over'
  | 'failed'
  | 'left-out';

/** One process, as it is shown. Times are milliseconds since 1970. */
export interface ProcessInfo {
  readonly process: string;
  readonly type: Part['type'];
  readonly state: State;
  readonly since: number;
  readonly starts: number;
  readonly pid?: number;
  readonly memoryBytes?: number;
  /** Why it is in this state, where that is worth a word. */
  readonly reason?: string;
  /** How it ended the last time. */
  readonly lastEnd?: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly time: number;
    /** Why it was ended from here, when it was not asked for. */
    readonly reason?: string;
  };
}

/** What an instance needs of its manager. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly watchdog: Watchdog;
  readonly managerId: string;
  readonly log: SiteLog;
  readonly nextRun: () => string;
  /** Names of those that the part comes after and that are not ready. */
  readonly missing: (part: Part) => readonly string[];
  /** Resolves when all that the part comes after is ready. */
  readonly gate: (part: Part, signal: AbortSignal) => Promise<void>;
  readonly fileFor: (target: {
    readonly file: string;
    readonly maxBytes: number;
    readonly keep: number;
  }) => RotatingFile;
}

/** One process of a part over all its starts. */
export class Instance {
  readonly id: string;
  readonly part: Part;
  readonly buffer: LineBuffer;
  readonly events = new Emitter<{ state: [info: ProcessInfo] }>(() => {});
  readonly #around: Surroundings;
  readonly #restarts: Restarts;
  #state: State = 'stopped';
  #since = Date.now();
  #starts = 0;
  #reason: string | undefined;
  #lastEnd: ProcessInfo['lastEnd'];
  #child: Child | undefined;
  /** Why the process is being ended from here, when it is to come back. */
  #forced: string | undefined;
  #isWanted = false;
  #retired = false;
  #life: { readonly over: Promise<void>; readonly abort: AbortController } | undefined;

  constructor({ id, buffer }: Pick<Instance, 'id' | 'buffer'>, part: Part, around: Surroundings) {
    this.id = id;
    this.part = part;
    this.buffer = buffer;
    this.#around = around;
    this.#restarts = new Restarts(part.restart, around.clock, around.random);
  }

  get state(): State {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  info(memoryBytes?: number): ProcessInfo {
    const pid = this.pid;
    const missing = this.#state === 'waiting' ? this.#around.missing(this.part) : [];
    const reason = missing.length > 0 ? `for ${missing.join(', ')}` : this.#reason;
    return {
      process: this.id,
      type: this.part.type,
      state: this.#state,
      since: this.#since,
      starts: this.#starts,
      ...(pid !== undefined && { pid }),
      ...(memoryBytes !== undefined && { memoryBytes }),
      ...(reason !== undefined && { reason }),
      ...(this.#lastEnd && { lastEnd: this.#lastEnd }),
    };
  }

  /** Is it to run? Not before it was started, nor once somebody has stopped it. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Starts it, unless it lives already. */
  start(): void {
    if (this.#life || this.#retired) return;
    this.#isWanted = true;
    this.#restarts.forget();
    const abort = new AbortController();
    const over = this.#live(abort.signal).finally(() => {
      this.#life = undefined;
    });
    this.#life = { over, abort };
  }

  /** Resolves when it has ended, with everything that it has started. */
  stop(): Promise<void> {
    this.#isWanted = false;
    return this.#halt();
  }

  /** The same, of one that is to be started again; false when somebody has stopped it meanwhile. */
  async pause(): Promise<boolean> {
    this.#isWanted = true;
    await this.#halt();
    return this.#isWanted;
  }

  /** Stops it for good: others take its place, and whoever was about to start it again must not. */
  retire(): Promise<void> {
    this.#retired = true;
    return this.#halt();
  }

  /** Ends it at once, and with it what it has started. */
  kill(): void {
    this.#child?.kill();
  }

  /** Ends it for a reason of ours, at once where it cannot hear of it; it comes back as its rules say. */
  end(reason: string, { atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    // Somebody who stops it has been quicker.
    if (this.#state === 'stopping') return;
    this.#forced = reason;
    this.#endChild();
    if (atOnce) this.kill();
  }

  send(message: object): void {
    this.#child?.send(message);
  }

  async #halt(): Promise<void> {
    const life = this.#life;
    life?.abort.abort();
    await life?.over;
    if (!life && this.#state !== 'stopped') this.#enter('stopped');
  }

  async #live(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      this.#enter('waiting');
      await this.#around.gate(this.part, stopped);
      if (stopped.aborted) break;
      const prepared = await this.#prepare(stopped);
      if (!prepared) break;
      if ('problem' in prepared) {
        this.#enter(this.part.optional ? 'left-out' : 'failed', prepared.problem);
        return;
      }
      const how = await this.#once(prepared, stopped);
      if (stopped.aborted) break;
      const verdict = this.#restarts.ended(how.failed);
      if (verdict === 'over' || verdict === 'failed') {
        this.#enter(verdict, how.text);
        return;
      }
      this.#enter('backoff', `${how.text}; starts again in ${verdict.restartIn} ms`);
      await this.#wait(verdict.restartIn, stopped);
    }
    this.#enter('stopped');
  }

  /** Undefined when it was told to stop meanwhile: the router, which has to hear of it, may be stuck. */
  async #prepare(stopped: AbortSignal): Promise<Prepared | { readonly problem: string } | undefined> {
    const preparing = this.part.prepare(this.id).catch((error: unknown) => ({ problem: toError(error).message }));
    let forget = (): void => {};
    const told = new Promise<undefined>((resolve) => {
      forget = onAbort(stopped, () => resolve(undefined));
    });
    const prepared = await Promise.race([preparing, told]);
    forget();
    if (prepared && !stopped.aborted) return prepared;
    void preparing.then((late) => {
      if ('release' in late) late.release();
    });
    return undefined;
  }

  /** From one start to its end. */
  async #once(prepared: Prepared, stopped: AbortSignal): Promise<{ readonly failed: boolean; readonly text: string }> {
    const { watchdog, managerId, nextRun } = this.#around;
    this.#forced = undefined;
    this.#starts++;
    this.#restarts.started();
    let child: Child;
    try {
      child = new Child(prepared.launch, watchdog, { manager: managerId, run: nextRun() });
    } catch (error) {
      prepared.release();
      return { failed: true, text: `cannot be started: ${toError(error).message}` };
    }
    this.#child = child;
    this.#enter('starting');
    const forgetStop = onAbort(stopped, () => this.#endChild());
    const lastWords = this.#attend(child, prepared);
    const end = await child.ended;
    forgetStop();
    prepared.release();
    this.#child = undefined;
    const { code, signal } = end;
    const reason = this.#forced;
    if (end.error === undefined)
      this.#lastEnd = { code, signal, time: Date.now(), ...(reason !== undefined && { reason }) };
    const text = this.#forced ?? lastWords() ?? endText(end);
    return { failed: this.#forced !== undefined || end.code !== 0, text };
  }

  /** Listens to a process, and notes when it is ready. The function returned tells its last words, if it had any. */
  #attend(child: Child, prepared: Prepared): () => string | undefined {
    const lineListeners: ((text: string) => void)[] = [];
    let words: string | undefined;
    let pulse: Pulse | undefined;
    let say = (): void => {};
    const said = new Promise<void>((resolve) => {
      say = resolve;
    });
    child.onMessage((raw) => {
      // The modules of a worker may send what they like.
      if (typeof raw !== 'object' || raw === null) return;
      const message = raw as FromChild;
      if (message.type === 'ready') say();
      if (message.type === 'failed') words = message.message;
      if (message.type === 'pong') pulse?.heard();
      prepared.onMessage?.(message, (answer) => child.send(answer));
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      const source = child.streams[stream];
      const target = this.part[stream];
      if (!source || target === 'inherit') continue;
      takeOutput(source, {
        process: this.id,
        stream,
        target,
        log: this.#around.log,
        buffer: this.buffer,
        onLine: (text) => {
          for (const listener of lineListeners) listener(text);
        },
        ...(typeof target === 'object' && { file: this.#around.fileFor(target) }),
      });
    }
    if (prepared.hello) child.send(prepared.hello);
    prepared.onStart?.((message) => child.send(message));

    const gone = new AbortController();
    void child.ended.then(() => gone.abort());
    const { ready, readyTimeout } = this.part;
    const signs = {
      said,
      onLine: (listener: (text: string) => void) => void lineListeners.push(listener),
      isRegistered: (procedure: string) => this.part.isRegistered(procedure),
    };
    const cancelTimer =
      readyTimeout === 0 || ready === 'ended'
        ? () => {}
        : this.#around.clock.after(readyTimeout, () => this.end(`was not ready within ${readyTimeout} ms`));
    gone.signal.addEventListener('abort', cancelTimer);
    void becomesReady(ready, signs, gone.signal).then(() => {
      cancelTimer();
      if (this.#child !== child || gone.signal.aborted || this.#state !== 'starting') return;
      this.#enter('ready');
      if (this.part.hangTimeout > 0) pulse = this.#feel(child, gone.signal);
    });
    return () => words;
  }

  /** Sees to it that a program of ours does not hang. It would not hear a signal. */
  #feel(child: Child, gone: AbortSignal): Pulse {
    const { hangTimeout: timeoutMs } = this.part;
    const pulse = new Pulse({
      clock: this.#around.clock,
      timeoutMs,
      ask: () => child.send({ type: 'ping' }),
      onStill: () => {
        if (this.#state === 'ready') this.end(`its event loop has stood still for ${timeoutMs} ms`, { atOnce: true });
      },
    });
    gone.addEventListener('abort', () => pulse.end());
    return pulse;
  }

  /** Asks the process to end, and makes it when its time is over. */
  #endChild(): void {
    if (!this.#child) return;
    const { signal, grace } = this.part.stop;
    this.#enter('stopping', this.#forced);
    this.#child.stop(signal, grace);
  }

  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#around.clock.after(delayMs, () => {
        forget();
        resolve();
      });
      const forget = onAbort(signal, () => {
        cancel();
        resolve();
      });
    });
  }

  #enter(state: State, reason?: string): void {
    this.#state = state;
    this.#since = Date.now();
    this.#reason = reason;
    this.events.emit('state', this.info());
  }
}

/** Why it is in its state, without what follows from that. */
export function causeOf({ reason }: ProcessInfo): { readonly reason?: string } {
  return reason === undefined ? {} : { reason: reason.replace(/; starts again in .*/, '') };
}

function endText({ code, signal, error }: ChildEnd): string {
  if (error !== undefined) return `could not be started: ${error}`;
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
