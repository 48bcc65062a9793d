// The one list of what the package offers. package.json's exports map (written by `npm run entries`), rollup's inputs,
// the aliases of the tests and the test of the exported names are all made from it.

/** Public subpaths and the source file behind each. */
export const entries = [
  { subpath: '.', source: 'src/index.ts' },
  { subpath: './app', source: 'src/app/index.ts' },
  { subpath: './contract', source: 'src/contract/index.ts' },
  { subpath: './protocol', source: 'src/protocol/index.ts' },
  { subpath: './router', source: 'src/router/index.ts' },
  { subpath: './auth', source: 'src/auth/index.ts' },
  { subpath: './memory', source: 'src/transports/memory.ts' },
  { subpath: './msgpack', source: 'src/serializers/msgpack.ts' },
  { subpath: './cbor', source: 'src/serializers/cbor.ts' },
  { subpath: './meta', source: 'src/meta/index.ts' },
  { subpath: './node', source: 'src/node/index.ts' },
  { subpath: './testing', source: 'src/testing/index.ts' },
];

/** What a page can import. Bundlers for pages find these built apart, in `dist/browser`. */
export const browserEntries = entries.filter(({ subpath }) => subpath !== './node');

/** Commands and the source file behind each. They export nothing. */
export const commands = [{ name: 'rocade', source: 'src/cli/main.ts' }];

/** What the process manager runs, each in a process of its own. They export nothing. */
export const programs = ['router', 'watchdog', 'worker'].map((name) => `src/process/${name}-main.ts`);

/** The file for a `<script>` tag: everything of the first entry, under one global name. */
export const script = { source: 'src/index.ts', global: 'rocade', output: 'dist/rocade.min.js' };

/** What stands in the package for a source file: `src/router/index.ts` → `router/index`. */
export const outputName = (source) => source.replace(/^src\//, '').replace(/\.ts$/, '');

/** How a user writes a subpath: `./router` → `rocade/router`. */
export const specifier = (subpath) => `rocade${subpath.slice(1)}`;

/** The exports map of package.json. The order of the conditions is their meaning: types first, default last. */
export function exportsMap() {
  const map = {};
  for (const { subpath, source } of entries) {
    const name = outputName(source);
    map[subpath] = {
      types: `./dist/${name}.d.ts`,
      ...(browserEntries.some((entry) => entry.subpath === subpath) && { browser: `./dist/browser/${name}.js` }),
      default: `./dist/${name}.js`,
    };
  }
  map['./package.json'] = './package.json';
  return map;
}

/** The `bin` field of package.json. */
export function binMap() {
  return Object.fromEntries(commands.map(({ name, source }) => [name, `dist/${outputName(source)}.js`]));
}
