import { write } from 'node:fs';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { type Level, type Logger, pino } from 'pino';
import type { LogLine } from './line-buffer.ts';
import { harmless } from './lines.ts';
import { Spool } from './spool.ts';

const writeTo = promisify(write);

/** The log of a site: what its manager tells, and what its processes print. */
export interface SiteLog {
  readonly logger: Logger;
  /** False when the writer should pause until `drained`. */
  line(line: LogLine): boolean;
  drained(): Promise<void>;
  flush(): Promise<void>;
}

export interface SiteLogOptions {
  readonly level: Level | 'silent';
  /** A file descriptor. Default: standard output. */
  readonly descriptor?: number;
  /** Lines for people in place of JSON. Default: on a terminal. */
  readonly pretty?: boolean;
}

/** Structured lines of JSON, or lines for people. Never throws, and never keeps anybody waiting who does not ask for it. */
export function siteLog({ level, descriptor = 1, pretty = isatty(descriptor) }: SiteLogOptions): SiteLog {
  const spool = new Spool({
    append: (chunk) => writeAll(descriptor, chunk),
    // There is nowhere else to say it; the number of bytes follows when it works again.
    onFailure: () => {},
    onRecovery: (bytes) => logger.warn(`${bytes} bytes of this log are lost, as they could not be written`),
  });
  const colours = pretty && isatty(descriptor) && !process.env['NO_COLOR'];
  const put = (text: string): boolean => spool.write(Buffer.from(pretty ? forPeople(text, colours) : text));
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (text) => void put(text) },
  );
  return {
    logger,
    line({ process, stream, text, time }) {
      return put(
        `${JSON.stringify({ level: 'info', time: new Date(time).toISOString(), process, stream, msg: text })}\n`,
      );
    },
    drained: () => spool.drained(),
    flush: () => spool.flush(),
  };
}

async function writeAll(descriptor: number, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    try {
      const { bytesWritten } = await writeTo(descriptor, chunk, at);
      at += bytesWritten;
    } catch (error) {
      // A pipe whose reader is slow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly process?: string;
  readonly stream?: string;
}

const COLOURS: Readonly<Record<string, number>> = { error: 31, fatal: 31, warn: 33, debug: 90 };

/** `12:34:56 posts      ready` */
function forPeople(json: string, colours: boolean): string {
  const { level, time, process = 'rocade', stream, msg = '' } = JSON.parse(json) as Entry;
  const paint = (code: number | undefined, text: string): string =>
    colours && code !== undefined ? `\x1b[${code}m${text}\x1b[0m` : text;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const mark = stream === undefined ? '' : stream === 'stderr' ? '! ' : '| ';
  const word = level === 'warn' || level === 'error' ? `${level}: ` : '';
  return `${paint(90, clock)} ${paint(36, process.padEnd(12))} ${mark}${paint(COLOURS[level], word + harmless(msg))}\n`;
}
