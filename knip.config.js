import { commands, entries, programs } from './entries.js';

export default {
  entry: [
    ...[...entries, ...commands].map(({ source }) => source),
    ...programs,
    'test/**/*.test.ts',
    'examples/**/*.{ts,tsx,js}',
    'scripts/*.js',
    // The others bring peers that are installed for a measurement only.
    'bench/chaos.mjs',
  ],
  project: ['src/**/*.ts', 'test/**/*.ts', 'scripts/*.js'],
  ignore: ['test/package/consumer/**'],
  // Run by scripts/*.js as commands, not imported.
  ignoreDependencies: ['@arethetypeswrong/cli', 'dependency-cruiser', 'publint'],
  // Of the system: a test makes a named pipe.
  ignoreBinaries: ['mkfifo'],
  ignoreExportsUsedInFile: true,
};
