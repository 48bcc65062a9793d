import { spawn } from 'node:child_process';
import { WampError } from '../index.ts';

/** What a program gets and how long it may take. */
export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input: string;
  /** Ends it: SIGTERM, and SIGKILL when it is still there after a while. */
  readonly signal: AbortSignal;
  readonly env?: { readonly [name: string]: string };
  /** Gets each line when it is there, and returns whether it is done with it; what it is not counts as output. */
  readonly onLine?: (line: string) => boolean;
}

/** Octets of the longest output that is taken. */
const MAX_OUTPUT = 16 * 1024 * 1024;
const GRACE_MS = 5000;
const NEWLINE = Buffer.from('\n');

/** Process groups that run; none of them outlives this process. */
const groups = new Set<number>();
const killAll = (): void => {
  for (const group of groups) kill(group, 'SIGKILL');
};

/**
 * Runs a program, without a shell, and resolves with what it writes to standard output. Rejects with a `WampError` when it
 * cannot be started, fails, or writes too much: what the caller then gets.
 */
export function runProgram({ command, args, input, signal, env, onLine }: ProgramOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that what it starts is stopped with it.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const output: Buffer[] = [];
    let size = 0;
    let errors = '';
    let hardTimer: NodeJS.Timeout | undefined;
    // Undefined when it could not be started.
    const group = child.pid ?? 0;
    if (groups.size === 0) process.on('exit', killAll);
    groups.add(group);
    const stop = (): void => {
      kill(group, 'SIGTERM');
      hardTimer ??= setTimeout(() => kill(group, 'SIGKILL'), GRACE_MS);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const take = (octets: Buffer): void => {
      size += octets.length;
      if (size <= MAX_OUTPUT) output.push(octets);
      else stop();
    };
    const hand = (line: Buffer): void => {
      if (onLine?.(line.toString('utf8'))) return;
      take(line);
      take(NEWLINE);
    };
    let begun: Buffer = Buffer.alloc(0);
    child.stdout.on('data', (part: Buffer) => {
      if (!onLine) return take(part);
      const parts = splitLines(Buffer.concat([begun, part]));
      begun = parts.pop() ?? begun;
      for (const line of parts) hand(line);
      if (begun.length > MAX_OUTPUT) take(begun);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // For whoever runs the command; the caller gets the last line of a failure.
      process.stderr.write(text);
      errors = (errors + text).slice(-4096);
    });
    // One that ends without reading its input is within its rights.
    child.stdin.on('error', () => {}).end(input);
    child.on('error', (error) => reject(failed(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, killedBy) => {
      groups.delete(group);
      if (groups.size === 0) process.off('exit', killAll);
      signal.removeEventListener('abort', stop);
      clearTimeout(hardTimer);
      if (onLine && begun.length > 0) hand(begun);
      if (size > MAX_OUTPUT) reject(failed(`${command} wrote more than ${MAX_OUTPUT} octets`));
      else if (code === 0) resolve(Buffer.concat(output).toString('utf8'));
      else {
        const lastLine = errors.trimEnd().split('\n').at(-1);
        reject(
          failed(lastLine || `${command} ended with ${killedBy ?? `exit code ${code}`}`, {
            exit_code: code,
            signal: killedBy,
          }),
        );
      }
    });
  });
}

/** What stands between line breaks; the last one is not complete, or empty. */
function splitLines(octets: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = octets.indexOf(10); end >= 0; end = octets.indexOf(10, start)) {
    lines.push(octets.subarray(start, octets[end - 1] === 13 ? end - 1 : end));
    start = end + 1;
  }
  return [...lines, octets.subarray(start)];
}

function kill(group: number, name: NodeJS.Signals): void {
  if (group === 0) return;
  try {
    process.kill(-group, name);
  } catch {
    // It has ended already.
  }
}

function failed(message: string, kwargs: { readonly [name: string]: unknown } = {}): WampError {
  return new WampError('rocade.error.program_failed', [message], kwargs);
}
