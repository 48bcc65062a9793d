// A load process. It is started twice for each driver: as the active side (caller and publisher) and as the passive side
// (callee and subscribers). It does what the parent's messages say and reports counts, times and CPU.

import { connect as connectSocket, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { machineBusyUs, onCpuNs } from './cpu.mjs';

const FAN_OUT = 16;
const publishesPerTurn = 64;
const text1k = 'rocade '.repeat(146).slice(0, 1024);

/** @type {{ open: (url: string) => Promise<any> }} */
const library = await import(new URL(`../clients/${process.argv[2]}.mjs`, import.meta.url).href);
// Drivers on one server must not meet, so each has names of its own, all of one length.
const prefix = `bench.${process.argv[3]}`;
const names = { add: `${prefix}.add`, echo: `${prefix}.echo`, one: `${prefix}.one`, many: `${prefix}.many` };
const peers = [];

// --- the passive side ------------------------------------------------------------------------------------------------

/** Deliveries of the burst under way, and how many of them make one credit for the publisher. */
const received = { count: 0, perCredit: 0 };
let creditSocket;
let drained;

function onEvent() {
  received.count += 1;
  if (received.count % received.perCredit === 0) creditSocket?.write('+');
  if (drained && received.count >= drained.expected) drained.resolve();
}

async function openPassive({ url, echo }) {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    creditSocket = socket;
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  if (!echo) {
    const callee = await library.open(url);
    await callee.register(names.add, (a, b) => a + b);
    await callee.register(names.echo, (value) => value);
    peers.push(callee);
    const single = await library.open(url);
    await single.subscribe(names.one, onEvent);
    peers.push(single);
    for (let index = 0; index < FAN_OUT; index += 1) {
      const subscriber = await library.open(url);
      await subscriber.subscribe(names.many, onEvent);
      peers.push(subscriber);
    }
  }
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { creditPort: port };
}

function reset({ perCredit }) {
  received.count = 0;
  received.perCredit = perCredit;
  drained = undefined;
  return {};
}

/** Waits until everything published has arrived, for two seconds at most. */
async function drain({ expected }) {
  if (received.count < expected) {
    await Promise.race([new Promise((resolve) => (drained = { expected, resolve })), delay(2_000)]);
  }
  return { lost: expected - received.count };
}

// --- the active side -------------------------------------------------------------------------------------------------

let peer;
let credits = 0;
let onCredit = () => {};

async function openActive({ url, creditPort }) {
  peer = await library.open(url);
  peers.push(peer);
  const socket = connectSocket(creditPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    credits += chunk.length;
    onCredit();
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {};
}

/** Reads the clock, the machine and the processes at one moment. */
function snapshot(groups) {
  const at = performance.now();
  return { at, busyUs: machineBusyUs(), cpuNs: groups.map(onCpuNs) };
}

function difference(before, after) {
  return {
    seconds: (after.at - before.at) / 1_000,
    cpuUs: after.cpuNs.map((ns, index) => (ns - before.cpuNs[index]) / 1_000),
    machineUs: after.busyUs - before.busyUs,
  };
}

async function calls({ inFlight, kib, warmUp, seconds, groups }) {
  let done = 0;
  let stopping = false;
  let next = 0;
  /** @type {number[] | undefined} */
  let latencies;
  const small = async () => {
    while (!stopping) {
      next += 1;
      const value = next;
      const start = performance.now();
      const sum = await peer.call(names.add, [value, 1]);
      if (sum !== value + 1) throw new Error(`${names.add}(${value}, 1) gave ${sum}`);
      latencies?.push(performance.now() - start);
      done += 1;
    }
  };
  const large = async () => {
    while (!stopping) {
      const answer = await peer.call(names.echo, [text1k]);
      if (answer !== text1k) throw new Error(`${names.echo} gave something else back`);
      done += 1;
    }
  };
  const all = Promise.all(Array.from({ length: inFlight }, kib ? large : small));
  const measure = async () => {
    await delay(warmUp * 1_000);
    if (inFlight === 1) latencies = [];
    const before = snapshot(groups);
    const doneBefore = done;
    await delay(seconds * 1_000);
    const after = snapshot(groups);
    const operations = done - doneBefore;
    stopping = true;
    return { operations, ...difference(before, after) };
  };
  const [result] = await Promise.all([measure(), all]);
  latencies?.sort((a, b) => a - b);
  const quantile = (share) => latencies && 1_000 * (latencies[Math.floor(latencies.length * share)] ?? Number.NaN);
  return { ...result, p50Us: quantile(0.5), p99Us: quantile(0.99) };
}

/**
 * Publishes without acknowledgement, as fast as the subscribers keep up: they send a credit for every so many deliveries,
 * so that queues stay bounded and what is measured is delivery and not the filling of buffers.
 */
async function publishes({ topic, fanOut, windowCredits, perCredit, warmUp, seconds, groups }) {
  let published = 0;
  let stopping = false;
  let scheduled = false;
  credits = 0;
  const perCreditPublished = perCredit / fanOut;
  const pump = () => {
    scheduled = false;
    const limit = Math.min(published + publishesPerTurn, (credits + windowCredits) * perCreditPublished);
    while (published < limit && !stopping) {
      published += 1;
      peer.publish(names[topic], [published, 'event']);
    }
    if (!stopping && published < (credits + windowCredits) * perCreditPublished) schedule();
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(pump);
  };
  onCredit = schedule;
  schedule();
  await delay(warmUp * 1_000);
  const before = snapshot(groups);
  const creditsBefore = credits;
  await delay(seconds * 1_000);
  const after = snapshot(groups);
  const operations = (credits - creditsBefore) * perCredit;
  stopping = true;
  onCredit = () => {};
  return { operations, expected: published * fanOut, ...difference(before, after) };
}

// --- orders from the parent ------------------------------------------------------------------------------------------

const orders = {
  openActive,
  openPassive,
  calls,
  publishes,
  reset,
  drain,
  async close() {
    await Promise.allSettled(peers.map((each) => each.close()));
    return {};
  },
};

/** Libraries reject with all sorts of things; some of them are no errors. */
function describe(error) {
  if (error instanceof Error) return error.message;
  return typeof error === 'object' ? JSON.stringify(error) : String(error);
}

async function obey({ id, order, options }) {
  let answer;
  try {
    answer = { id, result: await orders[order](options) };
  } catch (error) {
    answer = { id, error: describe(error) };
  }
  process.send?.(answer, () => {
    if (order === 'close') process.exit(0);
  });
}

process.on('message', (message) => void obey(/** @type {any} */ (message)));
process.on('disconnect', () => process.exit(0));
