import { inspect } from 'node:util';
import { Result, type WampError } from '../index.ts';

/** Whether what is written is for people with colours: a terminal, and nobody has said NO_COLOR. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && stream.hasColors();
}

/** Writes a line to standard output. */
export function print(line: string): void {
  write(`${line}\n`);
}

/** Writes a text to standard output as it is. */
export function write(text: string): void {
  if (process.stdout.listenerCount('error') === 0)
    process.stdout.on('error', (error: Error) => {
      outputFailed(error);
      process.exit();
    });
  process.stdout.write(text);
}

/** Whoever reads the output, such as head, may have had enough of it. Anything else, such as a full disk, is a failure. */
export function outputFailed({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`rocade: cannot write the output: ${message}\n`);
  process.exitCode = 1;
}

/** Is JSON asked for? What follows `--` is for somebody else. */
export function wantsJson(): boolean {
  const { argv } = process;
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

/** A value as one line of JSON. What JSON has not, such as octets, is written as WAMP's JSON has it. */
export function toJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_name, inner: unknown) => {
    if (inner instanceof Uint8Array) return `\u0000${Buffer.from(inner).toString('base64')}`;
    return typeof inner === 'bigint' ? inner.toString() : inner;
  });
}

/** Several values, or such with names, as an object of these. */
export function plain(value: unknown): unknown {
  return value instanceof Result ? { args: value.args, kwargs: value.kwargs } : value;
}

/** The outcome of a call: with `--json` one line of JSON, else a text bare, nothing for nothing, and anything else as it reads best. */
export function showResult(value: unknown, json: boolean | undefined): string | undefined {
  const shown = plain(value);
  if (json) return toJson(shown);
  if (shown === undefined) return undefined;
  if (typeof shown === 'string') return shown;
  if (!process.stdout.isTTY) return toJson(shown);
  return inspect(shown, {
    colors: hasColours(process.stdout),
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
  });
}

/** One sentence for people; with `--json`, what a program can read. */
export function showError(error: Error, json: boolean | undefined): string {
  if (!json) return `rocade: ${error.message}`;
  const { uri, args, kwargs } = error as Partial<WampError>;
  return toJson({ error: error.message, code: (error as { code?: string }).code, uri, args, kwargs });
}

/** A table, its columns as wide as they need to be; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, String(cell).length)),
    [],
  );
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, at) =>
        typeof cell === 'number' ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** `text` in bold where there are colours. */
export function bold(text: string): string {
  return hasColours(process.stdout) ? `\u001b[1m${text}\u001b[22m` : text;
}
