// A minute of chaos: 20 clients with 40 calls a second each, over a network and a router that fail in every way.
// Usage, after `npm run build`: node --import tsx bench/chaos.mjs [--seed N] [--seconds S] [--verbose]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chaos, percentile } from '../test/e2e/chaos.ts';
import { freePort } from './lib/processes.mjs';

const LIMITS = { p50: 500, p99: 2500 };

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    verbose: { type: 'boolean', default: false },
  },
});

const port = await freePort();
let child = await start();

async function start() {
  for (;;) {
    const started = fork(fileURLToPath(new URL('servers/mortal-router.mjs', import.meta.url)), [String(port)]);
    const ready = await Promise.race([
      once(started, 'message').then(() => true),
      once(started, 'exit').then(() => false),
    ]);
    if (ready) return started;
    // While nobody listened there, the port may have served as the near end of somebody's connection.
    console.log('the router did not start, and is started again');
    await delay(500);
  }
}

const hasEnded = (one) => one.exitCode !== null || one.signalCode !== null;

const router = {
  port,
  async kill(downMs) {
    const ended = hasEnded(child) ? undefined : once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await delay(downMs);
    child = await start();
  },
  async stop(ms) {
    child.kill('SIGSTOP');
    await delay(ms);
    child.kill('SIGCONT');
  },
};

const began = performance.now();
let last = 'the beginning';
// Nothing here takes so long after the chaos unless something hangs, and then it should be known what.
setTimeout(
  () => {
    console.log(`failed: hangs after: ${last}; what is open: ${process.getActiveResourcesInfo().join(', ')}`);
    child.kill('SIGKILL');
    process.exit(1);
  },
  Number(values.seconds) * 1000 + 180_000,
).unref();
const findings = await chaos({
  router,
  seed: Number(values.seed),
  clients: 20,
  callsPerSecond: 40,
  seconds: Number(values.seconds),
  pace: 1,
  timeout: 3000,
  retry: { initialDelay: 100, maxDelay: 500 },
  liveness: { interval: 300, timeout: 500 },
  log(what) {
    last = what;
    if (values.verbose) console.log(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`);
  },
});
child.kill('SIGKILL');

const { problems, calls, fulfilled, rejected, outages, backMs } = findings;
const p50 = percentile(backMs, 0.5);
const p99 = percentile(backMs, 0.99);
console.log(`${calls} calls: ${fulfilled} answered rightly, ${rejected} rejected; ${outages} outages of all clients`);
console.log(`back after the path's return, ${backMs.length} times: p50 ${p50.toFixed()} ms, p99 ${p99.toFixed()} ms`);
for (const problem of problems.slice(0, 20)) console.log(`wrong: ${problem}`);
const passed = problems.length === 0 && p50 <= LIMITS.p50 && p99 <= LIMITS.p99;
console.log(
  passed ? 'passed' : `failed: ${problems.length} problems; the limits are ${LIMITS.p50} and ${LIMITS.p99} ms`,
);
process.exitCode = passed ? 0 : 1;
