// Measures every driver in one run and prints tables. See README.md for the method.
//
//   node bench/run.mjs [--rounds N] [--seconds S] [--warm-up S] [--quiet PERCENT [--repeats N]]
//     [--only a,b] [--metrics a,b] [--all] [--against checkout] [--json out.json] [--profile dir]

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { drivers as known, withTwins } from './drivers.mjs';
import { measure, metrics as knownMetrics } from './lib/metrics.mjs';
import { Load, startServer } from './lib/processes.mjs';
import {
  checkTargets,
  cpuTable,
  lossLines,
  median,
  ratesTable,
  summarize,
  targetsTable,
  twinsTable,
} from './lib/report.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '1' },
    'warm-up': { type: 'string', default: '0.3' },
    quiet: { type: 'string', default: '100' },
    repeats: { type: 'string', default: '8' },
    only: { type: 'string' },
    metrics: { type: 'string' },
    all: { type: 'boolean', default: false },
    against: { type: 'string' },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
});

function number(flag, least) {
  const value = Number(flags[flag]);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`--${flag} must be a number, ${least} or more`);
  process.exit(2);
}

function choose(list, flag) {
  if (flags[flag] === undefined) return list.filter(({ extra }) => flags.all || !extra);
  const names = flags[flag].split(',');
  const wrong = names.find((name) => !list.some(({ id }) => id === name));
  if (wrong !== undefined) {
    console.error(`--${flag}: there is no ${wrong}; there are ${list.map(({ id }) => id).join(', ')}`);
    process.exit(2);
  }
  return list.filter(({ id }) => names.includes(id));
}

const rounds = number('rounds', 1);
const seconds = number('seconds', 0.1);
const warmUp = number('warm-up', 0);
const quiet = number('quiet', 0) / 100;
const patience = number('repeats', 0);
const metrics = choose(knownMetrics, 'metrics');
let drivers = choose(known, 'only');
if (flags.against !== undefined) drivers = withTwins(drivers, resolve(flags.against));
const processOptions = { profiles: flags.profile };

/** By the driver's server and checkout: drivers share servers. */
const servers = new Map();
const serverOf = ({ server, checkout }) =>
  server === 'rocade' && checkout !== undefined ? `${server} of ${checkout}` : server;
const pairs = new Map();

async function stopAll() {
  await Promise.all([...pairs.keys()].map(stopPair));
  await Promise.all([...servers.values()].map((server) => server.stop()));
  servers.clear();
}

async function stopPair(id) {
  const pair = pairs.get(id);
  pairs.delete(id);
  await Promise.all([pair.active.stop(), pair.passive.stop()]);
}

async function startPair(driver) {
  const name = serverOf(driver);
  if (servers.get(name).ended()) {
    console.error(`${name} has ended; starting it again`);
    servers.set(name, await startServer(driver.server, { ...processOptions, checkout: driver.checkout }));
  }
  const server = servers.get(name);
  const passive = new Load(driver, 'passive', processOptions);
  const active = new Load(driver, 'active', processOptions);
  pairs.set(driver.id, { active, passive, server });
  const { creditPort } = await passive.order('openPassive', { url: server.url, echo: driver.echo });
  await active.order('openActive', { url: server.url, creditPort });
  return pairs.get(driver.id);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void stopAll().finally(() => process.exit(130));
  });
}

const unavailable = new Set();
for (const driver of drivers) {
  const name = serverOf(driver);
  if (servers.has(name) || unavailable.has(name)) continue;
  try {
    servers.set(name, await startServer(driver.server, { ...processOptions, checkout: driver.checkout }));
  } catch (error) {
    unavailable.add(name);
    console.error(`${name}: left out: ${error.message}`);
  }
}
drivers = drivers.filter((driver) => servers.has(serverOf(driver)));

const samples = Object.fromEntries(drivers.map(({ id }) => [id, {}]));
const foreign = [];
let failures = 0;

/**
 * Repeats a burst that others have disturbed, so many times at most, and takes the least disturbed one. With `--quiet`
 * a busy machine can still be measured on, in the moments when it is not busy.
 */
async function undisturbed(take, repeats) {
  let best = await take();
  for (let repeat = 0; repeat < repeats && best.foreign > quiet; repeat += 1) {
    await delay(1_000);
    const again = await take();
    if (again.foreign < best.foreign) best = again;
  }
  return best;
}

async function burst(driver, metric, { round, counted }) {
  try {
    const pair = pairs.get(driver.id) ?? (await startPair(driver));
    const sample = await undisturbed(() => measure(pair, metric, { seconds, warmUp }), counted ? patience : 0);
    if (!counted) return;
    samples[driver.id][metric.id] ??= [];
    samples[driver.id][metric.id].push({ round, ...sample });
    foreign.push(sample.foreign);
  } catch (error) {
    failures += 1;
    console.error(`${driver.id}, ${metric.id}: ${error.message}`);
    if (pairs.has(driver.id)) await stopPair(driver.id);
  }
}

/** In an order of its own each time (Fisher-Yates). */
function shuffled(list) {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

// The first round warms everything up and is not counted, unless it is the only one. The order is another in each round:
// who always runs after the same neighbour, or twice in a row, is up to a tenth slower than the same code elsewhere.
for (let round = 0; round < rounds; round += 1) {
  const counted = round > 0 || rounds === 1;
  for (const driver of shuffled(drivers)) {
    for (const metric of metrics) {
      if (!(driver.echo && metric.order === 'publishes')) await burst(driver, metric, { round, counted });
    }
  }
  console.error(`round ${round + 1} of ${rounds} done${counted ? '' : ' (warm-up, not counted)'}`);
}
await stopAll();

const summary = summarize(samples);
const checks = checkTargets(samples);
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const sortedForeign = [...foreign].sort((a, b) => a - b);
const conditions =
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}, ` +
  `${new Date().toISOString().slice(0, 10)}; ${Math.max(1, rounds - 1)} counted rounds of ${seconds} s; ` +
  `CPU taken by others during the bursts: median ${percent(median(foreign))}, ` +
  `90th percentile ${percent(sortedForeign[Math.floor(sortedForeign.length * 0.9)] ?? Number.NaN)}`;

console.log(`${conditions}\n`);
console.log(`Rates\n\n${ratesTable(drivers, summary, samples)}\n`);
console.log(`CPU, microseconds per operation of each process\n\n${cpuTable(drivers, summary, samples)}\n`);
if (flags.against !== undefined)
  console.log(`Against the other checkout\n\n${twinsTable(drivers, metrics, samples)}\n`);
console.log(targetsTable(checks));
if (median(foreign) > 0.15) {
  console.log('\n**Others took much of the CPU during this run: its ratios are not to be trusted.** See --quiet.');
}
for (const line of lossLines(drivers, summary)) console.log(`\n${line}`);
if (flags.json) {
  writeFileSync(flags.json, `${JSON.stringify({ conditions, summary, checks, samples }, undefined, 1)}\n`);
}
process.exitCode = failures > 0 || drivers.length === 0 ? 1 : 0;
