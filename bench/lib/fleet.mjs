// Scripts that play their parts in processes of their own: each part is the script itself, started with the part's name.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Octets of memory that a process has resident. Linux only. */
export function residentBytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/**
 * Plays the part that the command line names, or else `main`, which gets `start(part, ...args)`, whose promise has the
 * process and the first message it sent, and `ask(started)`, which has a part send one more. All end with `main`.
 *
 * @param {string} script the URL of the script
 * @param {Record<string, (...args: string[]) => Promise<void>>} parts
 * @param {(fleet: { start: Function, ask: Function }) => Promise<void>} main
 */
export async function play(script, parts, main) {
  const [part, ...args] = process.argv.slice(2);
  if (part !== undefined && Object.hasOwn(parts, part)) {
    await parts[part]?.(...args);
    return;
  }
  const children = [];
  const start = async (...command) => {
    const child = fork(new URL(script), command, { execArgv: ['--expose-gc'] });
    children.push(child);
    const [told] = await once(child, 'message');
    return { child, told };
  };
  const ask = async ({ child }) => {
    const answer = once(child, 'message');
    child.send('tell');
    return (await answer)[0];
  };
  try {
    await main({ start, ask });
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
