import { Command } from 'commander';
import { describe, readConfiguration } from '../config/index.ts';
import { inspect } from '../process/index.ts';
import { withHelp } from './help.ts';

/** `rocade check`: says what is wrong with a configuration, and where. */
export function checkCommand(): Command {
  return withHelp(new Command('check'), { examples: ['rocade check', 'rocade check site/rocade.json'] })
    .description('say what is wrong with a configuration file, with line and column')
    .argument('[file]', 'the configuration', 'rocade.json')
    .allowExcessArguments(false)
    .action((file: string) => {
      const configuration = readConfiguration(file, process.env);
      const mistakes = inspect(configuration);
      for (const mistake of mistakes) process.stderr.write(`${describe(file, mistake)}\n`);
      if (mistakes.length > 0) {
        process.exitCode = 1;
        return;
      }
      const { length } = configuration.processes;
      const what = length === 0 ? 'a router' : `a router and ${length === 1 ? 'one process' : `${length} processes`}`;
      process.stdout.write(`${file}: ${what}. Nothing is wrong with it.\n`);
    });
}
