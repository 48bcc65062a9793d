// Writes docs/commands.md from the definitions of the commands. Run by tsx, as it reads the source.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { withConnection } from '../src/cli/connection.ts';
import { EXIT_CODES } from '../src/cli/exit-codes.ts';
import { helpOf } from '../src/cli/help.ts';
import { rocade } from '../src/cli/program.ts';

const code = (text) => `\`${text}\``;
const cell = (text) => String(text).replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

/** Some descriptions say the default in their own words; the others have it in the definition. */
const described = ({ description, defaultValue, argChoices }) =>
  [
    description,
    argChoices && `one of ${argChoices.join(', ')}`,
    defaultValue !== undefined && !description.includes('default') && `default ${defaultValue}`,
  ]
    .filter(Boolean)
    .join('; ');

const optionTable = (options) =>
  table(
    ['option', 'meaning'],
    options.map((option) => [code(option.flags), described(option)]),
  );

/** What every command that connects takes is told once. */
const isShared = (command) => {
  const shared = new Set(connection().options.map(({ flags }) => flags));
  return connection().options.every(({ flags }) => command.options.some((option) => option.flags === flags))
    ? shared
    : undefined;
};
const connection = () => withConnection(new Command('shared'));

function section(command) {
  const { notes = [], examples = [] } = helpOf(command) ?? {};
  const shared = isShared(command);
  const own = command.options.filter(({ flags }) => !shared?.has(flags));
  const args = command.registeredArguments.map((argument) => [code(argument.name()), described(argument)]);
  return [
    `## rocade ${command.name()}`,
    `${command.description()[0].toUpperCase()}${command.description().slice(1)}.`,
    code(`rocade ${command.name()} ${command.usage()}`),
    args.length > 0 && table(['argument', 'meaning'], args),
    own.length > 0 && optionTable(own),
    shared && 'And [where to connect and as whom](#where-to-connect-and-as-whom).',
    ...notes,
    examples.map((example) => `- ${code(example)}`).join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const { commands } = await rocade();

export function commandReference() {
  return `${[
    '# Commands',
    `What \`npx rocade\` can do. Written by \`npm run docs:commands\` from the definitions of the commands;
\`rocade <command> --help\` says the same.`,
    [
      ...commands.map((command) => `- [rocade ${command.name()}](#rocade-${command.name()}): ${command.description()}`),
      '- [Where to connect and as whom](#where-to-connect-and-as-whom)',
      '- [Values](#values)',
      '- [Exit codes](#exit-codes)',
    ].join('\n'),
    ...commands.map(section),
    '## Where to connect and as whom',
    optionTable(connection().options),
    `A profile is an object under a name in a file of JSON, with the keys ${['url', 'realm', 'auth', 'authid', 'secret', 'serializer', 'timeout'].map(code).join(', ')}:
\`{ "prod": { "url": "wss://example.com/ws", "auth": ["ticket"], "authid": "alice", "secret": "env:TICKET" } }\`. The variable
\`ROCADE_URL\` is the address where neither options nor profile name one, and \`ROCADE_PROFILES\` the file of the profiles.
For certificates of your own, set Node's \`NODE_EXTRA_CA_CERTS\`. Colours appear on a terminal only, and not with \`NO_COLOR\`.`,
    '## Values',
    table(
      ['written', 'sent'],
      [
        [`${code('2')}, ${code('-1.5')}, ${code('1e3')}`, 'a number'],
        [`${code('true')}, ${code('false')}, ${code('null')}`, 'what they say'],
        [`${code('{"a":1}')}, ${code('[1,2]')}, ${code('"2"')}`, 'JSON: an object, a list, a text'],
        [code('name=value'), 'the keyword argument `name`'],
        [code('-'), 'one value, read as JSON from standard input'],
        ['anything else', 'a text'],
      ],
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(({ code: number, meaning }) => [number, meaning]),
    ),
  ].join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/commands.md', import.meta.url), commandReference());
