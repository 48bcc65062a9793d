import { Command } from 'commander';
import { lstatSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../base/index.ts';
import { assertNamed, fill } from './directories.ts';
import { withHelp } from './help.ts';
import { write } from './output.ts';

const SERVICE = `// A service: rocade.json runs it in a process of its own. Change it and save: it is restarted.
export default async function hello(client) {
  await client.register('hello.greet', ([name]) => \`Hello, \${name ?? 'world'}!\`);
}
`;

/** `rocade init`: a configuration to start from, with a service that it runs. */
export function initCommand(): Command {
  return withHelp(new Command('init'), { examples: ['rocade init', 'rocade init my-site'] })
    .description('write a configuration file to start from, and a service that it runs')
    .argument('[directory]', 'where to', '.')
    .allowExcessArguments(false)
    .action((directory: string) => {
      assertNamed(directory);
      const files = { 'rocade.json': configuration(directory), 'hello.mjs': SERVICE };
      for (const name of Object.keys(files)) {
        if (isThere(join(directory, name)))
          throw new UsageError(`'${join(directory, name)}' is there already; nothing was written`);
      }
      try {
        fill(directory, {
          names: Object.keys(files),
          write() {
            for (const [name, text] of Object.entries(files))
              writeFileSync(join(directory, name), text, { flag: 'wx' });
          },
        });
      } catch (error) {
        throw new UsageError(`cannot write to '${directory}': ${(error as Error).message}`);
      }
      write(nextSteps(directory));
    });
}

/** Also as a link that leads nowhere. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function configuration(directory: string): string {
  const value = {
    $schema: schemaFor(directory),
    router: { listen: 'ws://127.0.0.1:9000', realms: ['realm1'] },
    processes: [{ type: 'worker', name: 'hello', modules: ['./hello.mjs'], watch: ['.'] }],
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The way to the schema that lies beside this program; editors take it from there, and say what each key is for. */
function schemaFor(directory: string): string {
  const schema = fileURLToPath(new URL('../rocade.schema.json', import.meta.url));
  const path = relative(directory, schema).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

function nextSteps(directory: string): string {
  const enter = directory === '.' ? [] : [`  cd ${directory}`];
  return [
    'Wrote rocade.json, the router and the processes of a site, and hello.mjs, a service. What to do next:',
    ...enter,
    '  npx rocade check                    says what is wrong with rocade.json, with line and column',
    '  npx rocade start rocade.json        runs the site until Ctrl-C',
    '  npx rocade ps                       shows what runs, from another terminal',
    'Editors that know JSON schemas explain each key of rocade.json where it stands.',
    '',
  ].join('\n');
}
