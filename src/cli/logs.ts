import { Command, InvalidArgumentError } from 'commander';
import type { LogLine } from '../process/index.ts';
import { withHelp } from './help.ts';
import { siteClient, type SiteFlags, withSite } from './site-client.ts';

interface Flags extends SiteFlags {
  readonly lines: number;
  readonly json?: boolean;
}

/** `rocade logs`: what processes have printed. */
export function logsCommand(): Command {
  return withHelp(withSite(new Command('logs')), { examples: ['rocade logs posts', 'rocade logs --lines 20'] })
    .description('show what the processes of a site that runs have printed')
    .argument('[process]', 'one process, or all of one name; default: all')
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber, 100)
    .option('--json', 'each line as JSON, for programs')
    .allowExcessArguments(false)
    .action(async (name: string | undefined, flags: Flags) => {
      await using client = await siteClient(flags);
      const show = (line: LogLine): void =>
        void process.stdout.write(flags.json ? `${JSON.stringify(line)}\n` : text(line));
      const kwargs = { tail: flags.lines };
      for (const line of await client.call<readonly LogLine[]>('rocade.process.logs', [name ?? null], { kwargs }))
        show(line);
    });
}

function text({ process: name, stream, text: said, time }: LogLine): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `${clock} ${name.padEnd(12)} ${stream === 'stderr' ? '!' : '|'} ${said}\n`;
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('expected a whole number');
  return Number(value);
}
