import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases, type HostileCase } from '../hostile/cases.ts';
import { expectFate } from '../hostile/fate.ts';
import { type HostileRouter, startHostileRouter } from '../hostile/router.ts';
import type * as victim from '../hostile/victim.ts';
import { launch, noBrowser } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.skipIf(noBrowser)('a page whose router is hostile', () => {
  let browser: Browser;
  let router: HostileRouter;
  let page: Page;
  /** What nobody has caught. */
  const uncaught: Error[] = [];

  beforeAll(async () => {
    browser = await launch();
    router = await startHostileRouter();
    const built = await build({
      entryPoints: [`${root}test/hostile/victim.ts`],
      bundle: true,
      format: 'iife',
      globalName: 'victim',
      platform: 'browser',
      write: false,
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => uncaught.push(error));
    await page.goto(router.urlOf(cases[0] as HostileCase).replace('ws:', 'http:'));
    await page.addScriptTag({ content: built.outputFiles[0]?.text ?? '' });
  });
  afterAll(async () => {
    await browser?.close();
    await router?.close();
  });

  test.each(['json', 'msgpack', 'cbor'] as const)(
    'settles every promise and catches every error, whatever comes in %s',
    { timeout: 180_000 },
    async (id) => {
      for (const hostile of cases) {
        const outcome = await page.evaluate(
          ([url, serializer, timeout]) =>
            (Reflect.get(globalThis, 'victim') as typeof victim).suffer(url, serializer, timeout),
          [router.urlOf(hostile), id, hostile.fate === 'timeout' ? 200 : 20_000] as const,
        );
        try {
          expectFate(outcome, hostile, id);
        } catch (error) {
          throw new Error(`${hostile.when}: ${hostile.name}: ${JSON.stringify(outcome)}`, { cause: error });
        }
      }
      expect(uncaught).toEqual([]);
    },
  );
});
