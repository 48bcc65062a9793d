// What 10,000 events a second cost a page that draws them: the charts example in Chromium. Needs a build and Chromium (or CHROMIUM).
// node bench/charts.mjs [--seconds 20] [--rate 10000]; prints a line of JSON, and ends with code 1 when an event is missing, the page
// does not keep up, or is busy for longer than 50 ms at a time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { startRouter } from '../dist/node/index.js';

/** Beyond this people see that something hangs; what browsers call a long task. */
const MAX_BUSY_MS = 50;
const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '10000' } },
});
const count = Number(values.seconds) * Number(values.rate);

const router = await startRouter({ listen: 'ws://127.0.0.1:0', files: root });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
let publisher;
try {
  const page = await browser.newPage();
  await page.goto(`${router.url.replace('ws', 'http')}/examples/charts/index.html`);
  await page.waitForFunction(() => 'figures' in globalThis);
  // What the page is busy with before there is anything to draw is not counted.
  await page.evaluate(() => {
    globalThis.busy = [];
    new PerformanceObserver((list) =>
      globalThis.busy.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: 'longtask',
    });
    figures.longestFrameMs = 0;
  });
  publisher = spawn(
    process.execPath,
    [fileURLToPath(new URL('../examples/charts/publish.mjs', import.meta.url)), router.url, values.rate, String(count)],
    { cwd: root, stdio: 'ignore' },
  );
  const published = once(publisher, 'exit');
  const began = performance.now();
  await page.waitForFunction((all) => figures.events + figures.missed >= all, count, {
    timeout: 0,
    polling: 100,
  });
  await published;
  const seconds = (performance.now() - began) / 1000;
  const found = await page.evaluate(() => ({ ...figures, longestTaskMs: Math.max(0, ...busy) }));
  const { events, missed, longestFrameMs, longestTaskMs } = found;
  const round = (value) => Number(value.toFixed(1));
  console.log(
    JSON.stringify({
      events,
      missed,
      perSecond: Math.round(events / seconds),
      longestFrameMs: round(longestFrameMs),
      longestTaskMs: round(longestTaskMs),
    }),
  );
  const keepsUp = seconds < Number(values.seconds) * 1.1 + 1;
  if (missed > 0 || !keepsUp || longestTaskMs > MAX_BUSY_MS) process.exitCode = 1;
} finally {
  publisher?.kill();
  await browser.close();
  await router.close();
}
