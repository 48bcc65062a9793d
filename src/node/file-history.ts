import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { toError } from '../base/index.ts';
import { isDict } from '../protocol/index.ts';
import {
  type HistoryEvent,
  type HistoryLog,
  type HistoryStore,
  type MemoryLog,
  memoryHistory,
} from '../router/index.ts';
import { jsonWire } from '../serializers/index.ts';

export interface FileHistoryOptions {
  /** Where the files are, one for each topic or pattern of a realm; made when it is not there. */
  readonly directory: string;
  /** Hears of what could not be read or written. Default: it is printed. */
  readonly onError?: (error: Error) => void;
}

/**
 * Keeps event history in files, so that it is there when the router starts again: what is published is appended, and a
 * file is written anew when most of it has passed out of the log. What was published last may be lost when the process
 * is killed or the machine stops, as nobody waits for the disk; a line that was cut short then is left out.
 *
 * Throws when the directory cannot be made.
 *
 * @example
 * const history = { topics: [{ topic: 'news' }], store: fileHistory({ directory: './history' }) };
 * const { close } = await startRouter({ listen: 'ws://127.0.0.1:9000', realms: [{ name: 'realm1', history }] });
 */
export function fileHistory({ directory, onError = print }: FileHistoryOptions): HistoryStore {
  mkdirSync(directory, { recursive: true });
  const memory = memoryHistory();
  return {
    open(options) {
      const { realm, match, topic, maxBytes } = options;
      const file = join(directory, fileName(realm, match, topic));
      return new FileLog(file, memory.open(options), { onError, maxBytes });
    },
  };
}

/** Readable, and yet another for every place on file systems that know no case or no long names. */
function fileName(...place: string[]): string {
  const readable = place
    .join('-')
    .replace(/[^A-Za-z0-9._-]/gu, '_')
    .slice(0, 80);
  const hash = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 12);
  return `${readable}-${hash}.log`;
}

interface FileLogHost {
  readonly onError: (error: Error) => void;
  /** What the log may hold. */
  readonly maxBytes: number;
}

/** So much more than the log holds may wait for a slow disk, and so much more may be in the file. */
const WAITING_FACTOR = 2;
const FILE_FACTOR = 4;

/** A log in memory, and a file from which it can be made again. */
class FileLog implements HistoryLog {
  readonly #path: string;
  readonly #memory: MemoryLog;
  readonly #host: FileLogHost;
  /** Lines in the file, those that have passed out of the log included. */
  #lines = 0;
  /** Characters in the file, and with how many it is written anew. */
  #length = 0;
  #maxLength: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  #writing: Promise<void> | undefined;
  #handle: FileHandle | undefined;
  #closed = false;

  constructor(path: string, memory: MemoryLog, host: FileLogHost) {
    this.#path = path;
    this.#memory = memory;
    this.#host = host;
    this.#maxLength = FILE_FACTOR * host.maxBytes;
    this.#load();
  }

  append(event: HistoryEvent): void {
    if (!this.#memory.append(event) || this.#closed) return;
    let line: string;
    try {
      line = lineOf(event);
    } catch (error) {
      // Values from within the process may be such that JSON cannot carry them.
      this.#host.onError(toError(error));
      return;
    }
    if (this.#waitingLength + line.length > WAITING_FACTOR * this.#host.maxBytes) {
      this.#host.onError(new Error(`${this.#path}: the disk is too slow, an event is kept in memory only`));
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#writing ??= this.#write();
  }

  events(): readonly HistoryEvent[] {
    return this.#memory.events();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    const handle = this.#handle;
    this.#handle = undefined;
    if (!handle) return;
    try {
      await handle.sync();
      await handle.close();
    } catch (error) {
      this.#host.onError(toError(error));
    }
  }

  #load(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#host.onError(toError(error));
      return;
    }
    this.#length = text.length;
    const lines = text.split('\n');
    // A line without its end was being written when the process stopped; the next one must not be joined to it.
    if (lines.pop() !== '') this.#lines = Number.POSITIVE_INFINITY;
    for (const [index, line] of lines.entries()) {
      try {
        this.#memory.append(eventIn(line));
        this.#lines++;
      } catch (error) {
        this.#lines = Number.POSITIVE_INFINITY;
        this.#host.onError(new Error(`${this.#path}, line ${index + 1} is left out`, { cause: error }));
      }
    }
  }

  /** Writes what waits, and what comes meanwhile, in as few pieces as possible. */
  async #write(): Promise<void> {
    // Not in the turn in which something was published: more of it may follow.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const live = this.#memory.events();
        const lines = this.#lines + this.#waiting.length;
        const length = this.#length + this.#waitingLength;
        if (lines > 2 * live.length + 100 || length > this.#maxLength) await this.#rewrite(live);
        else await this.#appendWaiting();
      }
    } catch (error) {
      this.#takeWaiting();
      // The next one brings along what is missing now, in a file that is written anew.
      this.#lines = Number.POSITIVE_INFINITY;
      this.#host.onError(toError(error));
    }
    this.#writing = undefined;
  }

  async #appendWaiting(): Promise<void> {
    this.#handle ??= await open(this.#path, 'a', 0o600);
    const lines = this.#takeWaiting();
    const text = lines.join('');
    this.#lines += lines.length;
    this.#length += text.length;
    await this.#handle.appendFile(text);
  }

  /** All that waits is in memory too, so that the new file has it. */
  async #rewrite(live: readonly HistoryEvent[]): Promise<void> {
    this.#takeWaiting();
    const fresh = `${this.#path}.new`;
    const handle = await open(fresh, 'w', 0o600);
    const text = live.flatMap(writable).join('');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#handle?.close();
    this.#handle = undefined;
    await rename(fresh, this.#path);
    this.#lines = live.length;
    this.#length = text.length;
    // What is long because of how it is written must not be written anew each time.
    this.#maxLength = Math.max(FILE_FACTOR * this.#host.maxBytes, 2 * text.length);
  }

  #takeWaiting(): string[] {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    return lines;
  }
}

const serializer = jsonWire();

/** `time`, then what else is kept besides the message, then the EVENT as JSON; in it, a line break can only be a space. */
function lineOf({ time, publication, topic, details, payload, restriction }: HistoryEvent): string {
  const event = { type: 'EVENT', subscription: 1, publication, details, payload } as const;
  const head = JSON.stringify({ time, topic, restriction });
  return `${head}\t${(serializer.encode(event) as string).replace(/[\r\n]/gu, ' ')}\n`;
}

function writable(event: HistoryEvent): string[] {
  try {
    return [lineOf(event)];
  } catch {
    // It was told when it was appended.
    return [];
  }
}

/** Throws when the line is none of ours. */
function eventIn(line: string): HistoryEvent {
  const tab = line.indexOf('\t');
  const head = JSON.parse(line.slice(0, tab)) as unknown;
  const [message] = serializer.decode(line.slice(tab + 1));
  if (
    !isDict(head) ||
    typeof head['time'] !== 'number' ||
    typeof head['topic'] !== 'string' ||
    message?.type !== 'EVENT'
  )
    throw new Error('expected an event');
  const { publication, details, payload } = message;
  const restriction = head['restriction'] as HistoryEvent['restriction'];
  return { time: head['time'], topic: head['topic'], publication, details, payload, restriction };
}

function print(error: Error): void {
  // oxlint-disable-next-line no-console
  console.error('rocade event history:', error);
}
