import { connect } from 'rocade';
import { describe, expect, test } from 'vitest';
import { GREETER, IDLE, node, site } from './site.ts';

describe('the commands that start processes', () => {
  test('restart one process after the other, so that a part is never away', async () => {
    const slow = `setTimeout(() => console.log('up'), 50); ${IDLE}`;
    const running = site({ processes: [node('many', slow, { instances: 3, ready: { line: 'up' } })] }).start();
    await Promise.all(['many.1', 'many.2', 'many.3'].map((name) => running.state(name, 'ready')));
    expect(await running.rocade('restart', 'many')).toEqual({
      code: 0,
      output: 'many.1: ready.\nmany.2: ready.\nmany.3: ready.\n',
    });
    // What the manager prints may come later than what the command does.
    await running.state('many.3', 'ready', 2);
    const changes = running.entries
      .filter(({ state }) => state === 'stopping' || state === 'ready')
      .map(({ process: name, state }) => `${name} ${state}`)
      .filter((change) => change.startsWith('many'))
      .slice(3);
    expect(changes).toEqual(['many.1', 'many.2', 'many.3'].flatMap((name) => [`${name} stopping`, `${name} ready`]));
  });

  test('lose no call to a part that has several processes while it is restarted', async () => {
    const running = site(
      { processes: [{ type: 'worker', name: 'greet', modules: './greet.mjs', instances: 2 }] },
      { 'greet.mjs': GREETER },
    ).start();
    await Promise.all(['greet.1', 'greet.2'].map((name) => running.state(name, 'ready')));
    await using client = await connect(await running.url());
    let restarted = false;
    const answers = new Set<string>();
    const calling = Array.from({ length: 8 }, async () => {
      while (!restarted) answers.add(await client.call('hello.greet', ['you']));
    });
    const { code } = await running.rocade('restart', 'greet');
    restarted = true;
    await Promise.all(calling);
    expect([code, ...answers]).toEqual([0, 'Hello, you!']);
  });

  test('leave the others as they are when the first does not come up again', async () => {
    const fragile = `require('node:fs').existsSync('broken') && process.exit(4); console.log('up'); ${IDLE}`;
    const running = site({
      processes: [
        node('many', fragile, { instances: 2, ready: { line: 'up' }, restart: 'never' }),
        node('late', IDLE, { after: ['many'] }),
      ],
    }).start();
    await Promise.all(['many.1', 'many.2', 'late'].map((name) => running.state(name, 'ready')));
    const second = await running.pid('many.2');
    running.write('broken', '');
    expect(await running.rocade('restart', 'many')).toEqual({
      code: 6,
      output: 'rocade: many.1: failed: ended with code 4\n',
    });
    expect(await running.pid('many.2')).toBe(second);
    // What comes after it waits for it, which may be for ever.
    expect(await running.rocade('restart', 'late')).toEqual({ code: 6, output: 'rocade: late: waiting: for many\n' });
  });

  test('say what does not come up after a change', async () => {
    const running = site({ processes: [node('one', IDLE)] }).start();
    await running.state('one', 'ready');
    running.configure({
      router: { listen: 'ws://127.0.0.1:0' },
      processes: [node('one', 'process.exit(3)', { restart: 'never', ready: { line: 'never' } }), node('two', IDLE)],
    });
    expect(await running.rocade('reload')).toEqual({
      code: 6,
      output: 'Changed: one, two.\nrocade: one: failed: ended with code 3\n',
    });
    expect((await running.ps()).get('two')).toMatchObject({ state: 'ready' });
  });
});
