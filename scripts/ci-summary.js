// Adds up what the steps of .ci/run left in a folder, and names what failed. The last line is "N passed, N failed".
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const folder = process.argv[2];
const read = (file) => {
  const path = join(folder, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
};

/** Which steps must leave counts behind: not to have run is not to have passed. */
const TESTS = ['test', 'browser', 'interop'];
const CHECKS = ['checks', 'installed-package'];

/** The tests of a step that had an error: those that failed, and those that passed when they were tried again. */
function troubled(step, { testResults }) {
  const nameOf = (file, title) => `${step}: ${relative(process.cwd(), file.name)}${title ? ` > ${title}` : ''}`;
  const line = (name, message = 'no reason given') => `${name}\n    ${message.split('\n')[0]}`;
  const ofTests = testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ failureMessages }) => failureMessages?.length > 0)
      .map(({ status, fullName, failureMessages }) => ({
        failed: status === 'failed',
        text: line(nameOf(file, fullName), failureMessages[0]),
      })),
  );
  // A file that could not even be loaded has no failed test of its own.
  const ofFiles = testResults
    .filter((file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'))
    .map((file) => ({ failed: true, text: line(nameOf(file), file.message) }));
  return { ofTests, ofFiles };
}

let passed = 0;
let failed = 0;
const failures = [];
const unsteady = [];
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
    const { ofTests, ofFiles } = troubled(name, tests);
    counts.failed += ofFiles.length;
    for (const { failed, text } of [...ofTests, ...ofFiles]) (failed ? failures : unsteady).push(text);
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

if (unsteady.length > 0) console.log(`\nPassed only when tried again:\n${unsteady.join('\n')}`);
if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
