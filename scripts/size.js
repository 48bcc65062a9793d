// What a page pays: bundles the built package for browsers, minified, and holds it against a limit in bytes after gzip.
// Also proves that nothing gets in that a page should not carry.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { script } from '../entries.js';

const BUDGETS = [
  { name: "import { connect } from 'rocade'", code: "export { connect } from 'rocade';", maxBytes: 10_000 },
  { name: script.output, file: script.output, maxBytes: 12_000 },
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

for (const { name, code, file, maxBytes } of BUDGETS) {
  const { text, inputs } = file
    ? { text: readFileSync(file, 'utf8'), inputs: JSON.parse(readFileSync(`${file}.map`, 'utf8')).sources }
    : await bundle(code);
  const bytes = gzipSync(text, { level: 9 }).length;
  report(bytes <= maxBytes, `${name}: ${bytes} bytes gzip, ${text.length} minified; the limit is ${maxBytes}`);
  for (const { what, pattern } of FORBIDDEN) {
    if (pattern.test(text)) report(false, `${name} carries ${what}`);
  }
  for (const input of inputs.filter((path) =>
    /node_modules\/(ws|hono|@hono|commander|msgpackr|cbor-x|tweetnacl|@noble)\/|(dist|src)\/(router|node|cli)\//.test(
      path,
    ),
  )) {
    report(false, `${name} carries ${input}`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
