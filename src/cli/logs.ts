import { Command, InvalidArgumentError } from 'commander';
import { type Client, ClosedError } from '../index.ts';
import type { LogLine } from '../process/index.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';
import { atSite, type SiteFlags, withSite } from './site-client.ts';

interface Flags extends SiteFlags {
  readonly lines: number;
  readonly follow?: boolean;
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
    .allowExcessArguments(false)
    .action((name: string | undefined, flags: Flags) => atSite(flags, (client) => show(client, name, flags)));
}

async function show(client: Client, name: string | undefined, { json, lines, follow }: Flags): Promise<void> {
  const write = (line: LogLine): void => print(json ? JSON.stringify(line) : text(line));
  const asked = [name ?? null];
  const kwargs = { tail: lines };
  if (!follow) {
    const found = await client.call<readonly LogLine[]>('rocade.process.logs', asked, { kwargs });
    for (const line of found) write(line);
    if (found.length === 0) process.stderr.write('Nothing has been printed yet.\n');
    return;
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
  const options = { kwargs: { ...kwargs, follow: true }, timeout: 0, signal: stopped.signal };
  try {
    for await (const line of client.stream<LogLine>('rocade.process.logs', asked, options)) write(line);
  } catch (error) {
    // Ctrl-C is how this ends, and so is the end of the site.
    if (!stopped.signal.aborted && !(error instanceof ClosedError)) throw error;
  }
}

function text({ process: name, stream, text: said, time }: LogLine): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `${clock} ${name.padEnd(12)} ${stream === 'stderr' ? '!' : '|'} ${said}`;
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('expected a whole number');
  return Number(value);
}
