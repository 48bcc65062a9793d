import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'rocade';
import { ticket } from 'rocade/auth';
import { describe, expect, test } from 'vitest';
import { GREETER, IDLE, node, site } from './site.ts';

test('a worker that is told to stop answers what it has been asked, and nothing more', async () => {
  const slow = `import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      export default (client) => client.register('slow', async () => {
        console.log('asked');
        while (!existsSync('go')) await delay(5);
        return 'answered';
      });`;
  const running = site({ processes: [{ type: 'worker', modules: './slow.mjs' }] }, { 'slow.mjs': slow }).start();
  await running.state('slow', 'ready');
  const client = await connect(await running.url(), { retry: false });
  const answer = client.call('slow');
  await running.said('slow', /^asked$/);
  const stopped = running.rocade('stop', 'slow');
  // Taken back, although it is still at work.
  while ((await client.call('wamp.registration.match', ['slow'])) !== null);
  running.write('go', '');
  expect(await answer).toBe('answered');
  expect((await stopped).output).toBe('slow: stopped.\n');
  await client.close();
});

const WHO = "export default (client) => client.register('who', () => process.pid);";

test('a worker alone comes to share with others, and they leave again, while calls come in and none is lost', async () => {
  const running = site({ processes: [{ type: 'worker', modules: './who.mjs' }] }, { 'who.mjs': WHO }).start();
  await running.state('who', 'ready');
  const first = await running.pid('who');
  const client = await connect(await running.url(), { retry: false });
  const answered = new Set<number>();
  let over = false;
  const callers = Array.from({ length: 5 }, async () => {
    while (!over) answered.add(await client.call<number>('who'));
  });
  await running.rocade('scale', 'who', '3');
  await running.state('who.3', 'ready');
  const { size } = answered;
  while (answered.size < 3) await client.call('wamp.session.count');
  await running.rocade('scale', 'who', '1');
  await running.rocade('scale', 'who', '2');
  await running.state('who.2', 'ready', 2);
  over = true;
  await Promise.all(callers);
  expect(size).toBeGreaterThan(0);
  const shown = await running.ps();
  expect([...shown.keys()]).toEqual(['router', 'who', 'who.2']);
  expect(shown.get('who')).toMatchObject({ pid: first, starts: 1 });
  // By its number as well, as the others.
  expect((await running.rocade('restart', 'who.1')).code).toBe(0);
  expect((await running.ps()).get('who.2')?.pid).toBe(shown.get('who.2')?.pid);
  await client.close();
});

test('changes that come at once follow one another, and leave nothing that is not shown', async () => {
  const running = site({ processes: [node('many', IDLE), node('other', IDLE)] }).start();
  await Promise.all(['many', 'other'].map((name) => running.state(name, 'ready')));
  running.configure({
    router: { listen: 'ws://127.0.0.1:0' },
    processes: [node('many', `${IDLE};`), node('other', IDLE)],
  });
  const done = await Promise.all([
    running.rocade('scale', 'many', '4'),
    running.rocade('reload'),
    running.rocade('restart', 'many'),
    running.rocade('scale', 'many', '2'),
  ]);
  expect(done.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const pids = [...(await running.ps()).values()].flatMap(({ pid }) => pid ?? []);
  expect(new Set(running.survivors())).toEqual(new Set(pids));
  // Nobody may be called as one of several of another kind.
  running.configure({ router: { listen: 'ws://127.0.0.1:0' }, processes: [node('a', IDLE), node('a.3', IDLE)] });
  expect((await running.rocade('reload')).code).toBe(0);
  expect((await running.rocade('scale', 'a', '3')).output).toBe(
    "rocade: one of 3 would be called 'a.3', which is another process\n",
  );
});

describe('rocade reload', () => {
  test('applies what stands beside router and processes, too', async () => {
    const operations = {
      name: 'operations',
      auth: { principals: { olga: { role: 'operator', ticket: 'open' } } },
      roles: { operator: { permissions: [{ uri: 'rocade.', match: 'prefix', allow: ['call'] }] } },
    };
    const configuration = (more: object, stdout: object = {}) => ({
      router: { listen: 'ws://127.0.0.1:0', realms: ['realm1', operations] },
      processes: [
        node('loud', "setInterval(() => console.log('x'.repeat(99)), 5)", {
          stdout: { file: 'loud.log', maxBytes: 1000, keep: 1, ...stdout },
        }),
      ],
      ...more,
    });
    const running = site(configuration({})).start();
    await running.state('loud', 'ready');
    const files = (): string[] => readdirSync(running.folder).filter((name) => name.startsWith('loud.log'));
    const reload = async (...given: Parameters<typeof configuration>) => {
      running.configure(configuration(...given));
      return (await running.rocade('reload')).output;
    };
    const client = await connect(await running.url(), {
      realm: 'operations',
      auth: [ticket({ authid: 'olga', ticket: 'open' })],
    });
    const isOffered = async (): Promise<boolean> =>
      (await client.call('rocade.process.list').catch(({ uri }: { readonly uri: string }) => uri)) !==
      'wamp.error.no_such_procedure';
    const offered = async (wanted: boolean): Promise<void> => {
      while ((await isOffered()) !== wanted);
    };
    expect(await isOffered()).toBe(false);
    expect(await reload({ management: { realm: 'operations' }, log: { lines: 5 } })).toBe(
      'Changed: log, management.\n',
    );
    await offered(true);
    // Ten lines have been printed by then.
    while (!files().includes('loud.log.1')) await running.ps();
    expect((await running.rocade('logs', 'loud')).output.trim().split('\n')).toHaveLength(5);
    expect(await reload({ log: { lines: 5 } })).toBe('Changed: management.\n');
    await offered(false);
    expect(await reload({ log: { lines: 5 } }, { keep: 2 })).toBe('Changed: loud.\n');
    await running.state('loud', 'ready', 2);
    await client.close();
    while (files().length < 3) await running.ps();
    expect(files().sort()).toEqual(['loud.log', 'loud.log.1', 'loud.log.2']);
  });

  test('goes back when the router cannot be started so, and is refused when it would break what works', async () => {
    const greet = { type: 'worker', modules: './greet.mjs' };
    const running = site({ processes: [greet] }, { 'greet.mjs': GREETER }).start();
    await running.state('greet', 'ready');
    const url = await running.url();
    const taken = await site({}).start().url();
    const worker = await running.pid('greet');
    running.configure({ router: { listen: taken }, processes: [greet] });
    const { code, output } = await running.rocade('reload');
    expect(code).toBe(1);
    expect(output).toContain(`rocade: the router goes on as before: cannot listen on ${taken}: the port is taken`);
    const client = await connect(url);
    while ((await client.call('wamp.registration.match', ['hello.greet'])) === null);
    expect(await client.call('hello.greet', ['Ann'])).toBe('Hello, Ann!');
    await client.close();
    for (const broken of [
      { router: { listen: url, files: './nothing' }, processes: [greet] },
      { router: { listen: url }, processes: [{ ...greet, modules: './nothing.mjs' }] },
    ]) {
      running.configure(broken);
      const refused = await running.rocade('reload');
      expect(refused.code).toBe(1);
      expect(refused.output).toMatch(/^rocade: rocade\.json:\d+:\d+: there is no (?:directory|module) '\.\/nothing/);
    }
    expect(await running.pid('greet')).toBe(worker);
    // What was wrong before is no reason to refuse anything else.
    running.configure({ router: { listen: 'ws://127.0.0.1:0' }, processes: [greet, node('new', IDLE)] });
    rmSync(join(running.folder, 'greet.mjs'));
    expect((await running.rocade('reload')).output).toBe('Changed: new.\n');
  });

  test('takes processes that name no realm to the first one, which is another now', async () => {
    const who = { type: 'worker', modules: './who.mjs' };
    const running = site(
      { router: { listen: 'ws://127.0.0.1:0', realms: ['old'] }, processes: [who] },
      { 'who.mjs': WHO },
    ).start();
    await running.state('who', 'ready');
    const listen = await running.url();
    running.configure({ router: { listen, realms: ['new'] }, processes: [who] });
    expect(await running.rocade('reload')).toEqual({ code: 0, output: 'Changed: router, who.\n' });
    await using client = await connect(listen, { realm: 'new' });
    expect(await client.call('who')).toBe(await running.pid('who'));
  });

  test('tells guests of a new address, by starting them again, and shows all in the order of the file', async () => {
    const told = node('told', `console.log(process.env.ROCADE_URL); ${IDLE}`, { connection: 'env' });
    const running = site({ processes: [node('last', IDLE), told, node('deaf', IDLE)] }).start();
    await Promise.all(['told', 'deaf', 'last'].map((name) => running.state(name, 'ready')));
    await running.said('told', new RegExp(`^${await running.url()}$`));
    running.configure({
      router: { listen: 'ws://127.0.0.1:0', realms: ['realm1', 'realm2'] },
      processes: [told, node('deaf', IDLE), node('last', IDLE)],
    });
    expect((await running.rocade('reload')).output).toBe('Changed: router, told.\n');
    await running.state('told', 'ready', 2);
    const shown = [...(await running.ps()).values()];
    expect(shown.map(({ process, starts }) => [process, starts])).toEqual([
      ['router', 1],
      ['told', 2],
      ['deaf', 1],
      ['last', 1],
    ]);
    const urls = running.entries.flatMap(({ process, msg }) =>
      process === 'told' && msg?.startsWith('ws:') ? msg : [],
    );
    expect(new Set(urls).size).toBe(2);
  });
});

test('a router that is stuck keeps nobody from stopping the site', async () => {
  const running = site(
    {
      processes: [
        { type: 'worker', modules: './who.mjs', restart: { delay: 0 } },
        node('waits', IDLE, { after: ['absent'] }),
        node('absent', 'setInterval(() => {}, 1e6)', { ready: { line: 'never' } }),
      ],
    },
    { 'who.mjs': WHO },
  ).start();
  await running.state('who', 'ready');
  expect((await running.ps()).get('waits')).toMatchObject({ state: 'waiting', reason: 'for absent' });
  const worker = await running.pid('who');
  const router = await running.pid('router');
  process.kill(router, 'SIGSTOP');
  process.kill(worker, 'SIGKILL');
  await running.state('who', 'backoff');
  expect((await running.rocade('stop', 'who')).output).toBe('who: stopped.\n');
  running.manager?.kill('SIGTERM');
  await running.state('router', 'stopping');
  process.kill(router, 'SIGCONT');
  expect(await running.ended).toBe(0);
  expect(running.survivors()).toEqual([]);
});

test('the commands that change a site answer programs in JSON', async () => {
  const running = site({ processes: [node('one', IDLE)] }).start();
  await running.state('one', 'ready');
  const answer = async (...args: string[]): Promise<unknown> => {
    const { output } = await running.rocade(...args, '--json');
    return JSON.parse(output);
  };
  const shown = (process: string) => expect.objectContaining({ process, state: 'ready' });
  expect(await answer('scale', 'one', '2')).toEqual([shown('one'), shown('one.2')]);
  expect(await answer('restart', 'one.2')).toEqual([shown('one.2')]);
  expect(await answer('reload')).toEqual({ changed: ['one'], unchanged: [], processes: [shown('one')] });
  expect(await answer('stop', 'one')).toEqual({ stopped: ['one'] });
  expect(await answer('stop', 'onne')).toEqual({
    error: "there is no process 'onne'; did you mean 'one'?",
    code: 'usage',
  });
  expect(await answer('stop')).toEqual({ stopped: ['router', 'one'] });
});
