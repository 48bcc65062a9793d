import { isatty } from 'node:tty';

/**
 * Tells whether the terminal that this was started on has been closed since. SIGHUP then says so, and asks for nothing. What
 * was started without one, such as by `nohup`, has none to lose.
 */
export function terminalWatch(isTerminal = (): boolean => isatty(1)): () => boolean {
  const hadOne = isTerminal();
  return () => hadOne && !isTerminal();
}
