import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** A browser window on the forum, and what somebody does there. Everything waits until the page shows it. */
export class ForumWindow {
  readonly page: Page;
  /** What went wrong in the page without being caught there. */
  readonly mistakes: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.mistakes.push(error.message));
    page.on('dialog', (dialog) => {
      this.mistakes.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  static async open(browser: Browser, url: string, options?: BrowserContextOptions): Promise<ForumWindow> {
    const context = await browser.newContext(options);
    const window = new ForumWindow(await context.newPage());
    await window.page.goto(url);
    await window.shows('#connection', 'connected');
    return window;
  }

  /** Closes it as a person does, so that the page gets to say goodbye. */
  async close(): Promise<void> {
    if (this.page.isClosed()) return;
    const closed = this.page.waitForEvent('close');
    await this.page.close({ runBeforeUnload: true });
    await closed;
  }

  /** Waits until an element is there with exactly this text. */
  async shows(selector: string, text: string): Promise<Locator> {
    const found = this.page.locator(selector).filter({ hasText: new RegExp(`^\\s*${escape(text)}\\s*$`) });
    await found.first().waitFor();
    return found.first();
  }

  /** Ends it as a crash or a dead battery does: the page gets to do nothing more. */
  async crash(): Promise<void> {
    const devtools = await this.page.context().newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // Never answered, as there is nobody left to do it.
    devtools.send('Page.crash').catch(() => {});
    await crashed;
    await this.page.context().close();
  }

  async fill(name: string, password: string): Promise<void> {
    await this.page.fill('#login [name=name]', name);
    await this.page.fill('#login [name=password]', password);
    await this.page.click('#login [type=submit]');
  }

  async logIn(name: string, password: string): Promise<void> {
    await this.fill(name, password);
    await this.shows('#my-name b', name);
  }

  async post(text: string): Promise<void> {
    await this.page.fill('#compose textarea', text);
    await this.page.click('#compose [type=submit]');
  }

  /** Resolves when these, and no others, are shown as online. */
  async online(...names: string[]): Promise<void> {
    await this.page.waitForFunction((wanted) => {
      const items = [...document.querySelectorAll('#online li')];
      return items.map((item) => item.childNodes[1]?.textContent).join() === wanted.join();
    }, names);
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
