// What a page pays: bundles the built package for browsers, minified, and holds it against a limit in bytes after gzip.
// Also proves that nothing gets in that a page should not carry.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { script } from '../entries.js';

const BUDGETS = [
  { name: "import { connect } from 'rocade'", code: "export { connect } from 'rocade';", maxBytes: 13_040 },
  {
    name: 'the same with MessagePack',
    code: "export { connect } from 'rocade'; export { msgpack } from 'rocade/msgpack';",
    maxBytes: 23_200,
    brings: ['msgpackr'],
  },
  {
    name: 'the same with CBOR',
    code: "export { connect } from 'rocade'; export { cbor } from 'rocade/cbor';",
    maxBytes: 23_710,
    brings: ['cbor-x'],
  },
  {
    name: 'the same with all authentication',
    code: `export { connect } from 'rocade';
      export { anonymous, cookie, crossbarScram, cryptosign, scram, ticket, wampcra } from 'rocade/auth';`,
    maxBytes: 30_000,
    brings: ['tweetnacl', '@noble'],
  },
  { name: script.output, file: script.output, maxBytes: 14_610 },
];

const FORBIDDEN = [
  { what: "Node's Buffer", pattern: /(?<![.\w$])Buffer\b/ },
  { what: "Node's process", pattern: /(?<![.\w$])process\s*[.[]/ },
  { what: 'eval', pattern: /\beval\s*\(/ },
  { what: 'new Function', pattern: /\bnew Function\b/ },
  { what: 'require', pattern: /\brequire\s*\(/ },
];

async function bundle(code) {
  const result = await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}

let failures = 0;
function report(ok, text) {
  if (!ok) failures += 1;
  (ok ? console.log : console.error)(`${ok ? 'ok    ' : 'failed'} ${text}`);
}

/** What a page carries only when it asks for it. */
const PACKAGES = ['ws', 'hono', '@hono', 'commander', 'msgpackr', 'cbor-x', 'tweetnacl', '@noble'];
/** What only routers need, to leave payloads as they came. */
const WIRE_FORM = /\bclass (?:Json|Binary)Payload\b/;

for (const { name, code, file, maxBytes, brings } of BUDGETS) {
  const { text, inputs } = file
    ? { text: readFileSync(file, 'utf8'), inputs: JSON.parse(readFileSync(`${file}.map`, 'utf8')).sources }
    : await bundle(code);
  const bytes = gzipSync(text, { level: 9 }).length;
  report(bytes <= maxBytes, `${name}: ${bytes} bytes gzip, ${text.length} minified; the limit is ${maxBytes}`);
  for (const { what, pattern } of FORBIDDEN) {
    // msgpackr and cbor-x look whether there is a Buffer, and do without.
    if (pattern.test(text) && !(brings && what === "Node's Buffer")) report(false, `${name} carries ${what}`);
  }
  const foreign = PACKAGES.filter((packageName) => !brings?.includes(packageName)).map(
    (packageName) => `node_modules/${packageName}/`,
  );
  for (const input of inputs.filter(
    (path) => foreign.some((part) => path.includes(part)) || /(dist|src)\/(browser\/)?(router|node|cli)\//.test(path),
  )) {
    report(false, `${name} carries ${input}`);
  }
  for (const input of inputs.filter((path) => path.startsWith('dist/') && WIRE_FORM.test(readFileSync(path, 'utf8')))) {
    report(false, `${name} carries ${input}, which is for routers`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
