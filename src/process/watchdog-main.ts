/**
 * A program of its own: it waits until the process manager is gone, however that came, and then ends all that it has
 * left behind. It hears `+pid` and `-pid` of each process group that begins and ends, a line each, and takes the end of
 * its input for the end of the manager.
 */
import { killMarked, signalGroup } from './group.ts';

const [mark = ''] = process.argv.slice(2);
const groups = new Set<number>();
let rest = '';

// It outlives what ends a terminal.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const pid = Number(line.slice(1));
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  }
});
const end = (): void => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
  if (mark !== '') killMarked(mark);
  process.exit(0);
};
process.stdin.on('end', end);
process.stdin.on('error', end);
