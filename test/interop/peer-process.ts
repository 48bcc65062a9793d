import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The folder of the interop tests; commands of peers run in it. */
export const interopFolder = fileURLToPath(new URL('.', import.meta.url));

// The peer runs on a leash: when the test closes the shell's descriptor 3, or is gone for whatever reason, the whole
// process group is told to end, and made to after five seconds. What the peer leaves behind ends with it.
const leash = `
exec 4<&0
trap : TERM
"$@" <&4 3<&- 4<&- &
child=$!
{ trap '' TERM; cat <&3 >/dev/null; kill -TERM 0; sleep 5; kill -KILL 0; } 4<&- &
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
echo "exit status $status" >&2
kill -KILL 0
`;

/** How long a peer may take to say that it is ready. */
const readyMs = 60_000;
/** How much of what a peer printed is kept to be shown when a test fails. */
const keptOutput = 64_000;

type Line = (line: string) => void;
type Leashed = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program under test: its lines of output, its standard input, its end. */
export class PeerProcess {
  readonly name: string;
  readonly ended: Promise<void>;
  #child: Leashed;
  #output = '';
  #listeners = new Set<Line>();
  #over = false;

  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#child = spawn('/bin/sh', ['-c', leash, 'leash', ...command], {
      cwd: interopFolder,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    }) as unknown as Leashed;
    this.ended = once(this.#child, 'close').then(() => {
      this.#over = true;
    });
    for (const stream of [this.#child.stdin, this.#child.stdio[3] as unknown as Writable]) {
      stream.on('error', () => {}); // the peer went first; its end says so
    }
    this.#readLines(this.#child.stdout);
    this.#readLines(this.#child.stderr);
  }

  /** What the peer has printed, its last part. */
  get output(): string {
    return `--- output of ${this.name} ---\n${this.#output}`;
  }

  onLine(listener: Line): void {
    this.#listeners.add(listener);
  }

  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Resolves when a line contains `text`; rejects with the output when the peer ends first or takes too long. */
  async ready(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} was not ready in time\n${this.output}`)), readyMs);
      const listener: Line = (line) => {
        if (!line.includes(text)) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
      void this.ended.then(() => {
        clearTimeout(timer);
        reject(new Error(`${this.name} ended before it was ready\n${this.output}`));
      });
    });
  }

  /** Ends the peer and everything it started. */
  async stop(): Promise<void> {
    (this.#child.stdio[3] as unknown as Writable).destroy();
    await this.ended;
  }

  /** Ends the peer in the middle of whatever it does, with no chance to say goodbye. */
  async kill(): Promise<void> {
    if (!this.#over && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.ended;
  }

  #readLines(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      this.#output = (this.#output + chunk).slice(-keptOutput);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) for (const listener of this.#listeners) listener(line);
    });
  }
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
