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

const SCRIPTS: { readonly [shell in (typeof SHELLS)[number]]: (commands: readonly Command[]) => string } = {
  bash: (commands) => `_rocade() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name()).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map((command) => `    ${command.name()}) COMPREPLY=($(compgen -W "${words(command).join(' ')}" -- "$word")) ;;`).join('\n')}
  esac
}
complete -o default -F _rocade rocade`,
  zsh: (commands) => `#compdef rocade
_rocade() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map((command) => `      '${command.name()}:${quoted(command.description())}'`).join('\n')}
    )
    _describe command commands
    return
  fi
  case "$words[2]" in
${commands.map((command) => `    ${command.name()}) compadd -- ${words(command).join(' ')} ;;`).join('\n')}
  esac
  _files
}
if [ "$funcstack[1]" = _rocade ]; then _rocade "$@"; else compdef _rocade rocade; fi`,
  fish: (commands) =>
    commands
      .flatMap((command) => [
        `complete -c rocade -n __fish_use_subcommand -a ${command.name()} -d '${quoted(command.description())}'`,
        ...command.options.map(
          ({ short, long, description }) =>
            `complete -c rocade -n '__fish_seen_subcommand_from ${command.name()}'${short ? ` -s ${short.slice(1)}` : ''}${long ? ` -l ${long.slice(2)}` : ''} -d '${quoted(description)}'`,
        ),
      ])
      .join('\n'),
};

function words(command: Command): string[] {
  return [
    ...command.options.flatMap(({ short, long }) => [short, long].filter((name) => name !== undefined)),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  ];
}

/** For a text between single quotes; a colon would end the name that zsh describes. */
function quoted(text: string): string {
  return text.replaceAll("'", '’').replaceAll(':', '\\:');
}
