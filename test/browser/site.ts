import type { ChildProcess } from 'node:child_process';
import { type RunningRouter, startRouter } from 'rocade/node';
import { buildPage } from '../../examples/forum/build-page.ts';
import { ready, SERVICES, type ServiceName, spawnService, stopService } from '../../examples/forum/processes.ts';

/** The forum, each part of which can be stopped and started. */
export class Site {
  readonly #services = new Map<ServiceName, ChildProcess>();
  #router: RunningRouter | undefined;
  #url = '';

  async start(): Promise<void> {
    await this.startRouter();
    await Promise.all(SERVICES.map((name) => this.startService(name)));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#services.values()].map(stopService));
    await this.stopRouter();
  }

  /** Where the page is. */
  get url(): string {
    return this.#url.replace('ws:', 'http:');
  }

  /** The second time on the same port, so that those who knew it find it; resolves when the services have. */
  async startRouter(): Promise<void> {
    const back = Promise.all([...this.#services.values()].map(ready));
    this.#router = await startRouter({ listen: this.#url || 'ws://127.0.0.1:0', files: await buildPage() });
    this.#url = this.#router.url;
    await back;
  }

  async stopRouter(): Promise<void> {
    await this.#router?.close();
    this.#router = undefined;
  }

  async startService(name: ServiceName): Promise<void> {
    const child = spawnService(name, this.#url);
    this.#services.set(name, child);
    await ready(child);
  }

  /** Without a chance to say goodbye. */
  async killService(name: ServiceName): Promise<void> {
    const child = this.#services.get(name);
    if (!child) throw new Error(`${name} was never started`);
    const dead = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await dead;
  }
}
