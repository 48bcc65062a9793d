import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'rocade';
import { rawSocket } from 'rocade/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextTls, trusted } from '../certificates/index.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const certificates = fileURLToPath(new URL('../certificates/', import.meta.url));

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rocade-'));
  for (const name of ['key', 'cert']) copyFileSync(join(certificates, `${name}.pem`), join(folder, `${name}.pem`));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** The command `rocade start`, and what it prints. */
class Running {
  readonly ended: Promise<unknown[]>;
  #output = '';
  #over = false;
  #wake = (): void => {};

  constructor(...args: string[]) {
    const started = spawn(process.execPath, [command, 'start', ...args], { cwd: folder });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
    this.ended = once(started, 'close');
    void this.ended.then(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** What stands in the parentheses of `pattern`, once it was printed. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found) return found[1] ?? '';
      if (this.#over) throw new Error(`ended without saying ${pattern}:\n${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const certificate = ['--tls-key', 'key.pem', '--tls-cert', 'cert.pem'];

describe('rocade start', () => {
  test('listens on TLS and Unix sockets, and reads its certificate again at SIGHUP', async () => {
    const listen = ['--listen', 'tls://localhost:0', '--listen', 'unix:./router.sock', '--unix-mode', '660'];
    const router = new Running(...listen, ...certificate);
    const url = await router.said(/WAMP +(tls:\S+) {2}\(RawSocket\)/);
    await router.said(/programs and browsers on this machine only[^]*Ctrl-C stops it/);
    const path = join(folder, 'router.sock');
    expect(statSync(path).mode & 0o777).toBe(0o660);
    const local = await connect(rawSocket(`unix:${path}`), { retry: false });
    await local.register('math.add', ([a, b]) => a + b);
    const remote = await connect(rawSocket(url, { tls: trusted }), { retry: false });
    expect(await remote.call('math.add', [2, 3])).toBe(5);

    writeFileSync(join(folder, 'cert.pem'), 'nonsense');
    child?.kill('SIGHUP');
    await router.said(/^(rocade: this key and certificate cannot be used.*)$/m);
    writeFileSync(join(folder, 'cert.pem'), nextTls.cert);
    writeFileSync(join(folder, 'key.pem'), nextTls.key);
    child?.kill('SIGHUP');
    await router.said(/Read the certificate again/);
    const after = await connect(rawSocket(url, { tls: { ca: nextTls.cert } }), { retry: false });
    expect(await after.call('math.add', [await remote.call('math.add', [1, 1]), 3])).toBe(5);

    child?.kill('SIGINT');
    expect((await router.ended)[0]).toBe(0);
    expect(await local.closed).toMatchObject({ uri: 'wamp.close.system_shutdown' });
    await Promise.all([remote.closed, after.closed]);
    expect(existsSync(path)).toBe(false);
  });

  test('says where pages are, and of a site in the same directory', async () => {
    writeFileSync(join(folder, 'rocade.json'), '{}');
    const router = new Running('--listen', 'ws://0.0.0.0:0', '--open', '--files', '/a=.');
    await router.said(/There is a rocade\.json here: rocade start rocade\.json runs that site\./);
    const page = await router.said(/files +(http:\/\/localhost:\d+\/a) {2}\(\.\)/);
    expect((await fetch(`${page}/cert.pem`)).status).toBe(200);
    child?.kill('SIGINT');
    expect((await router.ended)[0]).toBe(0);
  });

  test.each([
    [['--listen', 'tls://localhost:0'], /without a key and a certificate \(--tls-key and --tls-cert/],
    [['--listen', 'tls://localhost:0', '--tls-key', 'nowhere.pem'], /cannot read 'nowhere.pem'/],
    [['--unix-mode', '888'], /expected three octal digits/],
    [['--listen', 'tcp://localhost'], /expected an address such as/],
    [['--listen', 'tcp://0.0.0.0:0'], /others than this machine/],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const router = new Running(...args);
    await router.said(sentence);
    expect((await router.ended)[0]).toBe(1);
  });
});
