// Writes what follows from entries.js: the exports map and the commands of package.json, the paths of the tests' tsconfig.
// `npm run entries -- --names` also writes the list of exported names, from what is built: look at the difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { binMap, entries, exportsMap, specifier } from '../entries.js';

function update(path, change) {
  const url = new URL(`../${path}`, import.meta.url);
  const content = JSON.parse(readFileSync(url, 'utf8'));
  change(content);
  writeFileSync(url, `${JSON.stringify(content, null, 2)}\n`);
}

const paths = Object.fromEntries(entries.map(({ subpath, source }) => [specifier(subpath), [`./${source}`]]));

update('package.json', (content) => {
  content.exports = exportsMap();
  content.bin = binMap();
});
update('tsconfig.paths.json', (content) => {
  content.compilerOptions.paths = paths;
});

if (process.argv.includes('--names')) {
  const names = {};
  for (const { subpath } of entries) names[specifier(subpath)] = Object.keys(await import(specifier(subpath))).sort();
  writeFileSync(new URL('../test/package/exported-names.json', import.meta.url), `${JSON.stringify(names, null, 2)}\n`);
}
