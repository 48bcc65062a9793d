import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../base/index.ts';

interface Filling {
  /** What is written into it, none of which is there yet. */
  readonly names: readonly string[];
  readonly write: () => void;
}

/**
 * Writes into a directory, which is made with those above it that are missing. When that fails, as on a full disk, nothing of
 * it is left. Node's own way of making several never ends below a directory such as /proc, which says that there is none
 * when one is to be made in it.
 */
export function fill(path: string, { names, write }: Filling): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const directory of missing) {
      mkdirSync(directory);
      made.push(directory);
    }
    write();
  } catch (error) {
    const [top] = made;
    const begun = missing.length === 0 ? names.map((name) => join(path, name)) : top === undefined ? [] : [top];
    for (const at of begun) rmSync(at, { recursive: true, force: true });
    throw error;
  }
}

/** Where something is to be written; from a script in which a variable is empty, nothing would be meant for where one stands. */
export function assertNamed(directory: string): void {
  if (directory.trim() === '') throw new UsageError("directory: expected a path, got ''");
}
