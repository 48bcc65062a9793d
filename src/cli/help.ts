import type { Command } from 'commander';

/** What help says after the options. */
export interface Help {
  /** Paragraphs that come before the examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
}

const helps = new WeakMap<Command, Help>();

/** Puts notes and examples behind a command's help, and keeps them for the reference. */
export function withHelp(command: Command, help: Help): Command {
  helps.set(command, help);
  const { notes = [], examples } = help;
  const paragraphs = [...notes, ['Examples:', ...examples.map((example) => `  $ ${example}`)].join('\n')];
  return command.addHelpText('after', `\n${paragraphs.join('\n\n')}`);
}

/** What {@link withHelp} was given. */
export function helpOf(command: Command): Help | undefined {
  return helps.get(command);
}
