import type { Browser, Page } from 'playwright-core';
import { type RunningRouter, startRouter } from 'rocade/node';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Program } from '../examples/program.ts';
import { launch, noBrowser } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.skipIf(noBrowser)('the examples that are pages', () => {
  let browser: Browser;
  let router: RunningRouter;
  const pages: Page[] = [];
  const running: Program[] = [];
  const mistakes: string[] = [];

  beforeAll(async () => {
    browser = await launch();
    router = await startRouter({ listen: 'ws://127.0.0.1:0', files: root });
  });
  afterAll(async () => {
    await browser?.close();
    await router?.close();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    for (const program of running) program.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    expect(mistakes.splice(0)).toEqual([]);
  });

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage();
    pages.push(page);
    page.on('pageerror', (error) => mistakes.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') mistakes.push(message.text());
    });
    await page.goto(url);
    return page;
  }
  const example = (name: string): Promise<Page> =>
    open(`${router.url.replace('ws', 'http')}/examples/${name}/index.html`);
  function start(...args: string[]): Program {
    const program = new Program(...args);
    running.push(program);
    return program;
  }

  test('chat: what one says, all see, as text', async () => {
    const [alice, bob] = await Promise.all([example('chat'), example('chat')]);
    await Promise.all([alice, bob].map((page) => page.getByText('connected', { exact: true }).waitFor()));
    await alice.fill('[name=name]', 'alice');
    await alice.fill('[name=text]', '<b>Bonjour</b> !');
    await alice.click('button');
    for (const page of [alice, bob]) await page.getByText('alice: <b>Bonjour</b> !').waitFor();
  });

  test('a tab as a callee: a program gets the answer of a person, and may give up', async () => {
    const page = await example('tab-callee');
    await page.getByText('nobody asks').waitFor();
    const asking = start('examples/tab-callee/ask.mjs', router.url, 'Shall we?');
    await page.getByText('Shall we?').waitFor();
    await page.click('[value=yes]');
    expect(await asking.ended).toEqual({ code: 0, signal: null, output: 'yes\n' });
    const impatient = start('examples/tab-callee/ask.mjs', router.url, 'And now?');
    await page.getByText('And now?').waitFor();
    impatient.kill('SIGKILL');
    await page.getByText('nobody asks').waitFor();
    const second = await example('tab-callee');
    await second.getByText('nobody asks').waitFor();
    start('examples/tab-callee/ask.mjs', router.url, 'And here?');
    await second.getByText('And here?').waitFor();
  });

  test('upload: a chosen file is on the disk, piece by piece, and what is stopped is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rocade-upload-'));
    const uploads = join(folder, 'uploads');
    const receiver = start('examples/upload/receive.mjs', router.url, uploads);
    await receiver.prints(/^files go to /m);
    const page = await example('upload');
    await page.getByText('connected').waitFor();
    const [small, large, content] = [join(folder, 'a.bin'), join(folder, 'b.bin'), randomBytes(300_001)];
    await writeFile(small, content);
    await writeFile(large, Buffer.alloc(40_000_000));
    await page.setInputFiles('input', small);
    await page.getByText('a.bin is there, 300001 octets').waitFor();
    expect((await readFile(join(uploads, 'a.bin'))).equals(content)).toBe(true);
    await page.setInputFiles('input', small);
    await page.getByText("there is a file 'a.bin'").waitFor();
    await page.setInputFiles('input', large);
    await page.waitForFunction(() => document.querySelector('progress')!.value > 0.05);
    await page.click('button');
    await page.getByText('stopped').waitFor();
    await vi.waitFor(async () => expect(await readdir(uploads)).toEqual(['a.bin']), { timeout: 30_000 });
    await rm(folder, { recursive: true });
  });

  test('charts: every event arrives and is drawn', { timeout: 120_000 }, async () => {
    const page = await example('charts');
    await page.waitForFunction(() => 'figures' in globalThis);
    start('examples/charts/publish.mjs', router.url, '10000', '20000');
    await page.getByText(/^20000 events, 0 missed, longest frame \d+ ms$/).waitFor({ timeout: 100_000 });
    const painted = await page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    });
    expect(painted).toBe(true);
  });

  test('React: a call is made again when its arguments change, and an event is shown', async () => {
    const program = start('--import', 'tsx', 'examples/react/main.ts', 'ws://127.0.0.1:0');
    const [, url = ''] = await program.prints(/The page is at (http:\S+)\n/);
    const page = await open(url);
    await page.locator('output', { hasText: '5' }).waitFor();
    await page.fill('input', '40');
    await page.locator('output', { hasText: '42' }).waitFor();
    await page.getByText('nothing yet').waitFor();
    await page.click('button');
    await page.getByText('Bonjour !').waitFor();
    await page.close();
    program.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 0 });
  });
});
