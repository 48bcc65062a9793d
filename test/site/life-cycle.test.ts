import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'rocade';
import { describe, expect, test } from 'vitest';
import { linkPackage } from './link.ts';
import { gone, GREETER, IDLE, isAlive, type Site, site as siteWith } from './site.ts';

function site(processes: readonly object[], files: Readonly<Record<string, string>> = {}, more: object = {}): Site {
  return siteWith({ router: { listen: 'ws://127.0.0.1:0', realms: ['realm1'] }, processes, ...more }, files);
}

const node = (script: string, more: object = {}) => ({
  type: 'guest',
  executable: process.execPath,
  arguments: ['--eval', script],
  ...more,
});

describe('workers and guests', () => {
  test('serve calls through the router, and end with it in good order', async () => {
    const running = site(
      [
        { type: 'worker', modules: ['./greet.mjs'] },
        { type: 'worker', name: 'adding', modules: ['./add.ts'] },
        node('console.log("here I am"); setInterval(() => {}, 1e6)', { name: 'idle', stdout: 'log' }),
      ],
      {
        'greet.mjs': GREETER,
        // TypeScript as it is, with a package of the site's own.
        'add.ts': `import type { Client } from 'rocade';
          export default async (client: Client): Promise<void> => {
            await client.register('math.add', ([a, b]: readonly number[]) => (a ?? 0) + (b ?? 0));
          };`,
        'package.json': '{"type": "module"}',
      },
    );
    linkPackage(running.folder);
    running.start();
    await Promise.all(['greet', 'adding', 'idle'].map((name) => running.state(name, 'ready')));
    const client = await connect(await running.url(), { retry: false });
    expect(await client.call('hello.greet', ['Ann'])).toBe('Hello, Ann!');
    expect(await client.call('math.add', [2, 3])).toBe(5);
    await running.said('idle', /^here I am$/);

    running.manager?.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(await client.closed).toMatchObject({ uri: 'wamp.close.system_shutdown' });
    expect(running.survivors()).toEqual([]);
    const order = running.entries.filter(({ state }) => state === 'stopped').map(({ process }) => process);
    expect(order.at(-1)).toBe('router');
    expect(order).toHaveLength(4);
  });

  test('start in the order that they say, each when those before are ready', async () => {
    const running = site(
      [
        node(`setTimeout(() => console.log('open for business'), 300); ${IDLE}`, {
          name: 'line',
          after: ['registered', 'port'],
          ready: { line: 'open for' },
        }),
        {
          type: 'worker',
          name: 'registered',
          modules: 'greet.mjs',
          after: ['next'],
          ready: { procedure: 'hello.greet' },
        },
        node('setTimeout(() => {}, 100)', { name: 'over', ready: 'ended' }),
        node(IDLE, { name: 'next', after: ['over'] }),
        node(`require('net').createServer().listen(Number(process.env.PORT), 'localhost'); ${IDLE}`, {
          name: 'port',
          ready: { port: 40_000 + (process.pid % 20_000) },
          env: { vars: { PORT: String(40_000 + (process.pid % 20_000)) } },
        }),
      ],
      { 'greet.mjs': GREETER },
    ).start();
    await running.state('line', 'ready');
    const at = (process: string, state: string) =>
      running.entries.findIndex((entry) => entry.process === process && entry.state === state);
    const order = [
      at('router', 'ready'),
      at('over', 'over'),
      at('next', 'starting'),
      at('registered', 'starting'),
      at('registered', 'ready'),
      at('line', 'starting'),
      at('line', 'ready'),
    ];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(at('port', 'ready')).toBeLessThan(at('line', 'starting'));
    expect(order.includes(-1)).toBe(false);
  });

  test('see of the environment what they may, and of the shell nothing', async () => {
    const script = 'console.log(JSON.stringify([process.env, process.argv.slice(1)]))';
    const running = site([
      { ...node(script, { name: 'plain' }), arguments: ['--eval', script, '--', '$(id)', '; touch owned', '*'] },
      node(script, {
        name: 'told',
        connection: 'env',
        env: { inherit: ['GREETING'], vars: { TOKEN: { env: 'SECRET' } } },
      }),
      node(`process.stdin.on('data', (data) => console.log(String(data)))`, {
        name: 'fed',
        connection: 'stdin',
        stdin: { json: { colour: 'red' } },
      }),
    ]).start({ SECRET: 's3cret', GREETING: 'hello' });
    const [plain, args] = JSON.parse((await running.said('plain', /^\[.*/))[0]) as [Record<string, string>, string[]];
    expect(args).toEqual(['$(id)', '; touch owned', '*']);
    const own = Object.keys(plain).filter((name) => !['PATH', 'HOME', 'LANG', 'PWD', 'SHLVL', '_'].includes(name));
    expect(own.sort()).toEqual(['ROCADE_MANAGER', 'ROCADE_RUN']);
    const [told] = JSON.parse((await running.said('told', /^\[.*/))[0]) as [Record<string, string>];
    expect(told).toMatchObject({ GREETING: 'hello', TOKEN: 's3cret', ROCADE_REALM: 'realm1', ROCADE_AUTHID: 'told' });
    expect(told['ROCADE_URL']).toBe(await running.url());
    expect(told['SECRET']).toBeUndefined();
    expect(JSON.parse((await running.said('fed', /^\{.*/))[0])).toEqual({
      colour: 'red',
      url: await running.url(),
      realm: 'realm1',
      authid: 'fed',
      ticket: expect.stringMatching(/^[\w-]{32}$/),
    });
  });
});

describe('restarts', () => {
  test('bring back what was killed, while the others go on', async () => {
    const running = site([{ type: 'worker', name: 'greet', modules: './greet.mjs' }, node(IDLE, { name: 'idle' })], {
      'greet.mjs': GREETER,
    }).start();
    await running.state('greet', 'ready');
    await running.state('idle', 'ready');
    const before = await running.ps();
    const victim = before.get('greet')?.pid as number;
    process.kill(victim, 'SIGKILL');
    await running.state('greet', 'ready', 2);
    const after = await running.ps();
    expect(after.get('greet')).toMatchObject({ starts: 2, lastEnd: { code: null, signal: 'SIGKILL' } });
    expect(after.get('greet')?.pid).not.toBe(victim);
    expect(after.get('idle')?.pid).toBe(before.get('idle')?.pid);
    const client = await connect(await running.url(), { retry: false });
    expect(await client.call('hello.greet', ['Bob'])).toBe('Hello, Bob!');
    await client.close();
  });

  test('bring back the router on the same port, and its workers find it', async () => {
    const running = site([{ type: 'worker', name: 'greet', modules: './greet.mjs' }], { 'greet.mjs': GREETER }).start();
    await running.state('greet', 'ready');
    const { url, worker } = { url: await running.url(), worker: await running.pid('greet') };
    process.kill(await running.pid('router'), 'SIGKILL');
    await running.state('router', 'ready', 2);
    const client = await connect(url, { retry: false });
    const greeting = async (): Promise<unknown> => {
      try {
        return await client.call('hello.greet', ['Bob']);
      } catch {
        return greeting();
      }
    };
    expect(await greeting()).toBe('Hello, Bob!');
    expect(await running.pid('greet')).toBe(worker);
    await client.close();
  });

  test('end in failure when there are too many of them, and a restart by hand starts anew', async () => {
    const running = site([
      node('console.error("no good"); process.exit(3)', { name: 'crashing', restart: { delay: 10 } }),
      node(IDLE, { name: 'idle' }),
      node('process.exit(0)', { name: 'done' }),
      node('process.exit(1)', { name: 'once', restart: 'never' }),
      node('process.exit(1)', { name: 'often', restart: { delay: 1, maxDelay: 5, limit: 13 } }),
    ]).start();
    expect(await running.state('crashing', 'failed')).toMatchObject({
      level: 'error',
      msg: 'failed: ended with code 3',
    });
    await running.state('done', 'over');
    await running.state('once', 'failed');
    const shown = await running.ps();
    expect(shown.get('crashing')).toMatchObject({ state: 'failed', starts: 5, lastEnd: { code: 3 } });
    expect(shown.get('idle')).toMatchObject({ state: 'ready' });
    expect(shown.get('once')).toMatchObject({ starts: 1 });
    // What has ended uses no memory.
    expect([shown.get('idle'), shown.get('done')].map((process) => process?.memoryBytes !== undefined)).toEqual([
      process.platform === 'linux',
      false,
    ]);
    await running.rocade('restart', 'crashing');
    await running.state('crashing', 'failed', 2);
    expect((await running.ps()).get('crashing')).toMatchObject({ starts: 10 });
    await running.state('often', 'failed');
    // As Node does when each restart leaves something behind.
    expect(running.output).not.toContain('MaxListenersExceededWarning');
  });

  test('come when it takes too long to be ready, or takes too much memory', async () => {
    const running = site([
      node(IDLE, { name: 'slow', ready: { line: 'never' }, readyTimeout: 200, restart: 'never' }),
      node(`globalThis.kept = Buffer.alloc(150e6, 1); ${IDLE}`, { name: 'big', memory: '100MB', restart: 'never' }),
    ]).start();
    expect(await running.state('slow', 'failed')).toMatchObject({ msg: 'failed: was not ready within 200 ms' });
    expect((await running.state('big', 'failed')).msg).toMatch(/^failed: used \d+ MB of memory, and may have 100 MB$/);
  });
});

/** Ignores SIGTERM, and so does what it has started, in its group and outside of it. */
const STUBBORN = `
  process.on('SIGTERM', () => {});
  if (!process.argv[1]) {
    const { spawn } = require('child_process');
    for (const detached of [false, true]) {
      const child = spawn(process.execPath, ['--eval', process.env.SCRIPT, 'child'], { detached, stdio: ['ignore', 'pipe', 'ignore'] });
      child.stdout.once('data', () => console.log('child ' + child.pid));
    }
  } else console.log('up');
  setInterval(() => {}, 1e6);`;

const stubborn = (grace: number) =>
  node(STUBBORN, { name: 'stubborn', stop: { grace }, env: { vars: { SCRIPT: STUBBORN } } });

async function stubbornPids(running: Site): Promise<number[]> {
  const children = await running.until(() => {
    const said = running.entries.filter(({ msg }) => msg?.startsWith('child '));
    return said.length === 2 ? said.map(({ msg }) => Number(msg?.slice(6))) : undefined;
  });
  return [...children, (await running.ps()).get('stubborn')?.pid as number];
}

describe('nothing is left', () => {
  test('of a process that does not listen, nor of what it has started, after a stop', async () => {
    const running = site([stubborn(200), node(IDLE, { name: 'idle' })]).start();
    const pids = await stubbornPids(running);
    expect(pids.every(isAlive)).toBe(true);
    expect((await running.rocade('stop', 'stubborn')).output).toBe('stubborn: stopped.\n');
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await running.ps()).get('idle')).toMatchObject({ state: 'ready' });
  });

  test('of a process that was to start again when all was stopped', async () => {
    // Goes when there is a file.
    const waits = `process.on('SIGTERM', () => setInterval(() => require('node:fs').existsSync('go') && process.exit(), 5)); ${IDLE}`;
    const running = site([node(waits, { name: 'slow' }), node(IDLE, { name: 'idle' })]).start();
    await Promise.all(['slow', 'idle'].map((name) => running.state(name, 'ready')));
    const restart = running.rocade('restart', 'slow');
    await running.state('slow', 'stopping');
    running.manager?.kill('SIGTERM');
    await running.state('idle', 'stopped');
    running.write('go', '');
    expect(await running.ended).toBe(0);
    await restart;
    expect(running.entries.filter(({ process, state }) => process === 'slow' && state === 'starting')).toHaveLength(1);
    expect(running.survivors()).toEqual([]);
  });

  test('of what a process has started, after it was killed', async () => {
    const running = site([stubborn(200)]).start();
    const [first, second, leader] = (await stubbornPids(running)) as [number, number, number];
    process.kill(leader, 'SIGKILL');
    await running.state('stubborn', 'backoff');
    expect([first, second].filter(isAlive)).toEqual([]);
  });

  test('when the manager itself is killed, not even of what is stuck', async () => {
    const running = site(
      [
        stubborn(60_000),
        { type: 'worker', name: 'greet', modules: './greet.mjs' },
        { type: 'worker', name: 'stuck', modules: './stuck.mjs', ready: 'started' },
      ],
      { 'greet.mjs': GREETER, 'stuck.mjs': 'console.log("stuck"); for (;;);' },
    ).start();
    await running.state('greet', 'ready');
    await running.said('stuck', /stuck/);
    const pids = [...(await stubbornPids(running)), ...(await running.ps()).values()].map((one) =>
      typeof one === 'number' ? one : (one.pid as number),
    );
    expect(pids.every(isAlive)).toBe(true);
    running.manager?.kill('SIGKILL');
    await running.ended;
    await gone(pids);
    await gone(running.survivors());
    // And it can be started again.
    running.start();
    await running.state('greet', 'ready', 2);
  });

  test('also when the watchdog was killed before', async () => {
    const running = site([stubborn(60_000)]).start();
    const pids = await stubbornPids(running);
    const watchdog = watchdogOf(running);
    process.kill(watchdog, 'SIGKILL');
    await gone([watchdog]);
    while (watchdogOf(running) === 0) await new Promise((resolve) => setImmediate(resolve));
    running.manager?.kill('SIGKILL');
    await gone(pids);
  });

  test('after a second signal, which does not wait', async () => {
    const running = site([stubborn(60_000)]).start();
    const pids = await stubbornPids(running);
    running.manager?.kill('SIGINT');
    await running.state('stubborn', 'stopping');
    running.manager?.kill('SIGINT');
    expect(await running.ended).toBe(1);
    await gone(pids);
  });
});

/** The child of the manager that has no part in the site. */
function watchdogOf(running: Site): number {
  const manager = running.manager?.pid as number;
  const children = readFileSync(`/proc/${manager}/task/${manager}/children`, 'utf8').trim().split(' ').map(Number);
  return children.find((pid) => commandOf(pid).includes('watchdog-main')) ?? 0;
}

/** Nothing when it has ended since it was listed. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

describe('what cannot be started', () => {
  test('is told, and the rest of the site runs', async () => {
    const running = site(
      [
        { type: 'guest', executable: './missing', name: 'missing' },
        { type: 'guest', executable: 'no-such-program', name: 'unknown' },
        { type: 'guest', executable: './folder', name: 'folder' },
        { type: 'guest', executable: './script.sh', name: 'script' },
        { type: 'guest', executable: './nonsense', name: 'nonsense', restart: 'never' },
        { type: 'guest', executable: './missing', name: 'optional', optional: true },
        { type: 'worker', modules: './nothing.mjs', name: 'no-module' },
        { type: 'worker', modules: './broken.mjs', name: 'broken', restart: 'never' },
        { type: 'worker', modules: './empty.mjs', name: 'empty', restart: 'never' },
        node(IDLE, { name: 'idle' }),
      ],
      {
        'folder/file': '',
        'script.sh': '#!/bin/sh\n',
        'broken.mjs': 'throw new Error("this is broken");',
        'empty.mjs': 'export const nothing = 1;',
        nonsense: 'neither a program nor a script',
      },
    );
    chmodSync(join(running.folder, 'nonsense'), 0o755);
    running.start();
    const reason = async (name: string, state = 'failed') => (await running.state(name, state)).msg;
    expect(await reason('missing')).toBe("failed: there is no executable './missing'");
    expect(await reason('unknown')).toBe(
      "failed: there is no executable 'no-such-program', neither in PATH nor in the working directory",
    );
    expect(await reason('folder')).toBe("failed: cannot run './folder': it is a directory");
    expect(await reason('script')).toMatch(
      /^failed: cannot run '\.\/script\.sh': this user may not run it \(chmod \+x /,
    );
    // The system would hand it to a shell.
    expect(await reason('nonsense')).toMatch(
      /^failed: cannot run '\.\/nonsense': it is text that does not begin with #!/,
    );
    expect(await reason('optional', 'left-out')).toBe("left out: there is no executable './missing'");
    expect(await reason('no-module')).toBe(`failed: there is no module './nothing.mjs' in ${running.folder}`);
    expect(await reason('broken')).toBe('failed: this is broken');
    expect(await reason('empty')).toMatch(/^failed: the module has nothing to run/);
    await running.state('idle', 'ready');

    const { code, output } = await running.rocade('check');
    expect(code).toBe(1);
    const text = readFileSync(join(running.folder, 'rocade.json'), 'utf8').split('\n');
    const places = output
      .trimEnd()
      .split('\n')
      .map((line) => /^rocade\.json:(\d+):(\d+): /.exec(line) ?? []);
    expect(places.map(([, line, column]) => text[Number(line) - 1]?.slice(Number(column) - 1))).toEqual([
      '"./missing",',
      '"no-such-program",',
      '"./folder",',
      '"./script.sh",',
      '"./nonsense",',
      '"./nothing.mjs",',
    ]);
  });

  test('is the site, when its port is taken', async () => {
    const first = site([]).start();
    const url = await first.url();
    const second = site([node(IDLE, { name: 'idle' })], {}, { router: { listen: url } }).start();
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(`rocade: cannot listen on ${url}: the port is taken`);
    expect(second.survivors()).toEqual([]);
  });

  test('is a site that would let anybody on the network do anything', async () => {
    const running = site([node(IDLE, { name: 'idle' })], {}, { router: { listen: 'ws://0.0.0.0:0' } }).start();
    expect(await running.ended).toBe(1);
    expect(running.output).toMatch(
      /^rocade: will not listen on 0\.0\.0\.0:0: others than this machine could reach it/m,
    );
    expect(running.survivors()).toEqual([]);
  });

  test('is the same site a second time, said with the commands that show it and stop it', async () => {
    const running = site([]).start();
    await running.url();
    expect(await running.rocade('start', 'rocade.json')).toEqual({
      code: 1,
      output: "rocade: the site of 'rocade.json' runs already; `rocade ps` shows it, `rocade stop` stops it\n",
    });
    expect((await running.rocade('start', './rocade.json')).output).toBe(
      "rocade: the site of './rocade.json' runs already; `rocade ps -c ./rocade.json` shows it, `rocade stop -c ./rocade.json` stops it\n",
    );
  });

  test('is a site whose configuration is wrong', async () => {
    const running = siteWith('{\n  "proceses": []\n}').start();
    expect(await running.ended).toBe(1);
    expect(running.output).toBe("rocade.json:2:3: unknown key 'proceses' in the file; did you mean 'processes'?\n");
  });
});
