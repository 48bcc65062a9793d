import { Command } from 'commander';
import { ConfigurationError, describe, type Mistake, readConfiguration } from '../config/index.ts';
import { mistakesIn } from '../process/index.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';

/** `rocade check`: says what is wrong with a configuration, and where. */
export function checkCommand(): Command {
  return withHelp(new Command('check'), {
    examples: ['rocade check', 'rocade check site/rocade.json', 'rocade check --json'],
  })
    .description('say what is wrong with a configuration file, with line and column')
    .argument('[file]', 'the configuration', 'rocade.json')
    .option('--json', 'as JSON: a list of mistakes with line, column and message')
    .allowExcessArguments(false)
    .action((file: string, { json }: { readonly json?: boolean }) => {
      const { mistakes, length } = found(file);
      if (mistakes.length > 0) process.exitCode = 1;
      if (json) {
        print(JSON.stringify(mistakes));
        return;
      }
      for (const mistake of mistakes) process.stderr.write(`${describe(file, mistake)}\n`);
      if (mistakes.length > 0) return;
      const what = length === 0 ? 'a router' : `a router and ${length === 1 ? 'one process' : `${length} processes`}`;
      print(`${file}: ${what}. Nothing is wrong with it.`);
    });
}

function found(file: string): { readonly mistakes: readonly Mistake[]; readonly length: number } {
  try {
    const configuration = readConfiguration(file, process.env);
    const mistakes = mistakesIn(configuration);
    return {
      mistakes: mistakes.sort((a, b) => a.line - b.line || a.column - b.column),
      length: configuration.processes.length,
    };
  } catch (error) {
    if (error instanceof ConfigurationError) return { mistakes: error.mistakes, length: 0 };
    throw error;
  }
}
