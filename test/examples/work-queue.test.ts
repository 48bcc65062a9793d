import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connect } from 'rocade';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Site } from '../site/site.ts';
import { Program } from './program.ts';

const example = fileURLToPath(new URL('../../examples/work-queue/', import.meta.url));

/** The example's own configuration, in a folder of the test's. */
function configuration(): object {
  const { router, processes } = JSON.parse(readFileSync(join(example, 'rocade.json'), 'utf8')) as {
    readonly router: object;
    readonly processes: readonly { readonly modules: string }[];
  };
  return { router, processes: processes.map((one) => ({ ...one, modules: join(example, one.modules) })) };
}

describe('a work queue', () => {
  const site = new Site(configuration());
  let client: Client;
  let url: string;

  beforeAll(async () => {
    site.start({ QUEUE_LISTEN: 'ws://127.0.0.1:0', QUEUE_FILE: join(site.folder, 'jobs.jsonl') });
    url = await site.url();
    await Promise.all(['queue', 'worker.1', 'worker.2'].map((name) => site.state(name, 'ready')));
    client = await connect(url);
  });
  afterAll(async () => {
    await client?.close();
    await site.remove();
  });

  const isDone = (count: number): Promise<void> =>
    vi.waitFor(
      async () => expect((await client.call<{ done: number }>('jobs.counts')).done).toBeGreaterThan(count),
      30_000,
    );

  test('loses no job when a worker is killed in the middle, nor when the queue is', async () => {
    const adding = new Program(join(example, 'add.mjs'), '80', url);
    await isDone(10);
    process.kill((await site.state('worker.1', 'ready')).pid as number, 'SIGKILL');
    await isDone(20);
    process.kill((await site.state('queue', 'ready')).pid as number, 'SIGKILL');
    const { code, output } = await adding.ended;
    expect(output.match(/^\d+: [\d× ]+$/gm)).toHaveLength(80);
    expect(output).toContain('\n1000003: 1000003\n1000004: 2 × 2 × 53 × 53 × 89\n');
    expect(code).toBe(0);
    expect(await client.call('jobs.counts')).toEqual({ waiting: 0, running: 0, done: 80, failed: 0 });

    const lines = readFileSync(join(site.folder, 'jobs.jsonl'), 'utf8').split('\n');
    const entries = lines
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { id: number; outcome?: object });
    const finished = entries.filter(({ outcome }) => outcome).map(({ id }) => id);
    expect(new Set(finished).size).toBe(80);
    expect(finished).toHaveLength(80);
  });

  test('a job that cannot be done has failed, and is not tried again', async () => {
    const outcomes = await client.subscribe('jobs.done');
    const [id] = await client.call<number[]>('jobs.add', ['nonsense']);
    for await (const [told, outcome] of outcomes) {
      expect([told, outcome.error]).toEqual([id, 'job.error.bad_input: expected a whole number from 2, got nonsense']);
      break;
    }
    expect(await client.call('jobs.counts')).toMatchObject({ failed: 1 });
  });
});
