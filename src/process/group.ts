import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to a process and all that it has started, as far as it stayed in its group. False: nobody is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // Those of another user are there, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Processes that have left their group carry in their environment who started them; this finds them, where the system
 * shows the environments of processes (Linux).
 */
export function marked(mark: string): number[] {
  return pids().filter(
    (pid) => pid !== process.pid && read(`/proc/${pid}/environ`).split('\0').includes(mark) && isAlive(pid),
  );
}

/** Ends everything that carries a mark, whatever it starts meanwhile. */
export function killMarked(mark: string): void {
  for (let round = 0; round < 5; round++) {
    const found = marked(mark);
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
  }
}

/** Is anybody of a group left who still does something? */
export function groupLives(pid: number): boolean {
  if (!signalGroup(pid, 0)) return false;
  const all = pids();
  // Those that have ended and whom nobody has asked about are in the group, too; where that can be seen, they do not count.
  return all.length === 0 || all.some((one) => statOf(one)?.group === pid && isAlive(one));
}

/** Octets of memory that each process group uses, by its leader; empty where the system does not show it. */
export function memoryByGroup(): ReadonlyMap<number, number> {
  const used = new Map<number, number>();
  for (const pid of pids()) {
    const stat = statOf(pid);
    if (stat) used.set(stat.group, (used.get(stat.group) ?? 0) + stat.memoryBytes);
  }
  return used;
}

function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

let pageBytes: number | undefined;

/** Octets of a page of memory, in which the system counts: 4 KiB mostly, more on some machines with ARM. */
export function pageBytesIn(smaps: string): number {
  const [, kibibytes = '4'] = /^KernelPageSize: +(\d+) kB$/m.exec(smaps) ?? [];
  return Number(kibibytes) * 1024;
}

function statOf(
  pid: number,
): { readonly state: string; readonly group: number; readonly memoryBytes: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  pageBytes ??= pageBytesIn(read('/proc/self/smaps'));
  // The name of the program stands in parentheses, and may have any characters.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] as string, group: Number(fields[2]), memoryBytes: Number(fields[21]) * pageBytes };
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
