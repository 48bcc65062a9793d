import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { OutputConfig } from '../config/index.ts';
import type { LineBuffer, LogLine } from './line-buffer.ts';
import { Lines } from './lines.ts';
import type { RotatingFile } from './rotating-file.ts';
import type { SiteLog } from './site-log.ts';
import type { Spool } from './spool.ts';

/** Takes what a process prints to where it is configured to go, and no faster than that can take it. */
export interface OutputOptions {
  readonly process: string;
  readonly stream: LogLine['stream'];
  readonly target: Exclude<OutputConfig, 'inherit'>;
  readonly log: SiteLog;
  readonly buffer: LineBuffer;
  /** Hears each line, wherever it goes. */
  readonly onLine: (text: string) => void;
  /** The file, with its path resolved; shared by those that write to the same one. */
  readonly file?: RotatingFile;
}

export function takeOutput(source: Readable, options: OutputOptions): void {
  const { process, stream, target, log, buffer, onLine, file } = options;
  let full: SiteLog | Spool | undefined;
  const lines = new Lines((text) => {
    onLine(text);
    if (target === 'drop') return;
    const line = { process, stream, text, time: Date.now() };
    buffer.add(line);
    if (target === 'log' && !log.line(line)) full = log;
  });
  const wait = async (): Promise<void> => {
    source.pause();
    await full?.drained();
    full = undefined;
    source.resume();
  };
  source.on('data', (chunk: Buffer) => {
    lines.write(chunk);
    if (file && !file.spool.write(chunk)) full = file.spool;
    if (full) void wait();
  });
  source.on('end', () => lines.end());
  // A pipe that breaks is at its end.
  source.on('error', () => {});
}

/** Resolves when nothing more will come out of it. */
export async function outputEnded(source: Readable): Promise<void> {
  if (!source.closed) await once(source, 'close');
}
