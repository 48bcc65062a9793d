// Keeps jobs in a file, a line for each thing that has happened, and has them done.
import { appendFileSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorUris, WampError } from 'rocade';

/** Calls under way at a time; the other jobs wait in the file. */
const AT_ONCE = 50;
/** A job that has taken so many workers with it is not given to another one. */
const MAX_TRIES = 10;
/** There is nobody to do it just now, which says nothing about the job. */
const NOBODY = [errorUris.noSuchProcedure, errorUris.noAvailableCallee, errorUris.unavailable];

const path = process.env['QUEUE_FILE'] ?? 'jobs.jsonl';
/** By id: what is to be done, and once that is known, what came of it. */
const jobs = new Map();
const waiting = [];
let file;
let running = 0;
let lastId = 0;

function read() {
  if (!existsSync(path)) return;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      const { id, ...entry } = JSON.parse(line);
      jobs.set(id, { tries: 0, ...jobs.get(id), ...entry });
      lastId = Math.max(lastId, id);
    } catch {
      // The last line may be one that was not written to its end.
    }
  }
  for (const [id, { outcome }] of jobs) if (!outcome) waiting.push(id);
}

/** On the disk before anybody hears of it. */
function write(entries) {
  // A line that was not written to its end gets one now.
  appendFileSync(file, `\n${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
  fsyncSync(file);
  for (const { id, ...entry } of entries) jobs.set(id, { tries: 0, ...jobs.get(id), ...entry });
}

async function attempt(client, job) {
  try {
    return { result: await client.call('job.do', [job.input], { timeout: 0 }) };
  } catch (error) {
    // The connection is gone, or this process is about to end.
    if (!(error instanceof WampError) || NOBODY.includes(error.uri)) return undefined;
    // Canceled: its worker has vanished.
    const again = error.uri === errorUris.canceled && ++job.tries < MAX_TRIES;
    return again ? undefined : { error: error.message };
  }
}

async function have(client, id) {
  running++;
  const job = jobs.get(id);
  const outcome = await attempt(client, job);
  if (outcome) {
    write([{ id, outcome }]);
    void client.publish('jobs.done', [id, outcome]);
  } else {
    await delay(100);
    waiting.push(id);
  }
  running--;
  handOut(client);
}

function handOut(client) {
  while (running < AT_ONCE && waiting.length > 0) void have(client, waiting.shift());
}

export default async function queue(client) {
  read();
  file = openSync(path, 'a');

  await client.register('jobs.add', (inputs) => {
    const added = inputs.map((input) => ({ id: ++lastId, input }));
    write(added);
    const ids = added.map(({ id }) => id);
    waiting.push(...ids);
    handOut(client);
    return ids;
  });
  await client.register('jobs.get', ([id]) => {
    const job = jobs.get(id);
    if (!job) throw new WampError('jobs.error.no_such_job', [`there is no job ${id}`]);
    return { id, input: job.input, ...(job.outcome && { outcome: job.outcome }) };
  });
  await client.register('jobs.counts', () => {
    const outcomes = [...jobs.values()].flatMap(({ outcome }) => (outcome ? [outcome] : []));
    const failed = outcomes.filter(({ error }) => error !== undefined).length;
    return { waiting: waiting.length, running, done: outcomes.length - failed, failed };
  });
  handOut(client);
  // For whoever waits: what was done when this ended may not have been told.
  void client.publish('jobs.up');
}
