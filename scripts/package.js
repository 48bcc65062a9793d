// Checks the package as it would be published: publint and attw (ESM only) must have nothing to say.
import { spawnSync } from 'node:child_process';
import { withPackedPackage } from './pack.js';

const problems = withPackedPackage(({ archive, files }) => {
  const run = (command, ...args) =>
    spawnSync('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0;
  const needed = ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'dist/rocade.min.js', 'LICENSE', 'README.md'];
  return [
    ...needed.filter((file) => !files.includes(file)).map((file) => `the package lacks ${file}`),
    ...(run('publint', archive, '--strict') ? ['publint'] : []),
    ...(run('attw', archive, '--profile', 'esm-only', '--format', 'table-flipped') ? ['attw'] : []),
  ];
});

for (const problem of problems) console.error(`failed: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
