// Adds up what the steps of .ci/run left in a folder. The last line is "N passed, N failed".
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const read = (file) => {
  const path = join(folder, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
};

/** Which steps must leave counts behind: not to have run is not to have passed. */
const TESTS = ['test', 'browser', 'interop'];
const CHECKS = ['checks', 'installed-package'];

let passed = 0;
let failed = 0;
const steps = readFileSync(join(folder, 'steps.tsv'), 'utf8').trim().split('\n');

console.log();
for (const [name, status, seconds] of steps.map((line) => line.split('\t'))) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const tests = read(`${name}.vitest.json`);
  const checks = read(`${name}.checks.json`) ?? [];
  if (tests) {
    counts.passed += tests.numPassedTests;
    counts.failed += tests.numFailedTests;
    counts.skipped += tests.numPendingTests + tests.numTodoTests;
    // A file that could not even be loaded has no failed test of its own.
    counts.failed += tests.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
    ).length;
  }
  counts.passed += checks.filter((check) => check.passed).length;
  counts.failed += checks.filter((check) => !check.passed).length;

  const counted = counts.passed + counts.failed > 0;
  const silent = !counted && (TESTS.includes(name) || CHECKS.includes(name));
  if (counts.failed === 0 && (status !== '0' || silent)) counts.failed = 1;

  passed += counts.passed;
  failed += counts.failed;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(
    `${counts.failed === 0 ? 'ok    ' : 'failed'} ${name}: ${counts.passed} passed, ${counts.failed} failed${skipped}, ${seconds} s`,
  );
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
