import { Command, InvalidArgumentError } from 'commander';
import { ClosedError } from '../index.ts';
import type { LogLine } from '../process/index.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';
import { siteClient, type SiteFlags, withSite } from './site-client.ts';

interface Flags extends SiteFlags {
  readonly lines: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** `rocade logs`: what processes have printed. */
export function logsCommand(): Command {
  return withHelp(withSite(new Command('logs')), {
    examples: ['rocade logs posts', 'rocade logs --follow', 'rocade logs --lines 20'],
  })
    .description('show what the processes of a site that runs have printed')
    .argument('[process]', 'one process, or all of one name; default: all')
    .option('-n, --lines <count>', 'how many of the last lines', wholeNumber, 100)
    .option('-f, --follow', 'go on with what they print from now on, until Ctrl-C')
    .option('--json', 'each line as JSON, for programs')
    .allowExcessArguments(false)
    .action(async (name: string | undefined, flags: Flags) => {
      await using client = await siteClient(flags);
      const show = (line: LogLine): void => print(flags.json ? JSON.stringify(line) : text(line));
      const asked = [name ?? null];
      const kwargs = { tail: flags.lines };
      if (!flags.follow) {
        for (const line of await client.call<readonly LogLine[]>('rocade.process.logs', asked, { kwargs })) show(line);
        return;
      }
      const stopped = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopped.abort());
      const options = { kwargs: { ...kwargs, follow: true }, timeout: 0, signal: stopped.signal };
      try {
        for await (const line of client.stream<LogLine>('rocade.process.logs', asked, options)) show(line);
      } catch (error) {
        // Ctrl-C is how this ends, and so is the end of the site.
        if (!stopped.signal.aborted && !(error instanceof ClosedError)) throw error;
      }
    });
}

function text({ process: name, stream, text: said, time }: LogLine): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `${clock} ${name.padEnd(12)} ${stream === 'stderr' ? '!' : '|'} ${said}`;
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('expected a whole number');
  return Number(value);
}
