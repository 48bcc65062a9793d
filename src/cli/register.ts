import { Command, Option } from 'commander';
import { availableParallelism } from 'node:os';
import type { CallHandler, RegisterOptions } from '../index.ts';
import { type ConnectionFlags, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { count } from './numbers.ts';
import { matchOption, type MatchFlags } from './match.ts';
import { toJson } from './output.ts';
import { runProgram } from './run-program.ts';
import { serve } from './serving.ts';

interface RegisterFlags extends ConnectionFlags, MatchFlags {
  readonly invoke?: NonNullable<RegisterOptions['invoke']>;
  readonly progress?: boolean;
  readonly concurrency?: number;
}

/** `rocade register`: answers calls of a procedure by running a program for each. */
export function registerCommand(): Command {
  return withHelp(withConnection(new Command('register')), {
    notes: [
      'The program gets {"procedure":…,"args":[…],"kwargs":{…}} on standard input. What it writes to standard output is the ' +
        'result: JSON if it is JSON, else the text. An exit code other than 0 is an error for the caller, with the last line of ' +
        'standard error. A call that is cancelled ends the program.',
    ],
    examples: [
      "rocade register util.upper -- jq -c '.args[0] | ascii_upcase'",
      'rocade register server.uptime -- uptime',
      'rocade register report.make -- python3 report.py',
      'rocade register log.lines --progress -- tail -f service.log',
    ],
  })
    .description('answer calls of a procedure by running a program for each, until Ctrl-C')
    .argument('<procedure>', 'its URI, or a pattern')
    .argument('<command...>', 'the program and its arguments, after --; no shell is involved')
    .option('-c, --concurrency <number>', 'how many run at a time, others wait (default: one per processor)', count)
    .addOption(matchOption())
    .addOption(
      new Option(
        '--invoke <policy>',
        'share the procedure with others, and how calls are dealt out (default: single)',
      ).choices(['single', 'roundrobin', 'random', 'first', 'last']),
    )
    .option('--progress', 'each line that the program writes is a part of the result, sent at once')
    .action(async (procedure: string, [command = '', ...args]: readonly string[], flags: RegisterFlags) => {
      const stopping = new AbortController();
      await serve(flags, `Answering ${procedure} with ${command}. Ctrl-C ends it.`, (app) => {
        const answer: CallHandler = async (callArgs, { kwargs, signal, procedure: called, progress }) => {
          const over = AbortSignal.any([signal, stopping.signal]);
          const input = toJson({ procedure: called, args: callArgs, kwargs });
          const onLine = (line: string): boolean => progress(valueOf(line));
          const program = { command, args, input, signal: over, ...(flags.progress && { onLine }) };
          const output = (await runProgram(program)).replace(/\r?\n$/, '');
          if (output === '') return undefined;
          // For a caller that wants no parts, all of them together.
          return flags.progress ? output.split('\n').map(valueOf) : valueOf(output);
        };
        const { match, invoke, concurrency = availableParallelism() } = flags;
        app.procedure(procedure, answer, { concurrency, ...(match && { match }), ...(invoke && { invoke }) });
        app.onStop(() => stopping.abort());
      });
    });
}

/** JSON if it is JSON, else the text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
