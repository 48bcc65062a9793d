// Who may import whom, as data: folder → what it may import at run time, what for types only, and which packages.
// A folder may always import itself and base. Everything else is an error.
import { entries } from './entries.js';

const LAYERS = {
  base: { run: [], types: [], packages: [] },
  protocol: { run: [], types: [], packages: [] },
  // A frame becomes a message by the message table, so the serializers need more of the protocol than its types.
  serializers: { run: ['protocol'], types: [], packages: ['msgpackr', 'cbor-x'] },
  auth: { run: [], types: ['protocol'], packages: ['tweetnacl', '@noble/ed25519', '@noble/hashes'] },
  transports: { run: [], types: ['protocol', 'serializers'], packages: ['isomorphic-ws'] },
  client: { run: ['protocol'], types: ['auth', 'transports'], packages: [] },
  meta: { run: ['client', 'protocol'], types: [], packages: [] },
  router: { run: ['protocol', 'auth', 'transports'], types: [], packages: [] },
  contract: { run: ['client', 'protocol'], types: [], packages: [] },
  // An app connects as any program does: by what `import 'rocade'` gives.
  app: { run: ['client', 'protocol'], types: ['contract'], packages: [], root: true },
  node: {
    run: ['router', 'client', 'protocol', 'transports', 'serializers', 'auth'],
    types: [],
    packages: ['ws', 'hono', '@hono/node-server'],
  },
  // The configuration file, which the process manager and the command read.
  config: { run: [], types: [], packages: ['valibot'] },
  process: { run: ['client', 'app', 'node', 'config', 'router', 'auth'], types: [], packages: ['pino'], root: true },
  testing: { run: ['router', 'client', 'protocol', 'transports', 'app'], types: [], packages: [] },
  cli: {
    run: ['node', 'process', 'client', 'app', 'auth', 'serializers', 'protocol', 'config'],
    types: [],
    packages: ['commander'],
    root: true,
  },
};

/** What src/index.ts puts together. */
const ROOT = ['client', 'contract', 'serializers', 'transports', 'auth', 'protocol', 'base'];

/** Where Node's own modules may be imported. */
const NODE = ['node', 'config', 'process', 'cli'];

const folders = (names) => `^src/(${names.join('|')})/`;
const escaped = (text) => text.replace(/[.\\/]/g, '\\$&');
const packagePaths = (names) => names.map((name) => `(^|/)node_modules/(@types/)?${escaped(name)}/`);
const publicFiles = entries.map(({ source }) => `^${escaped(source)}$`);

const rules = Object.entries(LAYERS).flatMap(([name, { run, types, packages, root }]) => [
  {
    name: `${name}-imports`,
    severity: 'error',
    from: { path: folders([name]) },
    to: { path: '^src/', pathNot: [folders([name, 'base', ...run, ...types]), ...(root ? ['^src/index\\.ts$'] : [])] },
  },
  {
    name: `${name}-packages`,
    severity: 'error',
    from: { path: folders([name]) },
    to: { path: 'node_modules', ...(packages.length > 0 && { pathNot: packagePaths(packages) }) },
  },
  {
    name: `${name}-index-only`,
    comment: "Other folders are imported through their index.ts, or through a public subpath's own file.",
    severity: 'error',
    from: { path: folders([name]) },
    to: { path: '^src/[^/]+/', pathNot: [folders([name]), '^src/[^/]+/index\\.ts$', ...publicFiles] },
  },
  ...(types.length === 0
    ? []
    : [
        {
          name: `${name}-types-only`,
          severity: 'error',
          from: { path: folders([name]) },
          to: { path: folders(types), dependencyTypesNot: ['type-only'] },
        },
      ]),
]);

export default {
  forbidden: [
    ...rules,
    {
      name: 'router-without-sockets',
      comment: 'Of the transports, a router takes only memory with it: pages embed routers.',
      severity: 'error',
      from: { path: folders(['router']) },
      to: { path: folders(['transports']), pathNot: '^src/transports/memory\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'root-imports',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '.', pathNot: [`^src/(${ROOT.join('|')})/index\\.ts$`, ...publicFiles] },
    },
    {
      name: 'root-layers',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/', pathNot: folders(ROOT) },
    },
    {
      name: 'known-folder',
      comment: 'A new folder needs its line in the table above.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: folders(Object.keys(LAYERS)) },
      to: {},
    },
    {
      name: 'node-modules-at-the-edge',
      severity: 'error',
      from: { path: '^src/', pathNot: folders(NODE) },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
