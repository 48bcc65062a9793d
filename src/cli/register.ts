import { Command } from 'commander';
import { availableParallelism } from 'node:os';
import { count, type ConnectionFlags, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { toJson } from './output.ts';
import { runProgram } from './run-program.ts';
import { serve } from './serving.ts';

interface RegisterFlags extends ConnectionFlags {
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
    ],
  })
    .description('answer calls of a procedure by running a program for each, until Ctrl-C')
    .argument('<procedure>', 'its URI')
    .argument('<command...>', 'the program and its arguments, after --; no shell is involved')
    .option('-c, --concurrency <number>', 'how many run at a time, others wait (default: one per processor)', count)
    .action(async (procedure: string, [command = '', ...args]: readonly string[], flags: RegisterFlags) => {
      const turns = new Turns(flags.concurrency ?? availableParallelism());
      const stopping = new AbortController();
      await serve(flags, `Answering ${procedure} with ${command}. Ctrl-C ends it.`, (app) => {
        app.procedure(procedure, async (callArgs, { kwargs, signal, procedure: called }) => {
          const over = AbortSignal.any([signal, stopping.signal]);
          const input = toJson({ procedure: called, args: callArgs, kwargs });
          return resultOf(await turns.take(() => runProgram({ command, args, input, signal: over })));
        });
        app.onStop(() => stopping.abort());
      });
    });
}

function resultOf(output: string): unknown {
  const text = output.replace(/\r?\n$/, '');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Lets a number of works run at a time, the others in the order in which they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(number: number) {
    this.#free = number;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
