import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { connect } from 'rocade';
import { afterAll, describe, expect, test } from 'vitest';
import { command, GREETER, Site } from './site.ts';

const isRoot = process.getuid?.() === 0;
const [, , uid = '', gid = ''] = (/^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0] ?? '').split(':');

/** Says who it is, with all groups, and stays. */
const who = (name: string, more: object): object => ({
  type: 'guest',
  name,
  executable: 'sh',
  arguments: ['-c', 'echo "$(id -u) $(id -g) $(id -G)"; exec sleep 1000'],
  workdir: '/',
  ...more,
});

describe('a process that is to run as somebody else', () => {
  const configuration = {
    router: { listen: 'ws://127.0.0.1:0' },
    processes: [
      who('by-name', { user: 'nobody' }),
      who('by-number', { user: 12_345, group: 23_456 }),
      who('group', { group: Number(gid) }),
      who('unknown-user', { user: 'no-such-user' }),
      who('unknown-group', { group: 'no-such-group' }),
      who('no-group', { user: 12_345 }),
      // Another user may not have what a worker loads; root has.
      { type: 'worker', modules: './greet.mjs', user: 'root' },
    ],
  };
  const site = new Site(configuration, { 'greet.mjs': GREETER }).start();
  afterAll(() => site.remove());

  test('is that user, with that group and no other', async () => {
    if (!isRoot) {
      for (const name of ['by-name', 'by-number', 'group'])
        expect((await site.state(name, 'failed')).msg).toBe(
          'failed: only root may start processes as another user or group',
        );
      return;
    }
    expect((await site.said('by-name', /^\d.*/))[0]).toBe(`${uid} ${gid} ${gid}`);
    expect((await site.said('by-number', /^\d.*/))[0]).toBe('12345 23456 23456');
    expect((await site.said('group', /^\d.*/))[0]).toBe(`0 ${gid} ${gid}`);
    // It ends like any other.
    expect((await site.rocade('stop', 'by-name')).code).toBe(0);
    expect((await site.ps()).get('by-name')).toMatchObject({ state: 'stopped' });
  });

  test('finds the router, as a worker too, which may not open the socket of the site', async () => {
    if (!isRoot) return void (await site.state('greet', 'failed'));
    await site.state('greet', 'ready');
    await using client = await connect(await site.url(), { retry: false });
    expect(await client.call('hello.greet', ['Ann'])).toBe('Hello, Ann!');
  });

  test('fails when there is nobody of that name, and says so', async () => {
    const nobody = isRoot
      ? "there is no user 'no-such-user'"
      : 'only root may start processes as another user or group';
    const nothing = isRoot ? "there is no group 'no-such-group'" : nobody;
    expect((await site.state('unknown-user', 'failed')).msg).toBe(`failed: ${nobody}`);
    expect((await site.state('unknown-group', 'failed')).msg).toBe(`failed: ${nothing}`);
    // It would be root's group.
    const unnamed = isRoot ? 'the user 12345 has no entry in /etc/passwd: its group has to be named, too' : nobody;
    expect((await site.state('no-group', 'failed')).msg).toBe(`failed: ${unnamed}`);
  });

  test('may not manage the site, and is told so', async () => {
    if (!isRoot) return;
    await site.url();
    chmodSync(site.folder, 0o755);
    const child = spawn(process.execPath, [command, 'ps'], {
      cwd: site.folder,
      uid: Number(uid),
      gid: Number(gid),
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toBe("rocade: the site of 'rocade.json' belongs to another user, who alone may manage it\n");
  });
});
