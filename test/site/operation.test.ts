import { openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from 'rocade';
import { crossbarScram, crossbarScramRecord, scram, scramRecord, ticket, ticketRecord, wampcra } from 'rocade/auth';
import { describe, expect, test } from 'vitest';
import { GREETER, IDLE, node, site } from './site.ts';

describe('rocade reload', () => {
  test('restarts what has changed, stops what is gone, starts what is new, and leaves the rest alone', async () => {
    const running = site({ processes: [node('same', IDLE), node('changed', IDLE), node('removed', IDLE)] }).start();
    await Promise.all(['same', 'changed', 'removed'].map((name) => running.state(name, 'ready')));
    const before = await running.ps();
    running.configure({
      router: { listen: 'ws://127.0.0.1:0' },
      processes: [node('same', IDLE), node('changed', `${IDLE};`), node('added', IDLE)],
    });
    expect(await running.rocade('reload')).toEqual({ code: 0, output: 'Changed: removed, changed, added.\n' });
    await running.state('changed', 'ready', 2);
    await running.state('added', 'ready');
    const after = await running.ps();
    expect([...after.keys()].sort()).toEqual(['added', 'changed', 'router', 'same']);
    expect(after.get('same')?.pid).toBe(before.get('same')?.pid);
    expect(after.get('router')?.pid).toBe(before.get('router')?.pid);
    expect(after.get('changed')?.pid).not.toBe(before.get('changed')?.pid);
    expect(running.survivors()).toHaveLength(4);
    expect(await running.rocade('reload')).toEqual({ code: 0, output: 'Nothing has changed.\n' });
  });

  test('leaves everything as it is when the new configuration is wrong, and says so', async () => {
    const running = site({ processes: [node('same', IDLE)] }).start();
    await running.state('same', 'ready');
    const before = await running.ps();
    running.configure('{\n  "procesess": []\n}');
    expect(await running.rocade('reload')).toEqual({
      code: 1,
      output: "rocade: rocade.json:2:3: unknown key 'procesess' in the file; did you mean 'processes'?\n",
    });
    for (const line of ['stop saem', 'restart saem', 'scale saem 2', 'logs saem'])
      expect(await running.rocade(...line.split(' '))).toEqual({
        code: 1,
        output: "rocade: there is no process 'saem'; did you mean 'same'?\n",
      });
    expect(await running.rocade('logs', 'same')).toEqual({ code: 0, output: 'Nothing has been printed yet.\n' });
    expect((await running.ps()).get('same')?.pid).toBe(before.get('same')?.pid);
  });

  test('is done once the site is there, when a signal asks for it before', async () => {
    const running = site({ processes: [] }).start();
    await running.state('router', 'starting');
    running.configure({ router: { listen: 'ws://127.0.0.1:0' }, processes: [node('new', IDLE)] });
    running.manager?.kill('SIGHUP');
    await running.state('new', 'ready');
  });

  test('restarts the router when that has changed, and its workers come back to it', async () => {
    const greet = { type: 'worker', modules: './greet.mjs' };
    const running = site({ processes: [greet] }, { 'greet.mjs': GREETER }).start();
    await running.state('greet', 'ready');
    const worker = await running.pid('greet');
    running.configure({ router: { listen: 'ws://127.0.0.1:0', realms: ['realm1', 'realm2'] }, processes: [greet] });
    running.manager?.kill('SIGHUP');
    await running.state('router', 'ready', 2);
    expect(await running.pid('greet')).toBe(worker);
  });
});

describe('the commands of a site', () => {
  test('stop and start single processes, and change how many there are', async () => {
    const running = site({ processes: [node('one', IDLE), node('many', IDLE, { instances: 2 })] }).start();
    await running.state('many.2', 'ready');
    expect((await running.rocade('stop', 'one')).output).toBe('one: stopped.\n');
    expect((await running.ps()).get('one')).toMatchObject({ state: 'stopped' });
    expect((await running.rocade('restart', 'one')).output).toBe('one: ready.\n');
    expect((await running.ps()).get('one')).toMatchObject({ state: 'ready', starts: 2 });

    const first = await running.pid('many.1');
    expect((await running.rocade('scale', 'many', '4')).output).toBe('many: 4 processes.\n');
    await running.state('many.4', 'ready');
    expect((await running.rocade('scale', 'many', '2')).code).toBe(0);
    const shown = await running.ps();
    expect([...shown.keys()].sort()).toEqual(['many.1', 'many.2', 'one', 'router']);
    expect(shown.get('many.1')?.pid).toBe(first);
    expect(running.survivors()).toHaveLength(4);
    const table = (await running.rocade('ps')).output;
    expect(table).toMatch(/^process +type +state +pid +since +restarts +memory\n/);
    expect(table).toMatch(/^many\.2 +guest +ready +\d+ +\d+s +0 +\d+ MB$/m);
  });

  test('say what is wrong with a name', async () => {
    const running = site({ processes: [node('posts', IDLE)] }).start();
    await running.state('posts', 'ready');
    const { code, output } = await running.rocade('restart', 'post');
    expect(code).not.toBe(0);
    expect(output).toContain("there is no process 'post'; did you mean 'posts'?");
  });

  test('say that a site does not run, or is not there', async () => {
    const running = site({});
    expect(await running.rocade('ps')).toEqual({
      code: 1,
      output: "rocade: the site of 'rocade.json' does not run; `rocade start rocade.json` starts it\n",
    });
    expect((await running.rocade('ps', '--config', 'other.json')).output).toContain("there is no file 'other.json'");
  });

  test('say that the manager of a site does not answer', async () => {
    const running = site({}).start();
    await running.url();
    running.manager?.kill('SIGSTOP');
    const { code, output } = await running.rocade('ps');
    expect(code).toBe(5);
    expect(output).toMatch(/^rocade: the manager of the site of 'rocade\.json' does not answer within 10 seconds; /);
    running.manager?.kill('SIGCONT');
    expect((await running.rocade('ps')).code).toBe(0);
  });

  test('stop the whole site', async () => {
    const running = site({ processes: [node('one', IDLE)] }).start();
    await running.state('one', 'ready');
    expect(await running.rocade('stop')).toEqual({ code: 0, output: 'The site has stopped.\n' });
    expect(await running.ended).toBe(0);
    expect(running.survivors()).toEqual([]);
  });

  test('may be given by this user alone', async () => {
    const running = site({}).start();
    await running.url();
    expect(statSync(join(running.folder, '.rocade')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(running.folder, '.rocade')))
      expect(statSync(join(running.folder, '.rocade', name)).mode & 0o777).toBe(0o600);
  });
});

describe('several processes of one worker', () => {
  test('share what they register, and their number can change', async () => {
    const running = site(
      { processes: [{ type: 'worker', modules: './who.mjs', instances: 2 }] },
      { 'who.mjs': "export default (client) => client.register('who', () => process.pid);" },
    ).start();
    await Promise.all([running.state('who.1', 'ready'), running.state('who.2', 'ready')]);
    const client = await connect(await running.url(), { retry: false });
    const answers = async (count: number) =>
      new Set(await Promise.all(Array.from({ length: count }, () => client.call<number>('who'))));
    const pids = await Promise.all([running.pid('who.1'), running.pid('who.2')]);
    expect(await answers(10)).toEqual(new Set(pids));
    await running.rocade('scale', 'who', '3');
    await running.state('who.3', 'ready');
    expect((await answers(12)).size).toBe(3);
    await client.close();
  });
});

test('whatever a worker sends it by itself, the manager goes on', async () => {
  const talker = `for (const message of [null, 'ready', 7, {}]) process.send(message); ${GREETER}`;
  const running = site({ processes: [{ type: 'worker', modules: './talker.mjs' }] }, { 'talker.mjs': talker }).start();
  await running.state('talker', 'ready');
  expect((await running.ps()).get('talker')).toMatchObject({ state: 'ready' });
});

describe('what processes print', () => {
  test('is shown later, a line at a time, without anything that a terminal would obey', async () => {
    const running = site({
      processes: [
        node(
          'noisy',
          `console.log('plain'); console.error('\\x1b[31mred\\x1b[0m \\x07bell \\r\\x1b[2J'); console.log('x'.repeat(10000)); ${IDLE}`,
        ),
        node('quiet', `console.log('nobody hears this'); ${IDLE}`, { stdout: 'drop' }),
      ],
    }).start();
    await running.said('noisy', /^x{8192}… \(cut\)$/);
    await running.said('noisy', /^red \\x07bell \\x0d\\x1b\[2J$/);
    const { output } = await running.rocade('logs', 'noisy');
    expect(output).toMatch(/^\d\d:\d\d:\d\d noisy {8}\| plain$/m);
    const lines = (await running.rocade('logs', '--json', '--lines', '1')).output.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(running.output).not.toContain('nobody hears this');
  });

  test('can be followed from then on', async () => {
    const running = site({
      processes: [node('clock', "let n = 0; setInterval(() => console.log('tick ' + ++n), 20)")],
    }).start();
    await running.said('clock', /^tick 3$/);
    const following = running.command('logs', 'clock', '--follow', '--json', '--lines', '1');
    const heard: string[] = [];
    let enough = (): void => {};
    const ten = new Promise<void>((resolve) => {
      enough = resolve;
    });
    let text = '';
    following.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      heard.splice(0, heard.length, ...text.split('\n').slice(0, -1));
      if (heard.length >= 10) enough();
    });
    await ten;
    following.kill('SIGINT');
    expect((await once(following, 'close'))[0]).toBe(0);
    const numbers = heard.map((line) => Number((JSON.parse(line) as { text: string }).text.slice(5)));
    expect(numbers.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, index) => (numbers[0] as number) + index));
  });

  test('are followed in processes that come later, too', async () => {
    const running = site({ processes: [node('clock', "setInterval(() => console.log('tick'), 20)")] }).start();
    await running.said('clock', /^tick$/);
    const following = running.command('logs', 'clock', '--follow');
    const said = (name: string): Promise<void> =>
      new Promise((resolve) => {
        let text = '';
        following.stdout.setEncoding('utf8').on('data', (more: string) => {
          text += more;
          if (text.includes(`${name} `)) resolve();
        });
      });
    await said('clock');
    const second = said('clock.2');
    await running.rocade('scale', 'clock', '2');
    await second;
    following.kill('SIGINT');
    expect((await once(following, 'close'))[0]).toBe(0);
  });

  test('goes to files that are put aside when they are large, as fast as they can be written and no faster', async () => {
    const script = `const line = 'y'.repeat(999) + '\\n'; let left = 60000;
      (function more() { while (left-- > 0) if (!process.stdout.write(line)) return process.stdout.once('drain', more); })()`;
    const running = site({
      processes: [
        node('flood', script, { stdout: { file: 'logs/flood.log', maxBytes: '5MB', keep: 2 }, ready: 'ended' }),
      ],
    }).start();
    await running.state('flood', 'over');
    const manager = running.manager?.pid as number;
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${manager}/status`, 'utf8'))?.[1]) * 1024;
    expect(peak).toBeLessThan(250e6);
    // The last of it may still be on its way to the disk, and a file on its way aside.
    await running.rocade('stop');
    const files = readdirSync(join(running.folder, 'logs')).sort();
    expect(files).toEqual(['flood.log', 'flood.log.1', 'flood.log.2']);
    for (const name of files) expect(statSync(join(running.folder, 'logs', name)).size).toBeLessThanOrEqual(5_300_000);
    // No line is torn apart.
    const lines = readFileSync(join(running.folder, 'logs/flood.log'), 'utf8').split('\n').slice(0, -1);
    expect(lines.filter((line) => line.length !== 999).length).toBe(0);
  });

  test('is lost, and nothing else, when there is no room for it', async () => {
    const running = site(
      {
        processes: [
          node('full', `setInterval(() => console.log('z'.repeat(1000)), 5)`, { stdout: { file: '/dev/full' } }),
          { type: 'worker', modules: './greet.mjs' },
        ],
      },
      { 'greet.mjs': GREETER },
    ).start();
    await running.until(() =>
      running.entries.find(({ msg }) => /cannot write to \/dev\/full: .*ENOSPC/.test(msg ?? '')),
    );
    await running.state('greet', 'ready');
    const client = await connect(await running.url(), { retry: false });
    expect(await client.call('hello.greet', ['Ann'])).toBe('Hello, Ann!');
    await client.close();
    expect((await running.ps()).get('full')).toMatchObject({ state: 'ready' });
  });

  test('also when it is the log of the manager', async () => {
    const running = site({ processes: [node('noisy', `setInterval(() => console.log('z'.repeat(1000)), 5)`)] });
    const full = openSync('/dev/full', 'w');
    const manager = spawn(process.execPath, ['dist/cli/main.js', 'start', join(running.folder, 'rocade.json')], {
      stdio: ['ignore', full, 'ignore'],
    });
    const ended = once(manager, 'exit');
    let pid: number | undefined;
    while (pid === undefined) {
      const { code, output } = await running.rocade('ps', '--json');
      if (code === 0)
        pid = (JSON.parse(output) as { process: string; pid?: number }[]).find(
          ({ process: name }) => name === 'noisy',
        )?.pid;
    }
    expect((await running.rocade('logs', 'noisy', '--lines', '1')).output).toContain('zzz');
    manager.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
});

describe('who may join', () => {
  const realm = {
    name: 'realm1',
    auth: { principals: { alice: { role: 'user', wampcra: { env: 'ALICE_SECRET' } } } },
    roles: {
      user: { permissions: [{ uri: 'hello.', match: 'prefix', allow: ['call'] }] },
      operator: { permissions: [{ uri: 'rocade.', match: 'prefix', allow: ['call', 'subscribe'] }] },
    },
  };

  test('is what the realm says, and the processes of the site by tickets that die with them', async () => {
    const running = site(
      {
        router: { listen: 'ws://127.0.0.1:0', realms: [realm] },
        processes: [
          { type: 'worker', modules: './greet.mjs' },
          node('told', `console.log(process.env.ROCADE_TICKET); ${IDLE}`, { connection: 'env', role: 'user' }),
        ],
      },
      { 'greet.mjs': GREETER },
    ).start({ ALICE_SECRET: 's3cret' });
    await running.state('greet', 'ready');
    const url = await running.url();
    await expect(connect(url, { retry: false })).rejects.toMatchObject({ uri: 'wamp.error.authentication_required' });
    const alice = await connect(url, { auth: [wampcra({ authid: 'alice', secret: 's3cret' })], retry: false });
    expect(await alice.call('hello.greet', ['Ann'])).toBe('Hello, Ann!');
    await expect(alice.register('hello.mine', () => 1)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });

    const [secret] = await running.said('told', /^[\w-]{32}$/);
    const login = () => connect(url, { auth: [ticket({ authid: 'told', ticket: secret })], retry: false });
    const told = await login();
    expect(told.session?.welcome).toMatchObject({ authrole: 'user', authid: 'told' });
    await running.rocade('stop', 'told');
    await expect(login()).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
    await Promise.all([alice.close(), told.close()]);
  });

  test('is who knows a password, of which the file holds what the command makes, and files come from several directories', async () => {
    const made = await Promise.all([
      scramRecord({ password: 'open', kdf: 'pbkdf2', iterations: 4096 }),
      crossbarScramRecord({ password: 'please', kdf: 'pbkdf2', iterations: 4096 }),
      ticketRecord({ ticket: 'let me in', iterations: 1 }),
    ]);
    const [scramMade, crossbarScramMade, ticketMade] = made;
    const principals = {
      ann: { role: 'user', scram: scramMade },
      bob: { role: 'user', crossbarScram: crossbarScramMade },
      eve: { role: 'user', ticket: ticketMade },
    };
    const running = site(
      {
        router: {
          listen: 'ws://127.0.0.1:0',
          files: { '/': './public', '/lib': './shared' },
          realms: [{ name: 'realm1', auth: { principals }, roles: { user: {} } }],
        },
      },
      { 'public/index.html': 'a page', 'shared/a.js': 'a script' },
    ).start();
    const url = await running.url();
    for (const [authid, method] of [
      ['ann', scram({ authid: 'ann', password: 'open' })],
      ['bob', crossbarScram({ authid: 'bob', password: 'please' })],
      ['eve', ticket({ authid: 'eve', ticket: 'let me in' })],
    ] as const) {
      const client = await connect(url, { auth: [method], retry: false });
      expect(client.session?.welcome).toMatchObject({ authid, authrole: 'user' });
      await client.close();
    }
    const wrong = connect(url, { auth: [scram({ authid: 'ann', password: 'please' })], retry: false });
    await expect(wrong).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
    const page = url.replace('ws', 'http');
    expect(await Promise.all(['', '/lib/a.js'].map(async (path) => (await fetch(page + path)).text()))).toEqual([
      'a page',
      'a script',
    ]);
  });

  test('the realm of the management is who has the role for it, and hears of each change', async () => {
    const management = {
      ...realm,
      name: 'operations',
      auth: { principals: { olga: { role: 'operator', ticket: 'open' }, alice: { role: 'user', ticket: 'please' } } },
    };
    const running = site({
      router: { listen: 'ws://127.0.0.1:0', realms: ['realm1', management] },
      management: { realm: 'operations' },
      processes: [node('one', IDLE)],
    }).start();
    await running.state('one', 'ready');
    const url = await running.url();
    const join = (authid: string, secret: string) =>
      connect(url, { realm: 'operations', auth: [ticket({ authid, ticket: secret })], retry: false });
    const olga = await join('olga', 'open');
    const states: string[] = [];
    let ready = (): void => {};
    const again = new Promise<void>((resolve) => {
      ready = resolve;
    });
    await olga.subscribe('rocade.process.state', ([{ process: name, state }]) => {
      if (name === 'one') states.push(state);
      if (state === 'ready') ready();
    });
    expect(await olga.call('rocade.process.get', ['one'])).toMatchObject([
      { process: 'one', state: 'ready', starts: 1 },
    ]);
    await olga.call('rocade.process.restart', ['one']);
    await again;
    expect(states).toEqual(['stopping', 'stopped', 'waiting', 'starting', 'ready']);
    const alice = await join('alice', 'please');
    await expect(alice.call('rocade.process.list')).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    await Promise.all([olga.close(), alice.close()]);
  });

  test('is never anybody, where the site is managed', async () => {
    const running = site({ router: { realms: ['realm1'] }, management: { realm: 'realm1' } });
    const { code, output } = await running.rocade('check');
    expect(code).toBe(1);
    expect(output).toMatch(/^rocade\.json:\d+:\d+: the realm 'realm1' has no roles: anybody could start and stop/);
  });
});
