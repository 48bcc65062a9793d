/** Where an app's lines go. `console` is one, and so is a logger of pino: each method takes a text, then any values. */
export interface Log {
  debug(message: string, ...values: unknown[]): void;
  info(message: string, ...values: unknown[]): void;
  warn(message: string, ...values: unknown[]): void;
  error(message: string, ...values: unknown[]): void;
}

/** From the most talkative to the one that says nothing. */
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** The least important kind of line that is still written. */
export type LogLevel = (typeof LEVELS)[number];

const nothing = (): void => {};

/**
 * Writes lines of `level` and of what is more important to the console.
 *
 * @example
 * consoleLog('warn').info('nobody reads this');
 */
export function consoleLog(level: LogLevel = 'info'): Log {
  const first = LEVELS.indexOf(level);
  const write = (name: Exclude<LogLevel, 'silent'>): Log['info'] =>
    // oxlint-disable-next-line no-console
    LEVELS.indexOf(name) < first ? nothing : (...line) => console[name](...line);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
