import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import esbuild from 'rollup-plugin-esbuild';
import { commands, entries, outputName, programs, script } from './entries.js';

const target = 'es2022';
// As `sideEffects` in package.json says; else an entry would import whatever the folders that it imports could import.
const treeshake = { moduleSideEffects: false };
const sources = [...[...entries, ...commands].map(({ source }) => source), ...programs];
const input = Object.fromEntries(sources.map((source) => [outputName(source), source]));

/** Chunk names carry a hash, so a build that is not the first would leave old chunks behind. */
const removeOldChunks = {
  name: 'remove-old-chunks',
  async writeBundle(_options, bundle) {
    const files = await readdir('dist/chunks').catch(() => []);
    const old = files.filter((file) => /\.js(\.map)?$/.test(file) && !(`chunks/${file}` in bundle));
    await Promise.all(old.map((file) => rm(join('dist/chunks', file), { force: true })));
  },
};

export default [
  {
    input,
    treeshake,
    // Every package stays an import of the user's bundler or of Node, so that `isomorphic-ws` is resolved for where it runs.
    external: (id) => isBuiltin(id) || !/^(\.|\/|src\/)/.test(id),
    plugins: [esbuild({ target, tsconfig: false }), removeOldChunks],
    output: {
      dir: 'dist',
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
      // Bundlers warn of imports for side effects of what has none.
      hoistTransitiveImports: false,
      sourcemap: true,
    },
  },
  {
    input: script.source,
    treeshake,
    plugins: [nodeResolve({ browser: true }), commonjs(), esbuild({ target, tsconfig: false, minify: true })],
    output: { file: script.output, format: 'iife', name: script.global, sourcemap: true },
  },
];
