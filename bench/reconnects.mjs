// A thousand forced reconnects with 200 subscriptions and 50 registrations: none lost, none doubled, and no memory kept.
// Usage, after `npm run build`: node --expose-gc --import tsx bench/reconnects.mjs [--rounds N]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../dist/index.js';
import { reconnects } from '../test/e2e/reconnects.ts';
import { freePort } from './lib/processes.mjs';

const MAX_GROWTH_BYTES = 5_000_000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } });
const { gc } = globalThis;
if (!gc) throw new Error('run it with --expose-gc');

const port = await freePort();
const router = fork(fileURLToPath(new URL('servers/mortal-router.mjs', import.meta.url)), [String(port)]);
await once(router, 'message');
const url = `ws://127.0.0.1:${port}`;
const [client, other] = await Promise.all([connect(url), connect(url)]);

// The first reconnects warm up what is made once.
await reconnects(client, other, { rounds: 20, subscriptions: 0, registrations: 0 });
const heaps = [];
const began = performance.now();
const { events, calls, errors } = await reconnects(client, other, {
  rounds: Number(values.rounds),
  subscriptions: 200,
  registrations: 50,
  measure() {
    gc();
    heaps.push(process.memoryUsage().heapUsed);
  },
});
const seconds = (performance.now() - began) / 1000;
await Promise.all([client.close(), other.close()]);
router.kill();

const wrong = [...events, ...calls].filter((count) => count !== 1).length;
const growth = heaps[1] - heaps[0];
console.log(
  `${values.rounds} reconnects in ${seconds.toFixed(1)} s, ${errors.length} restorations that had to be repeated`,
);
console.log(
  `${wrong} of ${events.length + calls.length} lost or doubled; the heap grew by ${(growth / 1e6).toFixed(2)} MB`,
);
const passed = wrong === 0 && growth < MAX_GROWTH_BYTES;
console.log(passed ? 'passed' : `failed: the limit is ${MAX_GROWTH_BYTES / 1e6} MB`);
process.exitCode = passed ? 0 : 1;
