import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** What was looked for, or a sentence that says why it cannot be used. */
export type Found = { readonly path: string } | { readonly problem: string };

/** Where a program is: a path, or a name that is looked for in PATH and then in the working directory. */
export function findExecutable(name: string, workdir: string, searchPath: string | undefined): Found {
  if (!name.includes('/')) {
    for (const directory of (searchPath ?? '').split(delimiter).filter((entry) => entry !== '')) {
      const path = resolve(workdir, join(directory, name));
      if (problemOf(path) === undefined) return { path };
    }
  }
  const path = resolve(workdir, name);
  const problem = problemOf(path);
  if (problem === undefined) return { path };
  if (problem === 'missing') {
    const where = name.includes('/') ? '' : ', neither in PATH nor in the working directory';
    return { problem: `there is no executable '${name}'${where}` };
  }
  return { problem: `cannot run '${name}': ${problem}` };
}

function problemOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 'missing';
  if (found.isDirectory()) return 'it is a directory';
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return `this user may not run it (chmod +x ${path})`;
  }
  return isText(path) ? 'it is text that does not begin with #! and the program that is to run it' : undefined;
}

/** The system would hand such a file to a shell. */
function isText(path: string): boolean {
  const start = Buffer.alloc(256);
  let length: number;
  try {
    const descriptor = openSync(path, 'r');
    length = readSync(descriptor, start);
    closeSync(descriptor);
  } catch {
    // It may be run and not be read, as some programs.
    return false;
  }
  const begin = start.subarray(0, length);
  return begin.subarray(0, 2).toString('latin1') !== '#!' && !begin.includes(0);
}
