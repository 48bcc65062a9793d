import { Command } from 'commander';
import type { ProcessInfo } from '../process/index.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';
import { atSite, type SiteFlags, withSite } from './site-client.ts';

/** `rocade ps`: the processes of a site. */
export function psCommand(): Command {
  return withHelp(withSite(new Command('ps')), { examples: ['rocade ps', "rocade ps --json | jq '.[].state'"] })
    .description('show the processes of a site that runs')
    .allowExcessArguments(false)
    .action(async (flags: SiteFlags) => {
      const processes = await atSite(flags, (client) => client.call<readonly ProcessInfo[]>('rocade.process.list'));
      print(flags.json ? JSON.stringify(processes) : table(processes));
    });
}

function table(processes: readonly ProcessInfo[]): string {
  const now = Date.now();
  const rows = processes.map(({ process: name, type, state, pid, since, starts, memoryBytes, reason, lastEnd }) => [
    name,
    type,
    state,
    pid === undefined ? '-' : String(pid),
    duration(now - since),
    String(Math.max(0, starts - 1)),
    memoryBytes === undefined ? '-' : `${Math.round(memoryBytes / 1e6)} MB`,
    reason ?? (lastEnd?.reason === undefined ? '' : `before: ${lastEnd.reason}`),
  ]);
  const all = [['process', 'type', 'state', 'pid', 'since', 'restarts', 'memory', ''], ...rows];
  const widths = (all[0] as string[]).map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `42s`, `3m`, `5h`, `2d` */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
