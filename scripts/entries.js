// Writes what follows from entries.js: the exports map and the commands of package.json, the paths of the tests' tsconfig.
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
