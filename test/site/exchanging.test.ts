import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, connect, json } from 'rocade';
import { rawSocket } from 'rocade/node';
import { describe, expect, test } from 'vitest';
import { IDLE, node, type Site, site } from './site.ts';

const router = { listen: 'ws://127.0.0.1:0' };

/** A worker that tells which configuration it was started with; it does not come up where that is `broken`. */
const VERSIONED = `export default async (client) => {
  const { VERSION } = process.env;
  if (VERSION === 'broken') throw new Error('this is broken');
  await client.register('version', () => VERSION);
};`;

const versioned = (version: string, more: object = {}) => ({
  type: 'worker',
  name: 'many',
  modules: './versioned.mjs',
  instances: 3,
  env: { vars: { VERSION: version } },
  ...more,
});

async function started(process: object, count: number): Promise<Site> {
  const running = site({ processes: [process] }, { 'versioned.mjs': VERSIONED }).start();
  const names = count === 1 ? ['many'] : Array.from({ length: count }, (_, index) => `many.${index + 1}`);
  await Promise.all(names.map((name) => running.state(name, 'ready')));
  return running;
}

/** Calls all the while until `act` is done. Rejects when a call fails. */
async function whileCalled<T>(running: Site, act: () => Promise<T>): Promise<{ done: T; answers: Set<string> }> {
  await using client = await connect(await running.url());
  let over = false;
  const answers = new Set<string>();
  const calling = Array.from({ length: 8 }, async () => {
    while (!over) answers.add(await client.call('version'));
  });
  const done = await act();
  over = true;
  await Promise.all(calling);
  return { done, answers };
}

/** What became of the processes of the part from there to the end of the reload: when they went, and when they were ready. */
async function changes(running: Site, from: number): Promise<string[]> {
  await running.until(() => running.entries.slice(from).find(({ msg }) => msg?.startsWith('read rocade.json again')));
  return running.entries
    .slice(from)
    .filter(({ process, state }) => process?.startsWith('many') && (state === 'stopping' || state === 'ready'))
    .map(({ process, state }) => `${process} ${state}`);
}

describe('a reload that changes a part with several processes', () => {
  test('goes from one to the next, and loses no call', async () => {
    const running = await started(versioned('old'), 3);
    running.configure({ router, processes: [versioned('new')] });
    const from = running.entries.length;
    const { done, answers } = await whileCalled(running, () => running.rocade('reload'));
    expect(done).toEqual({ code: 0, output: 'Changed: many.\n' });
    expect([...answers].sort()).toEqual(['new', 'old']);
    expect(await changes(running, from)).toEqual(
      ['many.1', 'many.2', 'many.3'].flatMap((name) => [`${name} stopping`, `${name} ready`]),
    );
    const after = await whileCalled(running, () => running.rocade('ps'));
    expect([...after.answers]).toEqual(['new']);
    expect(await running.rocade('reload')).toEqual({ code: 0, output: 'Nothing has changed.\n' });
  });

  test('starts more of them first, and takes away those that are too many last', async () => {
    const running = await started(versioned('one', { instances: 1 }), 1);
    const reload = async (version: string, instances: number): Promise<readonly string[]> => {
      running.configure({ router, processes: [versioned(version, { instances })] });
      const from = running.entries.length;
      const { done } = await whileCalled(running, () => running.rocade('reload'));
      expect(done).toEqual({ code: 0, output: 'Changed: many.\n' });
      return changes(running, from);
    };
    expect(await reload('two', 2)).toEqual(['many.2 ready', 'many stopping', 'many.1 ready']);
    expect(await reload('three', 1)).toEqual(['many.1 stopping', 'many ready', 'many.2 stopping']);
    expect([...(await running.ps()).keys()]).toEqual(['router', 'many']);
  });

  test('goes back when the first new one does not come up, and says so', async () => {
    const running = await started(versioned('old', { instances: 2 }), 2);
    const before = await running.ps();
    const sentence = 'many goes on as before: many.1: this is broken';
    running.configure({ router, processes: [versioned('broken', { instances: 2 }), node('other', IDLE)] });
    const { done, answers } = await whileCalled(running, () => running.rocade('reload'));
    expect(done).toEqual({ code: 6, output: `Changed: other.\nrocade: ${sentence}\n` });
    expect([...answers]).toEqual(['old']);
    const shown = await running.ps();
    expect(shown.get('many.2')).toEqual({ ...before.get('many.2'), memoryBytes: shown.get('many.2')?.memoryBytes });
    expect(shown.get('many.1')).toMatchObject({ state: 'ready', starts: 1 });
    expect(shown.get('many.1')?.pid).not.toBe(before.get('many.1')?.pid);
    await running.entry('many', { level: 'error', msg: 'goes on as before: many.1: this is broken' });
    // It is tried again as long as the file says so. What would come in addition has to come up before anything is stopped.
    running.configure({ router, processes: [versioned('broken'), node('other', IDLE)] });
    const from = running.entries.length;
    const { code, output } = await running.rocade('reload', '--json');
    expect(code).toBe(6);
    const [outcome, error] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(outcome).toEqual({
      changed: [],
      unchanged: [{ name: 'many', because: expect.objectContaining({ process: 'many.3', reason: 'this is broken' }) }],
      processes: [],
    });
    expect(error).toEqual({ error: sentence.replace('many.1', 'many.3'), code: 'not_ready' });
    expect((await changes(running, from)).filter((change) => !change.startsWith('many.3'))).toEqual([]);
    running.configure({ router, processes: [versioned('old', { instances: 2 }), node('other', IDLE)] });
    expect((await running.rocade('reload')).output).toBe('Nothing has changed.\n');
    expect([...(await running.ps()).keys()]).toEqual(['router', 'many.1', 'many.2', 'other']);
  });

  test('goes back with all when a later one does not come up, and starts none that somebody stops meanwhile', async () => {
    // Of these, one alone can be there.
    const alone = `try { require('node:fs').mkdirSync(process.env.LOCK) } catch { process.exit(5) }`;
    const script = `if (process.env.LOCK) { ${alone} } console.log('up'); ${IDLE}`;
    const guest = (vars: object, more: object = {}) =>
      node('many', script, { instances: 2, ready: { line: 'up' }, env: { vars }, ...more });
    const running = await started(guest({}), 2);
    running.configure({ router, processes: [guest({ LOCK: 'lock' })] });
    const from = running.entries.length;
    expect(await running.rocade('reload')).toEqual({
      code: 6,
      output: 'Nothing has changed.\nrocade: many goes on as before: many.2: ended with code 5\n',
    });
    const ready = (await changes(running, from)).filter((change) => change.endsWith('ready'));
    expect(ready).toEqual(['many.1 ready', 'many.2 ready', 'many.1 ready']);

    running.configure({ router, processes: [guest({}, { ready: { line: 'never' }, readyTimeout: 0 })] });
    const reloading = running.rocade('reload');
    await running.entry('many.1', { state: 'starting' }, 4);
    expect((await running.rocade('stop', 'many')).code).toBe(0);
    expect((await reloading).code).toBe(0);
    const shown = await running.ps();
    expect(['many.1', 'many.2'].map((name) => shown.get(name)?.state)).toEqual(['stopped', 'stopped']);
    expect(running.survivors()).toHaveLength(1);
  });
});

test('a part with several processes goes on while a file that is watched changes, once more at the next change', async () => {
  const script = `require('node:fs').existsSync('hold') || console.log('up'); ${IDLE}`;
  const running = site({
    processes: [node('many', script, { instances: 2, ready: { line: 'up' }, watch: ['./watched'] })],
  });
  running.write('watched', 'a');
  running.start();
  await Promise.all(['many.1', 'many.2'].map((name) => running.state(name, 'ready')));
  const second = await running.pid('many.2');
  running.write('hold', '');
  running.write('watched', 'b');
  await running.entry('many.1', { state: 'starting' }, 2);
  // The first is not ready: the other goes on.
  expect(await running.pid('many.2')).toBe(second);
  rmSync(join(running.folder, 'hold'));
  running.write('watched', 'c');
  await Promise.all(['many.1', 'many.2'].map((name) => running.state(name, 'ready', 2)));
  expect((await running.ps()).get('many.1')).toMatchObject({ starts: 3 });
});

test('what is stopped while it is being restarted stays stopped', async () => {
  // Goes when there is a file.
  const waits = `process.on('SIGTERM', () => setInterval(() => require('node:fs').existsSync('go') && process.exit(), 5)); console.log('up'); ${IDLE}`;
  const running = site({ processes: [node('slow', waits, { ready: { line: 'up' } })] }).start();
  await running.state('slow', 'ready');
  const control = rawSocket(`unix:${join(running.folder, '.rocade/rocade.control.sock')}`);
  await using manager = new Client(control, { realm: 'rocade.management', serializers: [json()] });
  await manager.open();
  const restarted = manager.call('rocade.process.restart', ['slow']);
  const stopped = manager.call('rocade.process.stop', ['slow']);
  // One after the other on the same connection: both are under way once this is answered.
  await manager.call('rocade.process.list');
  running.write('go', '');
  await stopped;
  expect(await restarted).toMatchObject([{ process: 'slow', state: 'stopped', starts: 1 }]);
});
