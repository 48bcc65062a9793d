// CPU time of a process from the scheduler's own books. Unlike wall time it hardly moves when the machine is busy with
// something else, which makes it the figure to compare.

import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds that all threads of the processes have been on a CPU, or NaN where the kernel does not say. */
export function onCpuNs(pids) {
  let sum = 0;
  for (const pid of pids) {
    let threads;
    try {
      threads = readdirSync(`/proc/${pid}/task`);
    } catch {
      return Number.NaN;
    }
    for (const thread of threads) {
      try {
        sum += Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10);
      } catch {
        // The thread ended between the listing and the reading.
      }
    }
  }
  return sum;
}

/** Microseconds that all CPUs of the machine together were busy, in the kernel's ticks of 10 ms; NaN where it does not say. */
export function machineBusyUs() {
  try {
    const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'latin1')
      .split('\n', 1)[0]
      .split(/\s+/)
      .map(Number);
    return (user + nice + system + irq + softirq + steal) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/** The process and everything it started, directly or not. */
export function processTree(root) {
  const children = new Map();
  let entries;
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [root];
  }
  for (const entry of entries) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      // The name in parentheses may contain anything, so the fields are counted from its end.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // The process ended meanwhile.
    }
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index += 1) {
    tree.push(...(children.get(tree[index]) ?? []));
  }
  return tree;
}
