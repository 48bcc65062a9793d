// Nanoseconds of CPU per message within one process: our JSON serializer beside JSON.parse and JSON.stringify alone, and
// clients on a transport that is not there, beside the least that a client has to do.
//
// It measures the sources, bundled the way the package is: what routers use of a serializer is not public.
//
//   node bench/micro.mjs [--rounds N] [--ms M]

import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { clientRows } from './lib/micro-clients.mjs';
import { serializerRows } from './lib/micro-serializer.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '100' },
  },
});
const options = { rounds: Number(flags.rounds), ms: Number(flags.ms) };

async function sources() {
  const directory = mkdtempSync(fileURLToPath(new URL('../node_modules/.rocade-bench-', import.meta.url)));
  const outfile = join(directory, 'rocade.mjs');
  try {
    await build({
      stdin: {
        contents:
          "export { connect, framed } from './index.ts'; export { json, jsonWire } from './serializers/index.ts';",
        resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
        loader: 'ts',
      },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'es2022',
      outfile,
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const rocade = await sources();

const ns = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–');
const against = (own, floor) => `${ns(own)} (${(own / floor).toFixed(2)}×)`;

console.log(
  '| message | octets | encode ns (× stringify) | decode all ns (× parse) | router: decode head ns | router: pass on ns (× parse and stringify) | octets to text ns |',
);
console.log('| --- | --: | --: | --: | --: | --: | --: |');
for (const row of await serializerRows(rocade, options)) {
  console.log(
    `| ${row.name} | ${ns(row.bytes)} | ${against(row.encode, row.stringify)} | ${against(row.decode, row.parse)} | ` +
      `${ns(row.head)} | ${against(row.pass, row.passPlain)} | ${ns(row.text)} |`,
  );
}

const rows = await clientRows(rocade, options);
const [floor] = rows;
console.log('\n| client without a socket | call and result ns | event ns | publish ns | invocation and yield ns |');
console.log('| --- | --: | --: | --: | --: |');
for (const { name, call, event, publish, invocation } of rows) {
  console.log(
    `| ${name} | ${against(call, floor.call)} | ${against(event, floor.event)} | ${against(publish, floor.publish)} | ` +
      `${against(invocation, floor.invocation)} |`,
  );
}
