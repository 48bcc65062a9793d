// Starting, ordering about and ending the processes of a run. Each is ended by its own id, the last resort included.

import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drivers } from '../drivers.mjs';
import { processTree } from './cpu.mjs';

const startLimitMs = 60_000;

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

/** Asks the process to end, and makes it end when it does not. Without a signal it has been asked already. */
async function end(child, signal) {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (signal) child.kill(signal);
  const inTime = await Promise.race([ended.then(() => true), delay(10_000, false, { ref: false })]);
  if (!inTime) {
    for (const pid of processTree(child.pid).reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    await ended;
  }
}

/** The node command and its flags; with a directory, a CPU profile is written there when the process ends. */
const nodeCommand = (profiles, name) =>
  profiles
    ? [process.execPath, '--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`]
    : [process.execPath];

/**
 * Starts a server of `servers/` and waits until it takes connections.
 *
 * @param {string} name
 * @param {{ profiles?: string | undefined, checkout?: string | undefined }} options
 */
export async function startServer(name, { profiles, checkout }) {
  const server = await import(new URL(`../servers/${name}.mjs`, import.meta.url).href);
  const reason = server.missing?.();
  if (reason) throw new Error(reason);
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), `rocade-bench-${name}-`));
  const node = nodeCommand(profiles, `server-${name}${checkout === undefined ? '' : '-against'}`);
  const [file, ...args] = server.command({ port: String(port), directory, node, checkout });
  const child = spawn(file, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let failure;
  child.once('error', (error) => {
    failure = error.message;
  });
  const deadline = Date.now() + startLimitMs;
  while (!(await answers(port))) {
    if (failure || child.exitCode !== null || Date.now() > deadline) {
      if (child.pid) await end(child, 'SIGKILL');
      throw new Error(`${name} did not start: ${failure ?? output}`);
    }
    await delay(100);
  }
  return {
    url: server.url(port),
    pids: () => processTree(child.pid),
    ended: () => hasEnded(child),
    output: () => output,
    async stop() {
      await end(child, 'SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A letter for each driver, for the names it uses on its server. Twins have servers of their own. */
const nameOf = ({ id, twin = id }) => String.fromCharCode(97 + drivers.findIndex((driver) => driver.id === twin));

/** A load process with one client library. */
export class Load {
  #child;
  #lastId = 0;
  #pending = new Map();
  /** @type {Error | undefined} */
  #gone;

  /**
   * @param {import('../drivers.mjs').Driver} driver
   * @param {'active' | 'passive'} side
   * @param {{ profiles?: string | undefined }} options
   */
  constructor(driver, side, { profiles }) {
    const { client, checkout } = driver;
    const [execPath, ...execArgv] = nodeCommand(profiles, `${driver.id}-${side}`);
    this.#child = fork(fileURLToPath(new URL('load.mjs', import.meta.url)), [client, nameOf(driver)], {
      execPath,
      execArgv,
      env: checkout === undefined ? process.env : { ...process.env, BENCH_CHECKOUT: checkout },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => {
      const { id, result, error } = /** @type {any} */ (message);
      const waiting = this.#pending.get(id);
      this.#pending.delete(id);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(result);
    });
    this.#child.once('exit', (code, signal) => {
      this.#gone = new Error(`the ${client} load process ended with ${signal ?? code}`);
      for (const { reject } of this.#pending.values()) reject(this.#gone);
      this.#pending.clear();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Gives an order and waits for the answer, at most so long. */
  order(order, options = {}, limitMs = 20_000) {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`${order}: no answer in ${limitMs / 1_000} s`));
      }, limitMs);
      const settle = (what) => (value) => {
        clearTimeout(timer);
        what(value);
      };
      this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#child.send({ id, order, options });
    });
  }

  async stop() {
    const closed = await this.order('close', {}, 3_000).then(
      () => true,
      () => false,
    );
    await end(this.#child, closed ? undefined : 'SIGTERM');
  }
}
