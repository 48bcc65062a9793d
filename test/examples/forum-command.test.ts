import { type RunningRouter, startRouter } from 'rocade/node';
import { afterEach, describe, expect, test } from 'vitest';
import { connect } from 'rocade';
import { Program } from './program.ts';

const running: Program[] = [];
let taken: RunningRouter | undefined;

afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await taken?.close();
  taken = undefined;
});

function start(file: string, ...args: string[]): Program {
  const program = new Program('--import', 'tsx', `examples/forum/${file}.ts`, ...args);
  running.push(program);
  return program;
}

describe('the forum, started by its command', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'serves page and services on one port, and %s ends all of it',
    async (signal) => {
      const forum = start('main', '--listen', 'ws://127.0.0.1:0');
      const [, url = ''] = await forum.prints(/The forum is at (http:\/\/localhost:\d+)\n/);

      const page = await fetch(url);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await page.text()).toContain('<script type="module" src="app.js">');
      expect((await fetch(`${url}/app.js`)).headers.get('content-type')).toMatch(/javascript/);
      expect((await fetch(`${url}/style.css`)).headers.get('content-type')).toMatch(/^text\/css/);

      const client = await connect(url.replace('http', 'ws'), { retry: false });
      expect(await client.call('forum.login', ['bob', 'builder'])).toMatchObject({ name: 'bob' });
      expect(await client.call('forum.posts.list')).toHaveLength(1);
      expect(await client.call('forum.online.list')).toEqual([]);

      forum.kill(signal);
      expect(await forum.ended).toMatchObject({ code: 0, signal: null });
      expect(await client.closed).toMatchObject({ uri: 'wamp.close.system_shutdown' });
    },
  );

  test('says so in one sentence when the port is taken, and leaves nothing running', async () => {
    taken = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const { code, output } = await start('main', '--listen', taken.url).ended;
    expect(code).toBe(1);
    expect(output).toBe(`cannot listen on ${taken.url}: the port is taken; stop what uses it or choose another\n`);
  });

  test('is for this machine alone unless it is told otherwise', async () => {
    const { code, output } = await start('main', '--listen', 'ws://0.0.0.0:0').ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^will not listen on 0\.0\.0\.0:0: .*\n$/);
  });

  test('prints the addresses for others when it is open to them', async () => {
    const forum = start('main', '--listen', 'ws://0.0.0.0:0', '--open');
    await forum.prints(/The forum is at http:\/\/localhost:\d+\n/);
    forum.kill('SIGINT');
    expect(await forum.ended).toMatchObject({ code: 0 });
  });
});

describe('a service, started by hand', () => {
  test('says in one sentence that there is no router', async () => {
    taken = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const { url } = taken;
    await taken.close();
    const { code, output } = await start('login', url).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^login: cannot connect to ws:\/\/127\.0\.0\.1:\d+\/?: .*ECONNREFUSED.*\n$/);
  });

  test('says in one sentence that another one answers already', async () => {
    taken = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const first = start('login', taken.url);
    await first.prints(/login: ready\n/);
    const { code, output } = await start('login', taken.url).ended;
    expect(code).toBe(1);
    expect(output).toBe("login: wamp.error.procedure_already_exists: 'forum.login' is registered already\n");
    first.kill('SIGINT');
    expect(await first.ended).toEqual({ code: 0, signal: null, output: 'login: ready\n' });
  });
});
