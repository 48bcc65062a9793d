import { availableParallelism } from 'node:os';
import { transform } from 'esbuild';
import { defineConfig } from 'vitest/config';
import { entries, specifier } from './entries.js';

// Tests import the package by its own name and get the source; those that test the package as built get dist.
const alias = entries.map(({ subpath, source }) => ({
  find: new RegExp(`^${specifier(subpath)}$`),
  replacement: new URL(source, import.meta.url).pathname,
}));
const built = [
  'test/package/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/examples/**/*.test.ts',
  'test/site/**/*.test.ts',
];
/** What changes the world for all that run in the same process: a fresh one for each. */
const alone = [
  'test/auth/scram-memory.test.ts',
  'test/contract/native-websocket.test.ts',
  'test/contract/page-websocket.test.ts',
];
const interop = ['test/interop/**/*.test.ts'];
const browser = ['test/browser/**/*.test.ts'];

// Vite leaves decorators as they stand, and Node does not know them yet.
const decorators = {
  name: 'standard-decorators',
  enforce: 'pre' as const,
  async transform(code: string, file: string) {
    if (!file.endsWith('.ts') || !/^\s*@\w+\(/m.test(code)) return undefined;
    const lowered = await transform(code, { loader: 'ts', target: 'es2022', sourcefile: file, sourcemap: true });
    return { code: lowered.code, map: lowered.map };
  },
};

// What uses real sockets, processes, browsers and other people's software gets a second try in CI, whose summary names it.
const retry = process.env['CI'] ? 1 : 0;

export default defineConfig({
  test: {
    // Many tests wait for processes that they started, so two more than there are cores keep them busy.
    maxWorkers: availableParallelism() + 2,
    reporters: process.env['VITEST_JSON'] ? ['default', 'json'] : ['default'],
    ...(process.env['VITEST_JSON'] && { outputFile: { json: process.env['VITEST_JSON'] } }),
    projects: [
      {
        plugins: [decorators],
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...built, ...interop, ...browser, '**/node_modules/**'],
          testTimeout: 30_000,
          // Half the time of hundreds of files goes into loading the same modules again.
          isolate: false,
          retry,
        },
      },
      { resolve: { alias }, test: { name: 'unit-alone', include: alone, retry, testTimeout: 30_000 } },
      { test: { name: 'package', include: built, isolate: false, retry, testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        resolve: { alias },
        test: {
          name: 'interop',
          include: interop,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          retry,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'browser',
          include: browser,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          retry,
        },
      },
    ],
  },
});
