import { Command } from 'commander';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../base/index.ts';
import { assertNamed, fill } from './directories.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';
import { version } from './version.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const TEMPLATE = join(PACKAGE, 'templates/site');

/** npm leaves out files of these names when it packs, so the template has them under others. */
const RENAMED = { _gitignore: '.gitignore', '_package.json': 'package.json' };

/** Where the template has gaps for the site's name and this package. */
const FILLED = ['package.json', 'README.md', 'public/index.html'];

/** `rocade new`: lays out a small site. */
export function newCommand(): Command {
  return withHelp(new Command('new'), {
    notes: [
      'The site has a contract, two services, a page, a configuration and tests; npm start and npm test work at once.',
    ],
    examples: ['npx rocade new my-site', 'cd my-site && npm install && npm start'],
  })
    .description('lay out a small site in a new directory')
    .argument('<directory>', 'where; it must not exist, or be empty. Its name is the name of the site')
    .allowExcessArguments(false)
    .action((directory: string) => {
      assertNamed(directory);
      const target = resolve(directory);
      const name = basename(target);
      if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
        throw new UsageError(`cannot call a site '${name}': expected lower-case letters, digits, '-', '_' and '.'`);
      layOut(target, name);
      print(
        [
          `Wrote a site to ${directory}. What to do next:`,
          `  cd ${directory}`,
          '  npm install',
          '  npm start        runs the router, two services and a page until Ctrl-C',
          '  npm test         runs the tests of the services',
        ].join('\n'),
      );
    });
}

function layOut(target: string, name: string): void {
  try {
    if (existsSync(target) && readdirSync(target).length > 0)
      throw new UsageError(`${target} is there already, and not empty`);
    fill(target, {
      names: [...readdirSync(TEMPLATE), ...Object.values(RENAMED)],
      write: () => copyTemplate(target, name),
    });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot write a site to ${target}: ${(error as Error).message}`);
  }
}

function copyTemplate(target: string, name: string): void {
  cpSync(TEMPLATE, target, { recursive: true });
  for (const [from, to] of Object.entries(RENAMED)) renameSync(join(target, from), join(target, to));
  for (const file of FILLED) {
    const path = join(target, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll('{{name}}', name).replaceAll('{{rocade}}', dependency(target)));
  }
}

/**
 * How the site at `target` depends on this package: by its version, or by its file or directory when that is where this
 * one comes from, so that the site gets the same one.
 */
function dependency(target: string): string {
  const from = ownFile();
  return from === undefined ? `^${version}` : `file:${relative(target, from).replaceAll('\\', '/')}`;
}

/** What this was installed from, when it was not a registry. */
function ownFile(): string | undefined {
  const modules = dirname(PACKAGE);
  if (basename(modules) !== 'node_modules') return PACKAGE;
  const project = join(dirname(modules), 'package.json');
  if (!existsSync(project)) return undefined;
  const { dependencies, devDependencies } = JSON.parse(readFileSync(project, 'utf8')) as Project;
  const { rocade } = { ...devDependencies, ...dependencies };
  return rocade?.startsWith('file:') ? resolve(dirname(project), rocade.slice('file:'.length)) : undefined;
}

interface Project {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
