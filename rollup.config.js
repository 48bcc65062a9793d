import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { existsSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import esbuild from 'rollup-plugin-esbuild';
import { browserEntries, commands, entries, outputName, programs, script } from './entries.js';
import { shortening } from './short-names.js';

const target = 'es2022';
// As `sideEffects` in package.json says; else an entry would import whatever the folders that it imports could import.
const treeshake = { moduleSideEffects: false };
const inputOf = (sources) => Object.fromEntries(sources.map((source) => [outputName(source), source]));
const sourcesOf = (list) => list.map(({ source }) => source);
// Every package stays an import of the user's bundler or of Node.
const external = (id) => isBuiltin(id) || !/^(\.|\/|src\/)/.test(id);

/** Chunk names carry a hash, so a build that is not the first would leave old chunks behind. */
const removeOldChunks = {
  name: 'remove-old-chunks',
  async writeBundle({ dir }, bundle) {
    const chunks = join(dir, 'chunks');
    const files = await readdir(chunks).catch(() => []);
    const old = files.filter((file) => /\.js(\.map)?$/.test(file) && !(`chunks/${file}` in bundle));
    await Promise.all(old.map((file) => rm(join(chunks, file), { force: true })));
  },
};

/** npm does so where it installs a package, and `npx rocade` in this repository runs what was built here. */
const executable = {
  name: 'executable',
  writeBundle: ({ dir }) =>
    Promise.all(commands.map(({ source }) => chmod(join(dir, `${outputName(source)}.js`), 0o755))),
};

/** For pages, `x.browser.ts` takes the place of `x.ts`. */
const browserFiles = {
  name: 'browser-files',
  resolveId(id, importer) {
    const file = importer && join(dirname(importer), id.replace(/\.ts$/, '.browser.ts'));
    return file && id.startsWith('.') && existsSync(file) ? file : null;
  },
};

/** What a build for pages does besides: no page has a Buffer. */
const forPages = { target, tsconfig: false, define: { 'globalThis.Buffer': 'undefined' }, ...shortening };

const output = (dir) => ({
  dir,
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // Bundlers warn of imports for side effects of what has none.
  hoistTransitiveImports: false,
  sourcemap: true,
});

export default [
  {
    input: inputOf([...sourcesOf([...entries, ...commands]), ...programs]),
    treeshake,
    external,
    plugins: [esbuild({ target, tsconfig: false }), removeOldChunks, executable],
    output: output('dist'),
  },
  {
    input: inputOf(sourcesOf(browserEntries)),
    treeshake,
    external,
    plugins: [browserFiles, esbuild(forPages), removeOldChunks],
    output: output('dist/browser'),
  },
  {
    input: script.source,
    treeshake,
    plugins: [browserFiles, nodeResolve({ browser: true }), commonjs(), esbuild({ ...forPages, minify: true })],
    output: { file: script.output, format: 'iife', name: script.global, sourcemap: true },
  },
];
