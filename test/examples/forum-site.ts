import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../examples/forum/build-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = join(root, 'dist/cli/main.js');

/** What the services of the forum are called. */
export const SERVICES = ['login', 'posts', 'online', 'archive'] as const;

interface Entry {
  readonly process?: string;
  readonly state?: string;
  readonly msg?: string;
}

/** The forum as `npm start` runs it, on a free port and with posts of its own. */
export class ForumSite {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rocade-forum-'));
  /** Beside the real one, since all that it names is there; under another name, so that several can run. */
  readonly #file = join(root, `examples/forum/test-${process.pid}-${Math.random().toString(36).slice(2)}.json`);
  readonly entries: Entry[] = [];
  #manager: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #output = '';
  #waiting: (() => void)[] = [];
  url = '';

  /** Resolves when all services answer. */
  async start(): Promise<void> {
    await buildPage();
    writeFileSync(this.#file, readFileSync(join(root, 'examples/forum/rocade.json')));
    const manager = spawn(process.execPath, [command, 'start', this.#file], {
      env: { ...process.env, FORUM_LISTEN: 'ws://127.0.0.1:0', FORUM_DATABASE: join(this.#folder, 'forum.db') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#manager = manager;
    let rest = '';
    manager.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) this.entries.push(JSON.parse(line) as Entry);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
    this.#ended = once(manager, 'close').then(() => {
      this.#manager = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
    this.url = await this.until(() => /WAMP +(ws:\S+)/.exec(this.#output)?.[1]);
    await Promise.all(SERVICES.map((name) => this.ready(name)));
  }

  /** Resolves with the first answer that is not undefined, asked again whenever something is logged. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (!this.#manager) throw new Error(`the forum has ended:\n${this.#output}`);
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
  }

  /** How often has a process been ready? */
  starts(name: string): number {
    return this.entries.filter(({ process: one, state }) => one === name && state === 'ready').length;
  }

  async ready(name: string, times = 1): Promise<void> {
    await this.until(() => (this.starts(name) >= times ? true : undefined));
  }

  /** Ends a process without a chance to say goodbye; it stays away until `startService`. */
  async killService(name: string): Promise<void> {
    await this.rocade('stop', name);
  }

  async startService(name: string): Promise<void> {
    const before = this.starts(name);
    await this.rocade('restart', name);
    await this.ready(name, before + 1);
  }

  async pid(name: string): Promise<number> {
    const shown = JSON.parse(await this.rocade('ps', '--json')) as { process: string; pid: number }[];
    return shown.find(({ process: one }) => one === name)?.pid as number;
  }

  /** Stops everything; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const manager = this.#manager;
    manager?.kill('SIGTERM');
    await this.#ended;
    rmSync(this.#file, { force: true });
    rmSync(this.#folder, { recursive: true, force: true });
    return manager?.exitCode ?? null;
  }

  /** Runs a command on this site; throws when it fails. */
  async rocade(name: string, ...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [command, name, '--config', this.#file, ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`rocade ${name} ${args.join(' ')}: ${output}`);
    return output;
  }
}
