// Installs the packed package in an empty folder, counts what comes with it, and runs it. Needs the package registry.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPackedPackage } from './pack.js';

const MAX_PACKAGES = 40;

withPackedPackage(({ folder, archive }) => {
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run('npm', 'install', '--no-audit', '--no-fund', archive);

  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const names = Object.entries(packages)
    .filter(([path, entry]) => path !== '' && !(entry.peer && entry.optional))
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  const described = readFileSync(new URL('../docs/dependencies.md', import.meta.url), 'utf8');
  const unnamed = names.filter((name) => name !== 'rocade' && !described.includes(`\`${name}\``));

  console.log(`${names.length} packages: ${names.join(', ')}`);
  if (names.length > MAX_PACKAGES) throw new Error(`more than ${MAX_PACKAGES} packages`);
  if (unnamed.length > 0) throw new Error(`not named in docs/dependencies.md: ${unnamed.join(', ')}`);

  const script = "import('rocade').then(({ connect }) => console.log(typeof connect))";
  if (run(process.execPath, '--eval', script).trim() !== 'function')
    throw new Error('the package does not give connect');
  console.log(run('npx', '--no-install', 'rocade', '--help').trim());
});
