import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import type * as rocade from 'rocade';
import type * as nodes from 'rocade/node';
import type * as testing from 'rocade/testing';
import * as vitest from 'vitest';
import { type Fence, named, whereIs } from './fences.ts';
import { imported } from './imported.ts';
import { Ports } from './ports.ts';
import type { Provided, Snippet } from './snippet.ts';

const { connect } = (await imported('rocade')) as unknown as typeof rocade;
const { startRouter } = (await imported('rocade/node')) as unknown as typeof nodes;

const SETTLE_MS = 5000;

/** Where a snippet runs: its router, and everything that it opens and somebody has to close. */
export class Stage {
  readonly ports = new Ports();
  readonly #opened: { close(): Promise<void> }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'rocade-docs-'));
  #node: nodes.RunningRouter | undefined;
  #queue: (() => unknown)[] = [];
  /** What stood in a `console.error`: nobody expects any. */
  readonly complaints: string[] = [];

  constructor() {
    // What `files` of a snippet points at.
    writeFileSync(join(this.#folder, 'index.html'), '<!doctype html><title>page</title>');
  }

  /** The router that the documentation takes to be running at port 9000. */
  async node(): Promise<nodes.RunningRouter> {
    const listen = await this.ports.replaceIn('ws://127.0.0.1:9000');
    this.#node ??= this.#track(await startRouter({ listen }));
    return this.#node;
  }

  async client(): Promise<rocade.Client> {
    return this.#track(await connect((await this.node()).url));
  }

  /** Runs a fence, and before it what it says it needs. */
  async runWithOthers(fence: Fence): Promise<void> {
    // The compiler takes its time to load, and not every test of the documentation needs it.
    const { prepare } = await import('./snippet.ts');
    await this.runOthers(fence);
    await this.run(prepare(fence));
  }

  async runOthers(fence: Fence): Promise<void> {
    const { prepare } = await import('./snippet.ts');
    for (const name of fence.directives.with?.split(', ') ?? []) await this.run(prepare(named(name, fence)));
  }

  /** Runs a snippet; resolves when everything that it promises has come true. */
  async run(snippet: Snippet): Promise<void> {
    const text = await this.ports.replaceIn(snippet.body);
    const provided = await this.#provide(snippet);
    const promised = await Promise.all(snippet.promises.map(({ text: value }) => this.ports.replaceIn(value)));
    const reached = new Set<number>();
    const broken: string[] = [];
    let wake = (): void => {};
    const check = (index: number, actual: unknown[]): unknown[] => {
      reached.add(index);
      try {
        vitest.expect(actual).toEqual(runInThisContext(`[${promised[index]}]`));
      } catch (error) {
        const line = snippet.fence.line + (snippet.promises[index]?.line ?? 0);
        broken.push(`line ${line}: // => ${promised[index]}\n${(error as Error).message}`);
      }
      wake();
      return actual;
    };
    const scope = {
      ...provided,
      console: { ...console, log: () => {}, error: (...texts: unknown[]) => this.complaints.push(texts.join(' ')) },
      __check: check,
      __import: (name: string) => this.#import(name),
    };
    const source = `(async (__scope) => { const { ${Object.keys(scope).join(', ')} } = __scope;\n{\n${text}\n} })`;
    await (runInThisContext(source, { filename: whereIs(snippet.fence) }) as (given: typeof scope) => Promise<void>)(
      scope,
    );
    for (const run of this.#queue.splice(0)) await run();

    const end = Date.now() + SETTLE_MS;
    while (reached.size < promised.length && Date.now() < end) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, end - Date.now());
      });
      clearTimeout(timer);
    }
    const missed = snippet.promises.filter((_, index) => !reached.has(index));
    broken.push(...missed.map(({ text: value }) => `never reached: // => ${value}`));
    broken.push(...this.complaints.splice(0).map((complaint) => `console.error: ${complaint}`));
    vitest.expect(broken, `${whereIs(snippet.fence)}\n${broken.join('\n')}`).toEqual([]);
  }

  async close(): Promise<void> {
    // Clients before routers, so that none tries to come back.
    for (const resource of this.#opened.reverse().filter((one) => !('router' in one))) await resource.close();
    for (const resource of this.#opened.filter((one) => 'router' in one)) await resource.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #provide({ needs, body, promises }: Snippet): Promise<Partial<Record<Provided, unknown>>> {
    const own = /\bstartRouter\(/.test(body);
    const speaksOf = (word: string): boolean =>
      [body, ...promises.map(({ text }) => text)].some((text) => text.includes(word));
    if (!own && (needs.length > 0 || speaksOf('localhost:9000') || speaksOf('127.0.0.1:9000'))) await this.node();
    // The one service that examples call without saying where it comes from.
    if (/call\('math\.add'/.test(body) && !/register\('math\.add'/.test(body) && !own) {
      const service = await this.client();
      await service.register('math.add', ([a, b]) => a + b).catch(() => service.close());
    }
    const values: Partial<Record<Provided, unknown>> = {};
    for (const name of needs) {
      if (name === 'client' || name === 'other') values[name] = await this.client();
      else if (name === 'node') values.node = await this.node();
      else if (name === 'router') values.router = (await this.node()).router;
      else values.show = () => {};
    }
    return values;
  }

  /** Modules as a snippet gets them: what opens something is noted, so that it can be closed. */
  async #import(name: string): Promise<Record<string, unknown>> {
    if (name === 'vitest') return this.#testRunner();
    const module = { ...(await imported(name)) };
    for (const opener of ['connect', 'startRouter']) {
      const open = module[opener] as ((...args: unknown[]) => Promise<{ close(): Promise<void> }>) | undefined;
      if (open)
        module[opener] = async (...args: unknown[]) => this.#track(await open(...args.map((arg) => this.#local(arg))));
    }
    const testRouter = module['testRouter'] as typeof testing.testRouter | undefined;
    if (testRouter) module['testRouter'] = (...args: Parameters<typeof testRouter>) => this.#track(testRouter(...args));
    return module;
  }

  /** Directories that a snippet names are in this stage's folder. */
  #local(arg: unknown): unknown {
    const options = arg as nodes.StartOptions | undefined;
    return typeof options === 'object' && 'files' in options ? { ...options, files: this.#folder } : arg;
  }

  /** A test runner for snippets that show how to test: it runs what they define. */
  #testRunner(): Record<string, unknown> {
    const test = (_name: string, body: () => unknown): void => void this.#queue.push(body);
    return { describe: (_name: string, body: () => void) => body(), test, expect: vitest.expect };
  }

  #track<T extends { close(): Promise<void> }>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }
}
