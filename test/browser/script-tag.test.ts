import type { Browser, Page } from 'playwright-core';
import { type RunningRouter, startRouter } from 'rocade/node';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../../examples/forum/build-page.ts';
import { launch, noBrowser } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.skipIf(noBrowser)('rocade in a page', () => {
  let browser: Browser;
  let router: RunningRouter;
  let forum: RunningRouter;
  let pages: Page[] = [];
  const mistakes: string[] = [];

  beforeAll(async () => {
    browser = await launch();
    router = await startRouter({ listen: 'ws://127.0.0.1:0', files: root });
    forum = await startRouter({ listen: 'ws://127.0.0.1:0', files: await buildPage() });
  });
  afterAll(async () => {
    await browser?.close();
    await router?.close();
    await forum?.close();
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    pages = [];
    expect(mistakes.splice(0)).toEqual([]);
  });

  /** A page that notes which sockets the browser's own class was asked for. */
  async function open(url: string): Promise<Page> {
    const page = await browser.newPage();
    pages.push(page);
    page.on('pageerror', (error) => mistakes.push(error.message));
    await page.addInitScript(() => {
      const sockets: string[] = [];
      const Native = WebSocket;
      class Noting extends Native {
        constructor(address: string, protocols?: string[]) {
          super(address, protocols);
          sockets.push(`${this.url} ${protocols?.join()}`);
        }
      }
      Object.assign(globalThis, { WebSocket: Noting, sockets });
    });
    await page.goto(url);
    return page;
  }
  const sockets = (page: Page): Promise<unknown> => page.evaluate(() => Reflect.get(globalThis, 'sockets'));
  const article = (): string => `${router.url.replace('ws', 'http')}/examples/article/index.html`;

  test('the script-tag build subscribes, publishes, registers and calls', async () => {
    const page = await open(article());
    await page.getByText('answering une_somme').waitFor();
    await page.click('#publish');
    await page.getByText('un_evenement: Bonjour !').waitFor();
    await page.click('#call');
    await page.getByText('2 + 3 = 5').waitFor();
  });

  test('two pages hear and answer each other, and each may be asked', async () => {
    const one = await open(article());
    await one.getByText('answering une_somme').waitFor();
    const two = await open(article());
    await two.getByText('answering une_somme').waitFor();
    for (const answered of [1, 2]) {
      await two.click('#call');
      await two
        .getByText('2 + 3 = 5')
        .nth(answered - 1)
        .waitFor();
    }
    await two.click('#publish');
    await one.getByText('un_evenement: Bonjour !').waitFor();
  });

  test('the script-tag build brings one global name, and uses the WebSocket of the browser', async () => {
    const page = await open(article());
    await page.getByText('answering une_somme').waitFor();
    expect(await sockets(page)).toEqual([`${router.url}/ wamp.2.json`]);
    const empty = await browser.newPage();
    pages.push(empty);
    const before = await empty.evaluate(() => Object.getOwnPropertyNames(globalThis));
    await empty.addScriptTag({ path: `${root}/dist/rocade.min.js` });
    const after = await empty.evaluate(() => Object.getOwnPropertyNames(globalThis));
    expect(after.filter((name) => !before.includes(name))).toEqual(['rocade']);
  });

  test('what a page bundles uses the WebSocket of the browser too', async () => {
    const page = await open(forum.url.replace('ws', 'http'));
    await page.getByText('connected', { exact: true }).waitFor();
    expect(await sockets(page)).toEqual([`${forum.url}/ wamp.2.json`]);
  });
});
