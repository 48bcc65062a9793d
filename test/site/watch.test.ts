import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'rocade';
import { describe, expect, test } from 'vitest';
import { GREETER, type Site, site as siteWith } from './site.ts';

function site(processes: readonly object[], files: Readonly<Record<string, string>>): Site {
  return siteWith({ processes }, files);
}

describe('restarts', () => {
  test('come when a watched file changes', async () => {
    const running = site([{ type: 'worker', name: 'greet', modules: './greet.mjs', watch: ['.'] }], {
      'greet.mjs': GREETER,
    }).start();
    await running.state('greet', 'ready');
    running.write('greet.mjs', GREETER.replace('Hello', 'Salut'));
    await running.state('greet', 'ready', 2);
    const client = await connect(await running.url(), { retry: false });
    expect(await client.call('hello.greet', ['Ann'])).toBe('Salut, Ann!');
    await client.close();
  });

  test('come of that part alone whose file changes, also when an editor puts a new one in its place', async () => {
    const greet = (name: string) => ({ type: 'worker', name, modules: `./${name}.mjs`, watch: [`./${name}.mjs`] });
    const running = site([greet('one'), greet('two')], {
      'one.mjs': GREETER,
      'two.mjs': GREETER.replace('hello.greet', 'salut.greet'),
    }).start();
    await Promise.all(['one', 'two'].map((name) => running.state(name, 'ready')));
    renameSync(running.write('new.mjs', GREETER), join(running.folder, 'one.mjs'));
    await running.state('one', 'ready', 2);
    const shown = await running.ps();
    expect([shown.get('one')?.starts, shown.get('two')?.starts]).toEqual([2, 1]);
  });

  test('do not come of what somebody has stopped', async () => {
    const running = site([{ type: 'worker', name: 'greet', modules: './greet.mjs', watch: ['./greet.mjs'] }], {
      'greet.mjs': GREETER,
    }).start();
    await running.state('greet', 'ready');
    expect((await running.rocade('stop', 'greet')).code).toBe(0);
    running.write('greet.mjs', `${GREETER};`);
    await running.until(() => running.entries.find(({ msg }) => msg?.startsWith('greet.mjs has changed')));
    expect((await running.ps()).get('greet')).toMatchObject({ state: 'stopped', starts: 1 });
  });
});
