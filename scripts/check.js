// Runs every check, also after one has failed, and says which. `node scripts/check.js lint layers` runs only those.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const CHECKS = ['types', 'types:pure', 'lint', 'layers', 'format:check', 'unused', 'package', 'size'];

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : CHECKS;
const run = (script) =>
  spawnSync('npm', ['run', '--silent', script], { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

if (wanted.length === 0 && !run('build')) {
  console.error('The build failed, so package and size would look at an old one.');
  process.exit(1);
}

const results = names.map((name) => {
  console.log(`\n── ${name}`);
  const start = performance.now();
  const passed = run(name);
  return { name, passed, seconds: (performance.now() - start) / 1000 };
});

console.log();
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? 'ok    ' : 'failed'} ${name} (${seconds.toFixed(1)} s)`);
}
if (process.env.CHECKS_JSON) writeFileSync(process.env.CHECKS_JSON, JSON.stringify(results, null, 2));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
