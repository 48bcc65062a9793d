import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser, PLAIN_HOST } from './chromium.ts';
import { Site } from './site.ts';
import { ForumWindow } from './window.ts';

const PHONE = { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const WELCOME = 'Welcome! Open this page in a second window, log in there, and watch this one.';

describe.skipIf(noBrowser)('the forum in a browser', () => {
  const site = new Site();
  let browser: Browser;
  let windows: ForumWindow[] = [];

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), site.start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site.stop();
  });
  afterEach(async () => {
    const mistakes = windows.flatMap((window) => window.mistakes);
    await Promise.all(windows.map((window) => window.close()));
    windows = [];
    expect(mistakes).toEqual([]);
  });

  async function open(options?: BrowserContextOptions, url = site.url): Promise<ForumWindow> {
    const window = await ForumWindow.open(browser, url, options);
    windows.push(window);
    return window;
  }

  test('a login in one window is seen in the other, which was not reloaded', async () => {
    const [one, two] = [await open(), await open()];
    await two.online();
    await two.page.evaluate(() => Object.assign(globalThis, { stillTheSame: true }));
    await one.logIn('alice', 'wonderland');
    await two.shows('.notice', 'alice is here.');
    await two.online('alice');
    await one.online('alice');
    expect(await two.page.evaluate(() => 'stillTheSame' in globalThis)).toBe(true);
  });

  test('a wrong password is told in plain words, and the right one works after that', async () => {
    const window = await open();
    await window.fill('alice', 'looking glass');
    await window.shows('#login .error', 'This name and this password do not belong together.');
    await window.logIn('alice', 'wonderland');
    expect(await window.page.locator('#login').isVisible()).toBe(false);
  });

  test('the accounts to try are filled in by a click', async () => {
    const window = await open();
    await window.page.click('text=bob / builder');
    await window.page.click('#login [type=submit]');
    await window.shows('#my-name b', 'bob');
  });

  test('HTML, emoji and line breaks of a post are text in both windows, and later for who comes later', async () => {
    const [one, two] = [await open(), await open()];
    const text = '<b>bold</b> <img src=x onerror="alert(1)"> <script>alert(2)</script> & 🎉👩‍🚀 ça\nsecond line';
    await one.logIn('alice', 'wonderland');
    await one.post(text);
    for (const window of [one, two, await open()]) {
      const place = await window.shows('.post .text', text);
      expect(
        await place.evaluate(({ childElementCount, textContent }) => ({ childElementCount, textContent })),
      ).toEqual({
        childElementCount: 0,
        textContent: text,
      });
      await window.shows('.post .text', WELCOME);
    }
    expect(await one.page.locator('.post .text', { hasText: 'second line' }).count()).toBe(1);
    expect(await one.page.inputValue('#compose textarea')).toBe('');
  });

  test('blanks alone are no post, and what was typed stays', async () => {
    const window = await open();
    await window.logIn('alice', 'wonderland');
    await window.post('   ');
    await window.shows('#compose .error', 'There is nothing in this post. Write something first.');
    expect(await window.page.inputValue('#compose textarea')).toBe('   ');
  });

  test('who closes the window, or logs out, is not online any more', async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    await one.logIn('alice', 'wonderland');
    await two.logIn('bob', 'builder');
    await three.online('alice', 'bob');
    await one.close();
    await three.shows('.notice', 'alice has left.');
    await three.online('bob');
    await two.page.click('#logout');
    await three.online();
    await two.page.waitForSelector('#login');
  });

  test('who vanishes without a goodbye is missed', async () => {
    const [one, two] = [await open(), await open()];
    await one.logIn('carol', 'christmas');
    await two.online('carol');
    await one.crash();
    await two.shows('.notice', 'carol has left.');
    await two.online();
  });

  test('a reload keeps the login, in this window only', async () => {
    const [one, two] = [await open(), await open()];
    await one.logIn('alice', 'wonderland');
    await one.page.reload();
    await one.shows('#my-name b', 'alice');
    await two.online('alice');
    expect(await two.page.locator('#login').isVisible()).toBe(true);
  });

  test('a killed login service is told to who needs it; the rest goes on, and so does it once started again', async () => {
    const [one, two] = [await open(), await open()];
    await one.logIn('alice', 'wonderland');
    await site.killService('login');
    try {
      await two.fill('bob', 'builder');
      await two.shows('#login .error', 'The login service is not running. You will be told when it is back.');
      await one.post('hello?');
      await one.shows('#compose .error', 'The login service is not running, so nobody can tell who you are.');
      // It knew alice from before.
      await two.online('alice');
    } finally {
      await site.startService('login');
    }
    await two.shows('.notice', 'The login service is running again.');
    await two.logIn('bob', 'builder');
    await one.page.waitForSelector('#compose .error', { state: 'hidden' });
    // Its tokens are forgotten, and what was typed is not.
    await one.post('hello again');
    await one.shows('#login .error', 'You have been logged out. Please log in again.');
    await two.online('bob');
    expect(await one.page.locator('.problem:visible').count()).toBe(0);
    await one.logIn('alice', 'wonderland');
    expect(await one.page.inputValue('#compose textarea')).toBe('hello again');
  });

  test('a killed posts service is told at its place, until it is back', async () => {
    await site.killService('posts');
    const window = await open();
    await window.shows('#posts-problem', 'The posts service is not running. You will be told when it is back.');
    await site.startService('posts');
    await window.shows('.post .text', WELCOME);
    await window.page.waitForSelector('#posts-problem', { state: 'hidden' });
  });

  test('a router that stops and starts again is told, and the windows come back by themselves', async () => {
    const [one, two] = [await open(), await open()];
    await one.logIn('alice', 'wonderland');
    await two.online('alice');
    await site.stopRouter();
    await one.page.waitForSelector('text=/connection lost, trying again/');
    await one.post('is anybody there?');
    const away = 'There is no connection at the moment. Please try again once it is back.';
    await one.shows('#compose .error', away);
    await two.fill('bob', 'builder');
    await two.shows('#login .error', away);

    await site.startRouter();
    await one.shows('#connection', 'connected');
    await two.shows('#connection', 'connected');
    await two.online('alice');
    await one.page.waitForSelector('#compose .error', { state: 'hidden' });
    await two.page.waitForSelector('#login .error', { state: 'hidden' });
    await one.post('back again');
    await two.shows('.post .text', 'back again');
  });

  test('works on a plain http:// address, where browsers keep some of their functions back', async () => {
    const window = await open({}, site.url.replace('127.0.0.1', PLAIN_HOST));
    expect(await window.page.evaluate(() => isSecureContext)).toBe(false);
    await window.logIn('alice', 'wonderland');
    await window.post('from afar');
    await window.shows('.post .text', 'from afar');
  });

  test('fits a phone, long words too', async () => {
    const window = await open(PHONE);
    await window.logIn('alice', 'wonderland');
    const word = 'x'.repeat(300);
    await window.post(word);
    await window.shows('.post .text', word);
    const { width, tooWide, zooming } = await window.page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      tooWide: [...document.querySelectorAll('body *')].filter(
        (part) => part.getBoundingClientRect().right > innerWidth,
      ).length,
      // Phones zoom into fields whose text is smaller than this, and do not zoom out.
      zooming: [...document.querySelectorAll('input, textarea')].filter(
        (field) => parseFloat(getComputedStyle(field).fontSize) < 16,
      ).length,
    }));
    expect({ width, tooWide, zooming }).toEqual({ width: 375, tooWide: 0, zooming: 0 });
  });
});
