import { type RunningRouter, startRouter } from 'rocade/node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from 'rocade';
import { networkInterfaces } from 'node:os';
import { readConfiguration } from '../../src/config/index.ts';
import { buildPage } from '../../examples/forum/build-page.ts';
import { Program } from './program.ts';

const running: Program[] = [];
let taken: RunningRouter | undefined;

afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await taken?.close();
  taken = undefined;
});

/** As `npm start` does, behind the build. */
function start(...args: string[]): Program {
  const program = new Program('dist/cli/main.js', 'start', 'examples/forum/rocade.json', ...args);
  running.push(program);
  return program;
}

beforeAll(() => buildPage());

describe('the forum, started by its command', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'serves page and services on one port, and %s ends all of it',
    async (signal) => {
      const forum = start('--listen', 'ws://127.0.0.1:0');
      const [, url = ''] = await forum.prints(/page +(http:\/\/localhost:\d+)\n/);

      const page = await fetch(url);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).toContain('<script type="module" src="app.js">');
      expect((await fetch(`${url}/app.js`)).headers.get('content-type')).toMatch(/javascript/);
      expect((await fetch(`${url}/style.css`)).headers.get('content-type')).toMatch(/^text\/css/);

      const client = await connect(url.replace('http', 'ws'), { retry: false });
      await Promise.all(
        ['login', 'posts', 'online', 'archive'].map((name) =>
          forum.prints(new RegExp(`"process":"${name}","state":"ready"`)),
        ),
      );
      expect(await client.call('forum.posts.list')).not.toHaveLength(0);
      expect(await client.call('forum.online.list')).toEqual([]);

      forum.kill(signal);
      expect(await forum.ended).toMatchObject({ code: 0, signal: null });
      expect(await client.closed).toMatchObject({ uri: 'wamp.close.system_shutdown' });
    },
  );

  test('says so in one sentence when the port is taken, and leaves nothing running', async () => {
    taken = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const { code, output } = await start('--listen', taken.url).ended;
    expect(code).toBe(1);
    expect(output).toContain(
      `rocade: cannot listen on ${taken.url}: the port is taken; stop what uses it or choose another\n`,
    );
  });

  test('is for this machine alone unless it is told otherwise', () => {
    const { router } = readConfiguration('examples/forum/rocade.json', {});
    expect(router.listen).toBe('ws://127.0.0.1:9000');
    expect(router.open).toBeUndefined();
  });

  test('prints the addresses for others when it is open to them', async () => {
    const forum = start('--listen', 'ws://0.0.0.0:0', '--open');
    await forum.prints(/page +http:\/\/localhost:\d+\n/);
    for (const address of ownAddresses()) await forum.prints(new RegExp(`page +http://${address}:\\d+\n`));
    forum.kill('SIGINT');
    expect(await forum.ended).toMatchObject({ code: 0 });
  });
});

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
