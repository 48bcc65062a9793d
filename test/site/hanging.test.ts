import { connect } from 'rocade';
import { expect, test } from 'vitest';
import { site } from './site.ts';

/** Two that hang, each in its way, unless they have done so before. */
const HANGS = `import { existsSync, writeFileSync } from 'node:fs';
const hang = (how) => {
  if (existsSync(how)) return;
  writeFileSync(how, '');
  if (how === 'loop') for (;;);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
if (process.env.HOW === 'lock') hang('lock');
export default (client) => client.register('hang.' + process.env.HOW, ([how]) => hang(how));`;

const worker = (how: string, more: object = {}) => ({
  type: 'worker',
  name: how,
  modules: './hangs.mjs',
  hangTimeout: 1000,
  stop: { grace: 1_000_000 },
  env: { vars: { HOW: how } },
  ...more,
});

test('a worker whose event loop stands still is killed and started again, and everybody is told', async () => {
  const running = site(
    // The second hangs while it is being loaded.
    { processes: [worker('loop'), worker('lock', { ready: 'started' }), worker('left', { hangTimeout: 0 })] },
    { 'hangs.mjs': HANGS },
  ).start();
  await Promise.all(['loop', 'left'].map((name) => running.state(name, 'ready')));
  await using client = await connect(await running.url());
  const before = await running.ps();
  await expect(client.call('hang.loop', ['loop'])).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
  const sentence = 'its event loop has stood still for 1000 ms';
  for (const name of ['loop', 'lock']) {
    await running.entry(name, { state: 'stopping', msg: `stopping: ${sentence}` });
    const { msg, level } = await running.state(name, 'backoff');
    expect([level, msg]).toEqual(['warn', expect.stringMatching(`^${sentence}; starts again in \\d+ ms$`)]);
    await running.state(name, 'ready', 2);
  }
  while ((await client.call('wamp.registration.match', ['hang.loop'])) === null);
  expect(await client.call('hang.loop', ['loop'])).toBeUndefined();
  const shown = await running.ps();
  expect(shown.get('loop')).toMatchObject({ starts: 2, lastEnd: { code: null, signal: 'SIGKILL', reason: sentence } });
  expect(shown.get('left')?.pid).toBe(before.get('left')?.pid);
  expect((await running.rocade('ps')).output).toMatch(new RegExp(`^loop .* before: ${sentence}$`, 'm'));
});
