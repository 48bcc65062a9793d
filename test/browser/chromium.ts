import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATH = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Is there none to test with? In CI that is no excuse: the tests run, and fail. */
export const noBrowser = !existsSync(PATH) && !process.env['CI'];
if (noBrowser)
  console.warn(`The browser tests are skipped: there is no ${PATH}. Install Chromium, or set CHROMIUM to where it is.`);

/** A made-up host name that leads to this machine. Only pages of 127.0.0.1 and localhost may do everything over plain http. */
export const PLAIN_HOST = 'plain.test';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
    ],
  });
}
