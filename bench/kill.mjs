// Kills parts of the forum at random with SIGKILL while it is used, and counts what that costs its users.
// node bench/kill.mjs [--rounds 200] [--seed 1]; prints a line of JSON, and ends with code 1 when a bound is missed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../dist/index.js';
import { wampcra } from '../dist/auth/index.js';

/** Milliseconds after the delay before a restart within which the whole site has to answer. */
const MAX_RECOVERY_MS = 2000;
const PARTS = ['router', 'login', 'posts', 'online', 'archive'];
const root = fileURLToPath(new URL('../', import.meta.url));

/** Runs so many rounds, and resolves with what was counted. */
export async function killRounds({ rounds, seed = 1 }) {
  const folder = mkdtempSync(join(tmpdir(), 'rocade-kill-'));
  const file = join(root, `examples/forum/test-kill-${process.pid}.json`);
  const configuration = JSON.parse(readFileSync(join(root, 'examples/forum/rocade.json'), 'utf8'));
  // Nobody looks at the page, which may not have been built.
  delete configuration.router.files;
  // As often as this: elsewhere it would have failed for good, and rightly.
  for (const one of configuration.processes) one.restart = { maxDelay: 200, limit: 1_000_000 };
  writeFileSync(file, JSON.stringify(configuration));
  const manager = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'start', file], {
    env: { ...process.env, FORUM_LISTEN: 'ws://127.0.0.1:0', FORUM_DATABASE: join(folder, 'forum.db') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const site = watch(manager);
  try {
    const url = await site.until(() => /WAMP +(ws:\S+)/.exec(site.output)?.[1]);
    for (const part of PARTS) await site.until(() => site.ready.get(part)?.count > 0 || undefined);
    return await play({ site, url, rounds, random: generator(seed), manager });
  } finally {
    manager.kill('SIGTERM');
    await once(manager, 'exit');
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play({ site, url, rounds, random, manager }) {
  const client = await connect(url, { offline: 'reject', retry: { initialDelay: 50, maxDelay: 200 } });
  client.on('error', () => {});
  const load = new Load(client, url);
  const running = load.run();
  const recoveries = [];
  let left = 0;
  for (let round = 0; round < rounds; round++) {
    const part = PARTS[Math.floor(random() * PARTS.length)];
    const before = site.ready.get(part);
    process.kill(before.pid, 'SIGKILL');
    const delay = await site.until(() =>
      (site.backoff.get(part)?.count ?? 0) > (before.backoffs ?? 0) ? site.backoff.get(part).delay : undefined,
    );
    const due = performance.now() + delay;
    await load.works(due + 60_000);
    recoveries.push(performance.now() - due);
    await site.until(() => site.ready.get(part).count > before.count || undefined);
    left += leftovers(manager.pid, site);
  }
  load.stop();
  await running;
  const posts = new Set(
    (await client.call('forum.archive', [], { timeout: 60_000 })).split('\n').map((line) => line.replace(/^.*: /, '')),
  );
  const lost = load.acknowledged.slice(-150).filter((text) => !posts.has(text)).length;
  await client.close();
  recoveries.sort((a, b) => a - b);
  const at = (share) => Math.round(recoveries[Math.min(recoveries.length - 1, Math.floor(recoveries.length * share))]);
  return {
    rounds,
    recoveryMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    calls: load.calls,
    errors: load.errors,
    unanswered: load.unanswered,
    acknowledgedPosts: load.acknowledged.length,
    lostPosts: lost,
    leftBehind: left,
  };
}

/** Logs in, posts and asks, all the time; every call has to settle, well or not. */
class Load {
  calls = 0;
  errors = 0;
  unanswered = 0;
  acknowledged = [];
  #client;
  #url;
  #token;
  #stopped = false;

  constructor(client, url) {
    this.#client = client;
    this.#url = url;
  }

  async run() {
    while (!this.#stopped)
      await Promise.all([this.#post(), this.#ask('forum.posts.list'), this.#ask('forum.online.list')]);
  }

  stop() {
    this.#stopped = true;
  }

  /** Resolves when everything works: a login, a post, and what each service answers. */
  async works(until) {
    let isProved = false;
    for (;;) {
      try {
        await this.#logIn();
        await this.#client.call('forum.online.here', [this.#token], { timeout: 2000 });
        const text = `proof ${this.acknowledged.length}`;
        // Once: many would push what was acknowledged out of the list that is looked at in the end.
        if (!isProved) await this.#client.call('forum.posts.add', [this.#token, text], { timeout: 2000 });
        isProved = true;
        const archive = this.#client.stream('forum.archive', [], { timeout: 5000 });
        for await (const _part of archive) break;
        return;
      } catch (error) {
        if (performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async #logIn() {
    const auth = [wampcra({ authid: 'alice', secret: 'wonderland' })];
    const member = await connect(this.#url, { auth, retry: false, timeout: 2000 });
    try {
      this.#token = (await member.call('forum.login', [], { timeout: 2000 })).token;
    } finally {
      await member.close();
    }
  }

  async #post() {
    const text = `post ${this.calls}`;
    if (await this.#settles(() => this.#client.call('forum.posts.add', [this.#token, text])))
      this.acknowledged.push(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #ask(procedure) {
    await this.#settles(() => this.#client.call(procedure));
  }

  /** A call without an answer is one that has neither result nor error after a minute: longer than any time-out here. */
  async #settles(call) {
    this.calls++;
    let timer;
    const never = new Promise((resolve) => {
      timer = setTimeout(() => resolve('never'), 60_000);
    });
    const outcome = await Promise.race([
      call().then(
        () => 'ok',
        () => 'error',
      ),
      never,
    ]);
    clearTimeout(timer);
    if (outcome === 'error') this.errors++;
    if (outcome === 'never') this.unanswered++;
    return outcome === 'ok';
  }
}

/** Reads the log of the manager: who is ready, as which process, and how long each restart waits. */
function watch(manager) {
  const site = { output: '', ready: new Map(), backoff: new Map(), ended: false };
  const waiting = [];
  let rest = '';
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  manager.stdout.setEncoding('utf8').on('data', (text) => {
    if (site.output.length < 10_000) site.output += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines.filter((one) => one.startsWith('{'))) {
      const { process: name, state, pid, msg } = JSON.parse(line);
      if (state === 'ready')
        site.ready.set(name, {
          pid,
          count: (site.ready.get(name)?.count ?? 0) + 1,
          backoffs: site.backoff.get(name)?.count ?? 0,
        });
      if (state === 'backoff')
        site.backoff.set(name, {
          count: (site.backoff.get(name)?.count ?? 0) + 1,
          delay: Number(/in (\d+) ms/.exec(msg)[1]),
        });
      if (state === 'failed') site.ended = `${name} has failed`;
    }
    wake();
  });
  manager.once('close', () => {
    site.ended = 'the manager has ended';
    wake();
  });
  site.until = async (look) => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (site.ended) throw new Error(site.ended);
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  return site;
}

/** Processes of the site that are none of those which run: orphans, and such as have ended and are still there. */
function leftovers(manager, site) {
  const known = new Set([...site.ready.values()].map(({ pid }) => pid));
  const mark = /ROCADE_MANAGER=(\w+)/.exec(read(`/proc/${[...known][0]}/environ`))?.[0];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== manager && !known.has(pid))
    .filter((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (
        (state === 'Z' && Number(parent) === manager) ||
        // What a running part has started itself, such as the compiler of tsx, has its parent still.
        (mark !== undefined &&
          read(`/proc/${pid}/environ`).includes(mark) &&
          state !== 'Z' &&
          !known.has(Number(parent)))
      );
    }).length;
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The same numbers for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What was promised. */
export const isGood = ({ recoveryMs, unanswered, lostPosts, leftBehind }) =>
  recoveryMs.max <= MAX_RECOVERY_MS && unanswered === 0 && lostPosts === 0 && leftBehind === 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
  });
  const counted = await killRounds({ rounds: Number(values.rounds), seed: Number(values.seed) });
  console.log(JSON.stringify(counted));
  process.exitCode = isGood(counted) ? 0 : 1;
}
