import { ForumSite, type SERVICES } from '../examples/forum-site.ts';

/** The forum, each part of which can be stopped and started. */
export class Site {
  readonly #site = new ForumSite();

  start(): Promise<void> {
    return this.#site.start();
  }

  async stop(): Promise<void> {
    await this.#site.stop();
  }

  /** Where the page is. */
  get url(): string {
    return this.#site.url.replace('ws:', 'http:');
  }

  /** Ends a service; it stays away until it is started. */
  killService(name: (typeof SERVICES)[number]): Promise<void> {
    return this.#site.killService(name);
  }

  startService(name: (typeof SERVICES)[number]): Promise<void> {
    return this.#site.startService(name);
  }

  /** The services stay, and look for it. */
  stopRouter(): Promise<void> {
    return this.#site.killService('router');
  }

  /** On the same port, so that those who knew it find it. */
  startRouter(): Promise<void> {
    return this.#site.startService('router');
  }
}
