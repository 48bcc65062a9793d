import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Program } from '../examples/program.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rocade-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const { code, output } = await Program.in(folder, command, ...args).ended;
  return { code, output };
}

describe('a wrong command line is told in one sentence, with the help of that command', () => {
  test.each([
    ['scale posts many', "count: expected a whole number from 1, got 'many'"],
    ['scale posts', "the argument 'count' is missing"],
    ['auth key ring', 'expected at most 1 argument, got 2'],
    ['auth magic', "kind: expected one of key, ticket, cra, scram, crossbar-scram, got 'magic'"],
    ['logs --lines x', "--lines: expected a whole number, got 'x'"],
    ['call a --timeout soon', "--timeout: expected a whole number of milliseconds, got 'soon'"],
    ['start --unix-mode 999', "--unix-mode: expected three octal digits, such as 660, got '999'"],
    ['subscribe a --match some', "--match: expected one of exact, prefix, wildcard, got 'some'"],
    ['start --listen', '--listen needs a value: --listen <url>'],
    ['call --frob', "unknown option '--frob'"],
    ['ps me', 'expected no arguments, got 1'],
  ])('%s', async (line, sentence) => {
    const words = line.split(' ');
    expect(await run(...words)).toEqual({
      code: 1,
      output: `rocade: ${sentence}\n(rocade ${words[0]} --help lists what there is)\n`,
    });
  });

  test('a command that there is not, with the one that may be meant', async () => {
    expect(await run('cal')).toEqual({
      code: 1,
      output: "rocade: unknown command 'cal'\n(Did you mean call?)\n(rocade --help lists what there is)\n",
    });
  });

  test('a secret that is in no file', async () => {
    expect(await run('call', 'a', '--auth', 'ticket', '--authid', 'b', '--secret', '@nowhere')).toEqual({
      code: 1,
      output: 'rocade: --secret @nowhere: there is no such file\n',
    });
  });
});

describe('rocade init', () => {
  const unwritable = ['/dev/null', '/dev/null/x', ...(existsSync('/proc/self') ? ['/proc/x'] : [])];

  test.each(unwritable)('ends at %s, where nothing can be written, and so does rocade new', async (place) => {
    const { code, output } = await run('init', place);
    expect([code, output.trimEnd().split('\n').length]).toEqual([1, 1]);
    expect(output).toContain(`rocade: cannot write to '${place}': `);
    expect(await run('new', place)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^rocade: cannot write a site to .*\n$/) as string,
    });
  });
});

describe('what cannot be written whole', () => {
  const shell = (script: string, ...args: readonly string[]) =>
    spawnSync('sh', ['-c', script, process.execPath, command, ...args], { cwd: folder, encoding: 'utf8' });

  test('is not there at all', () => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'linked'));
    symlinkSync('nowhere', join(folder, 'linked/hello.mjs'));
    for (const place of ['empty', 'deep/below']) {
      // No file may be larger than a kilobyte or two, as if the disk were full.
      const { status, stderr } = shell('ulimit -f 2; exec "$0" "$@"', 'new', place);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^rocade: cannot write a site to .*: EFBIG: /)]);
    }
    expect(shell('exec "$0" "$@"', 'init', 'linked').stderr).toBe(
      "rocade: 'linked/hello.mjs' is there already; nothing was written\n",
    );
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
    expect(existsSync(join(folder, 'deep'))).toBe(false);
    expect(readdirSync(join(folder, 'linked'))).toEqual(['hello.mjs']);
  });

  test.skipIf(!existsSync('/dev/full'))('is told of, when it is the output', () => {
    for (const line of ['--help', 'auth key', 'completion bash', 'init printed']) {
      const { status, stderr } = shell('exec "$0" "$@" >/dev/full', ...line.split(' '));
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^rocade: cannot write the output: ENOSPC: .*\n$/)]);
    }
    // Who has read enough is no failure.
    expect(shell('"$0" "$@" | true', 'completion', 'bash').stderr).toBe('');
  });

  test('is not meant for where one stands, when a variable is empty', async () => {
    for (const name of ['init', 'new'])
      expect(await run(name, '')).toEqual({ code: 1, output: "rocade: directory: expected a path, got ''\n" });
  });
});

test('the command can be run as it was built', () => {
  expect(statSync(command).mode & 0o111).toBe(0o111);
});

describe('rocade check', () => {
  async function check(configuration: object): Promise<string[]> {
    writeFileSync(join(folder, 'rocade.json'), JSON.stringify(configuration, null, 2));
    const { code, output } = await run('check');
    expect(code).toBe(1);
    return output
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^rocade\.json:(\d+):\d+: /, '$1: '));
  }

  test('finds what the router would not start for', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    mkdirSync(join(folder, 'public'));
    expect(
      await check({
        router: {
          listen: ['wss://127.0.0.1:9443', 'http://127.0.0.1:9000', 'unix:./ok.sock', 'ws://127.0.0.1:9001'],
          files: { '/': './public', '/a': './nowhere', '/b': './a-file' },
        },
      }),
    ).toEqual([
      "4: 'wss://127.0.0.1:9443' needs a key and a certificate (router.tls)",
      "5: expected an address such as ws://127.0.0.1:9000, tcp://127.0.0.1:9001 or unix:/run/rocade.sock, got 'http://127.0.0.1:9000'",
      "11: there is no directory './nowhere' to serve files from",
      "12: './a-file' is a file; expected a directory to serve files from",
    ]);
    expect(await check({ router: { tls: { key: 'a-file', cert: 'c.pem' } } })).toEqual(["5: there is no file 'c.pem'"]);
    expect(await check({ router: { realms: ['a b'] } })).toEqual([expect.stringMatching(/^2: .*expected a URI/)]);
  });

  test('finds what others than this machine could reach, where anybody is let in', async () => {
    const open = ['ws://0.0.0.0:9000', 'tcp://[::]:9001', 'ws://192.0.2.1:9002', 'ws://example.com:9003'];
    const listen = [...open, 'ws://127.8.9.1:1', 'tcp://[::1]:2', 'ws://localhost:3', 'UNIX:./ok.sock'];
    const [known, anybody] = [
      { name: 'a', auth: { principals: { alice: { role: 'user', ticket: 'x' } } } },
      { name: 'b', auth: { anonymous: 'guest' } },
    ];
    const complaints = open.map(
      (url, index) =>
        `${index + 4}: others than this machine could reach '${url}', and a realm admits anybody; say so if that is what you want ("open": true)`,
    );
    expect(await check({ router: { listen } })).toEqual(complaints);
    expect(await check({ router: { listen, realms: [known, anybody] } })).toEqual(complaints);
    // Another mistake, so that there is one.
    const nowhere = { files: './nowhere' };
    const none = [expect.stringContaining('there is no directory')];
    expect(await check({ router: { listen, realms: [known], ...nowhere } })).toEqual(none);
    expect(await check({ router: { listen, open: true, ...nowhere } })).toEqual(none);
  });

  test('finds directories of processes that are not there', async () => {
    const guest = { type: 'guest', executable: process.execPath };
    expect(
      await check({
        processes: [
          { ...guest, workdir: './nowhere' },
          { ...guest, watch: ['.', './gone'] },
        ],
      }),
    ).toEqual(["6: there is no directory './nowhere'", expect.stringMatching(/there is no '\.\/gone' to watch$/)]);
  });
});
