import { Argument, Command } from 'commander';
import { print } from './output.ts';
import { withHelp } from './help.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `rocade completion`: a script for the shell, made of the commands and options that there are. */
export function completionCommand(): Command {
  return withHelp(new Command('completion'), {
    examples: [
      'source <(rocade completion bash)',
      'rocade completion zsh > "${fpath[1]}/_rocade"',
      'rocade completion fish > ~/.config/fish/completions/rocade.fish',
    ],
  })
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: (typeof SHELLS)[number], _flags: unknown, command: Command) => {
      print(SCRIPTS[shell](command.parent?.commands ?? []));
    });
}

/** What a shell has to know of an option. */
interface Flag {
  /** As they are typed, with their dashes. */
  readonly names: readonly string[];
  readonly description: string;
  /** What its value is called; undefined for one that takes none. */
  readonly value: string | undefined;
  readonly choices: readonly string[];
}

function flagsOf(command: Command): Flag[] {
  const help = { names: ['-h', '--help'], description: 'show help', value: undefined, choices: [] };
  const own = command.options.map(({ short, long, description, flags, argChoices = [] }) => ({
    names: [short, long].filter((name) => name !== undefined),
    description,
    value: /<(.+)>/.exec(flags)?.[1],
    choices: argChoices,
  }));
  return [...own, help];
}

const choicesOf = (command: Command): string[] =>
  command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);

const namesFile = (value: string): boolean => ['file', 'directory'].includes(value);

const SCRIPTS: { readonly [shell in (typeof SHELLS)[number]]: (commands: readonly Command[]) => string } = {
  bash: (commands) => `_rocade() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name()).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${commands.flatMap(bashValues).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map((command) => `    ${command.name()}) COMPREPLY=($(compgen -W "${words(command).join(' ')}" -- "$word")) ;;`).join('\n')}
  esac
}
complete -o default -F _rocade rocade`,
  zsh: (commands) => `#compdef rocade
_rocade() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map((command) => `      ${quoted(`${command.name()}:${command.description().replaceAll(':', '\\:')}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.map((command) => `    ${command.name()})\n      _arguments ${zshArguments(command).join(' \\\n        ')} ;;`).join('\n')}
  esac
}
if [ "$funcstack[1]" = _rocade ]; then _rocade "$@"; else compdef _rocade rocade; fi`,
  fish: (commands) => commands.flatMap(fishLines).join('\n'),
};

/** After an option that takes a value come its values; where there are none to choose from, files. */
function bashValues(command: Command): string[] {
  return flagsOf(command)
    .filter(({ value }) => value !== undefined)
    .map(({ names, choices }) => {
      const where = names.map((name) => `"${command.name()} ${name}"`).join('|');
      const reply = choices.length > 0 ? `COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$word")); ` : '';
      return `    ${where}) ${reply}return ;;`;
    });
}

function words(command: Command): string[] {
  return [...flagsOf(command).flatMap(({ names }) => names), ...choicesOf(command)];
}

function zshArguments(command: Command): string[] {
  const text = (description: string): string => description.replace(/[[\]:\\]/g, '\\$&');
  const flags = flagsOf(command).map(({ names, description, value, choices }) => {
    const action = choices.length > 0 ? `(${choices.join(' ')})` : value && namesFile(value) ? '_files' : ' ';
    const after = quoted(`[${text(description)}]${value === undefined ? '' : `:${value}:${action}`}`);
    return names.length > 1 ? `'*'{${names.join(',')}}${after}` : `'*'${names.join('')}${after}`;
  });
  const choices = choicesOf(command);
  return [...flags, choices.length > 0 ? `'1:which:(${choices.join(' ')})'` : `'*:value:_files'`];
}

function fishLines(command: Command): string[] {
  const within = `complete -c rocade -n '__fish_seen_subcommand_from ${command.name()}'`;
  const choices = choicesOf(command);
  return [
    `complete -c rocade -f -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.description())}`,
    ...(choices.length > 0 ? [`${within} -f -a '${choices.join(' ')}'`] : []),
    ...flagsOf(command).map(({ names, description, value, choices: values }) => {
      const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      const takes = values.length > 0 ? ` -x -a '${values.join(' ')}'` : value && namesFile(value) ? ' -r' : ' -x';
      return `${within} ${spelt.join(' ')}${value === undefined ? '' : takes} -d ${quoted(description)}`;
    }),
  ];
}

/** A text between single quotes, which none of the shells lets end inside. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
