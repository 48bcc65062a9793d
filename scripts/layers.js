// Checks the import directions of .dependency-cruiser.mjs and proves that every source file was looked at.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = readdirSync('src', { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file));

const args = [
  'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  'src',
  '--config',
  '.dependency-cruiser.mjs',
];
const report = JSON.parse(
  execFileSync(process.execPath, [...args, '--output-type', 'json'], { encoding: 'utf8', maxBuffer: 1 << 28 }),
);
const cruised = new Set(report.modules.map(({ source }) => source).filter((source) => source.startsWith('src/')));

const problems = report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
for (const file of sources.filter((source) => !cruised.has(source))) problems.push(`not looked at: ${file}`);
for (const file of sources) {
  if (/^\s*export \*/m.test(readFileSync(file, 'utf8'))) problems.push(`export *: ${file}`);
}
// One file decides which WebSocket is meant; everything else is handed it.
const choosers = report.modules.filter(({ dependencies }) =>
  dependencies.some(({ module }) => module === 'isomorphic-ws'),
);
if (choosers.length > 1) problems.push(`isomorphic-ws: ${choosers.map(({ source }) => source).join(', ')}`);
if (cruised.size === 0) problems.push('no module was looked at');

for (const problem of problems) console.error(problem);
console.log(
  `${cruised.size} modules, ${report.summary.totalDependenciesCruised} imports, ${problems.length} violations`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
