// Builds the package into dist: the modules, their types and the schema, side by side, as none needs the others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const STEPS = [
  ['node_modules/rollup/dist/bin/rollup', '-c'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ['--import', 'tsx', 'scripts/schema.js'],
];

const cwd = fileURLToPath(new URL('..', import.meta.url));
const codes = await Promise.all(
  STEPS.map(async (args) => {
    const [code] = await once(spawn(process.execPath, args, { cwd, stdio: 'inherit' }), 'exit');
    return code;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
