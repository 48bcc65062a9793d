// What a site of processes costs: how soon it is there, what a worker needs, whether two do twice as much as one, what a part
// costs that fails again and again. Needs Linux and a build.
// node bench/site.mjs [start] [memory] [scaling] [crash] [--workers 10] [--seconds 10]; all four unless some are named. Prints a
// line of JSON for each, and ends with code 1 when a bound is missed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../dist/index.js';
import { processTree } from './lib/cpu.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const GREETER = `export default (client) => client.register('greet.' + process.pid, () => 'hello');`;
/** Work that is counted in turns and not in time, so that whoever gets less of a core does less of it. */
const BURNER = `
let turns = 100_000;
function burn(count) {
  let x = 1;
  for (let i = 0; i < count; i++) x = Math.imul(x ^ i, 2_654_435_761);
  return x;
}
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
for (let round = 0; round < 30; round++) {
  const before = cpuMs();
  burn(turns);
  turns = Math.round(turns * Math.min(4, 20 / Math.max(1, cpuMs() - before)));
}
// The next call goes to whoever has less at hand, and not to whoever's turn it is.
export default (client) => client.register('burn', () => (burn(turns), process.pid), { concurrency: 2 });`;

/** A site in a folder of its own, and what its manager tells. */
class Site {
  #folder = mkdtempSync(join(tmpdir(), 'rocade-bench-'));
  #wake = () => {};
  entries = [];
  output = '';

  constructor(processes, files) {
    const configuration = { router: { listen: 'ws://127.0.0.1:0' }, processes };
    writeFileSync(join(this.#folder, 'rocade.json'), JSON.stringify(configuration));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#folder, name), text);
    this.began = performance.now();
    this.manager = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'start', 'rocade.json'], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    this.manager.stdout.setEncoding('utf8').on('data', (text) => {
      this.output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) if (line.startsWith('{')) this.entries.push(JSON.parse(line));
      this.#wake();
    });
  }

  async until(look) {
    for (let found = look(); ; found = look()) {
      if (found !== undefined && found !== false) return found;
      if (this.manager.exitCode !== null) throw new Error(`the site has ended:\n${this.output}`);
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  in(state) {
    return this.entries.filter((entry) => entry.state === state && entry.process !== 'router');
  }

  url() {
    return this.until(() => /WAMP +(ws:\S+)/.exec(this.output)?.[1]);
  }

  /** Milliseconds of CPU of all that runs or has run, to the kernel's ticks of 10 ms. */
  cpuMs() {
    return processTree(this.manager.pid).reduce((sum, pid) => {
      const stat = read(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // Its own, and that of its children that have ended.
      return sum + fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field) * 10, 0);
    }, 0);
  }

  async close() {
    if (this.manager.exitCode === null) {
      this.manager.kill('SIGTERM');
      await once(this.manager, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Nanoseconds that a process was on a core or waited for one: others on the machine make it slower, but do not change this. */
const wantedNs = (pid) => {
  const [onCore, waited] = read(`/proc/${pid}/schedstat`).split(' ').map(Number);
  return onCore + waited;
};
const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1]) / 1000;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const many = (count, what) => Array.from({ length: count }, (_, index) => ({ ...what, name: `part${index + 1}` }));

async function withSite(processes, files, measure) {
  const site = new Site(processes, files);
  try {
    return await measure(site);
  } finally {
    await site.close();
  }
}

/** From the command until every worker has registered. */
async function start({ workers }) {
  const figures = await withSite(
    many(workers, { type: 'worker', modules: './greeter.mjs' }),
    { 'greeter.mjs': GREETER },
    async (site) => {
      await site.until(() => site.in('ready').length === workers);
      return { ms: Math.round(performance.now() - site.began), cpuMs: site.cpuMs() };
    },
  );
  return { workers, ...figures, good: figures.ms < 3000 };
}

/** A worker beside a program that has a client, connected to the same router. */
async function memory({ workers }) {
  const figures = await withSite(
    many(workers, { type: 'worker', modules: './greeter.mjs' }),
    { 'greeter.mjs': GREETER },
    async (site) => {
      await site.until(() => site.in('ready').length === workers);
      const code = `const { connect } = await import(${JSON.stringify(join(root, 'dist/index.js'))}); await connect(${JSON.stringify(await site.url())}); process.stdout.write('x')`;
      const plain = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(plain.stdout, 'data');
      await delay(1000);
      const clientMb = residentMb(plain.pid);
      plain.kill();
      const workerMb = median(site.in('ready').map(({ pid }) => residentMb(pid)));
      return { clientMb, workerMb: Number(workerMb.toFixed(1)), moreMb: Number((workerMb - clientMb).toFixed(1)) };
    },
  );
  return { ...figures, good: figures.moreMb <= 10 };
}

/** Calls per second that one and two processes answer, each call 20 ms of CPU. Both turn by turn, three times. */
async function scaling({ seconds }) {
  const rates = { 1: [], 2: [] };
  let shares = [];
  let busy = [];
  for (let round = 0; round < 3; round++)
    for (const instances of [1, 2]) {
      const answered = await withSite(
        [{ type: 'worker', name: 'burner', modules: './burner.mjs', instances }],
        { 'burner.mjs': BURNER },
        async (site) => {
          await site.until(() => site.in('ready').length === instances);
          const client = await connect(await site.url());
          const answers = new Map();
          const pids = site.in('ready').map(({ pid }) => pid);
          const before = pids.map(wantedNs);
          const began = performance.now();
          const end = began + seconds * 1000;
          const ask = async () => {
            while (performance.now() < end) {
              const pid = await client.call('burn');
              if (performance.now() < end) answers.set(pid, (answers.get(pid) ?? 0) + 1);
            }
          };
          await Promise.all(Array.from({ length: 8 }, ask));
          const ns = (performance.now() - began) * 1e6;
          if (instances === 2) busy = pids.map((pid, at) => Number(((wantedNs(pid) - before[at]) / ns).toFixed(2)));
          await client.close();
          return [...answers.values()];
        },
      );
      rates[instances].push(answered.reduce((a, b) => a + b) / seconds);
      if (instances === 2) shares = answered;
    }
  const [one, two] = [median(rates[1]), median(rates[2])];
  return { one, two, shares, busy, ratio: Number((two / one).toFixed(2)), good: two / one >= 1.7 };
}

/**
 * CPU of the first minute of a part that ends as soon as it starts, and of one that is never given up: what a whole site takes
 * more than one without any parts.
 */
async function crash() {
  const minuteOf = (processes) =>
    withSite(processes, { 'broken.mjs': 'throw new Error("broken");' }, async (site) => {
      await site.until(() => site.entries.some(({ process: name, state }) => name === 'router' && state === 'ready'));
      const before = site.cpuMs();
      await delay(60_000);
      return {
        ms: site.cpuMs() - before,
        starts: site.in('starting').filter(({ process: name }) => name === 'broken').length,
      };
    });
  const broken = { type: 'worker', name: 'broken', modules: './broken.mjs' };
  const alone = await minuteOf([]);
  const looping = async (part) => {
    const { ms, starts } = await minuteOf([part]);
    return { percent: Number(((ms - alone.ms) / 600).toFixed(2)), starts };
  };
  const [byDefault, forEver] = [await looping(broken), await looping({ ...broken, restart: { limit: 1_000_000 } })];
  return { byDefault, forEver, good: byDefault.percent < 1 };
}

const FIGURES = { start, memory, scaling, crash };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string', default: '10' }, seconds: { type: 'string', default: '10' } },
});
const wanted = positionals.length > 0 ? positionals : Object.keys(FIGURES);
for (const name of wanted) {
  if (!Object.hasOwn(FIGURES, name)) throw new Error(`expected ${Object.keys(FIGURES).join(', ')}, got '${name}'`);
  const figures = await FIGURES[name]({ workers: Number(values.workers), seconds: Number(values.seconds) });
  console.log(JSON.stringify({ figure: name, ...figures }));
  if (!figures.good) process.exitCode = 1;
}
