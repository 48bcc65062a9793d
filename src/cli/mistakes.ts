import type { Command } from 'commander';
import { toJson, wantsJson, write } from './output.ts';

/** What commander says of a wrong command line, in the words of all other messages. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^error: /, 'rocade: '],
  [/command-argument value '(.*)' is invalid for argument '(.*?)'\. expected (.*)/s, "$2: expected $3, got '$1'"],
  [
    /command-argument value '(.*)' is invalid for argument '(.*?)'\. Allowed choices are (.*)\./s,
    "$2: expected one of $3, got '$1'",
  ],
  [/option '(?:-\w, )?(--\S+).*?' argument '(.*)' is invalid\. expected (.*)/s, "$1: expected $3, got '$2'"],
  [
    /option '(?:-\w, )?(--\S+).*?' argument '(.*)' is invalid\. Allowed choices are (.*)\./s,
    "$1: expected one of $3, got '$2'",
  ],
  [/option '(?:-\w, )?(--\S+) (<.*>)' argument missing/, '$1 needs a value: $1 $2'],
  [/missing required argument '(.*)'/, "the argument '$1' is missing"],
  [/too many arguments for '.*'\. Expected (\d+) arguments? but got (\d+)\./, 'expected at most $1 arguments, got $2'],
  [/at most 0 arguments/, 'no arguments'],
  [/at most 1 arguments/, 'at most 1 argument'],
];

/** Says what is wrong with a command line in one sentence, and where help is; or as JSON, where that is asked for. */
export function sayMistakes(command: Command, name: string): Command {
  const json = wantsJson();
  return command.showHelpAfterError(json ? false : `(${name} --help lists what there is)`).configureOutput({
    writeOut: write,
    outputError: (text, tell) => {
      const said = WORDS.reduce((before, [pattern, words]) => before.replace(pattern, words), text.trimEnd());
      tell(`${json ? toJson({ error: said.replace(/^rocade: /, '').replace('\n', ' '), code: 'usage' }) : said}\n`);
    },
  });
}
