import { build } from 'esbuild';
import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Fence, htmlPages, isForPage, programs, read, root, scriptsOf, whereIs } from './fences.ts';
import { Stage } from './run.ts';

// Pages and code for pages, run with the script-tag file or through a bundler, a WebSocket being the only thing
// that they have from Node. The document is a stand-in; types.test.ts checks them against the types of the real one.

/** What the documentation's pages use of an element. */
class Element {
  textContent = '';
  onclick: (() => unknown) | undefined;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  append(text: unknown): void {
    this.textContent += String(text);
    this.#changed();
  }
}

class Page {
  readonly elements = new Map<string, Element>();
  readonly body: Element;
  readonly written: Promise<string>;

  constructor() {
    let written = (_text: string): void => {};
    this.written = new Promise((resolve) => {
      written = resolve;
    });
    this.body = new Element(() => written(this.body.textContent));
  }

  /** The same element each time, so that a test finds what a script has put there. */
  querySelector(selector: string): Element {
    const element = this.elements.get(selector) ?? new Element(() => {});
    this.elements.set(selector, element);
    return element;
  }
}

/** A WebSocket with the face that browsers give it, and nothing of the class that Node's clients use. */
class PageSocket {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
    for (const name of [
      'onopen',
      'onmessage',
      'onclose',
      'onerror',
      'binaryType',
      'protocol',
      'bufferedAmount',
    ] as const) {
      Object.defineProperty(this, name, {
        get: () => this.#socket[name],
        set: (value) => {
          Object.assign(this.#socket, { [name]: value });
        },
      });
    }
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }
}

function browser(page: Page): Record<string, unknown> {
  const globals = {
    document: page,
    WebSocket: PageSocket,
    URL,
    crypto,
    performance,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    console,
  };
  return createContext({
    ...globals,
    AbortController,
    AbortSignal,
    Uint8Array,
    ArrayBuffer,
    TextEncoder,
    TextDecoder,
    btoa,
    atob,
  });
}

let stage: Stage;
afterEach(() => stage.close());

/** Brings up what the page expects to be running. */
async function prepareStage(fence: Fence): Promise<void> {
  stage = new Stage();
  await stage.node();
  await stage.runOthers(fence);
}

const modules = programs.filter(isForPage);

describe('pages', () => {
  test.each(htmlPages.map((fence) => [whereIs(fence), fence] as const))('%s shows the sum', async (_where, fence) => {
    await prepareStage(fence);
    const page = new Page();
    const context = browser(page);
    for (const { source, code } of scriptsOf(fence)) {
      if (source === undefined) await runInContext(`(async () => {${await stage.ports.replaceIn(code)}})()`, context);
      else runInContext(read(`dist/${source}`), context);
    }
    const button = page.elements.get('button');
    if (button) {
      await button.onclick?.();
      expect(String(page.querySelector('output').textContent)).toBe('5');
    } else expect(await page.written).toBe('2 + 3 = 5');
  });

  test.each(htmlPages.map((fence) => [whereIs(fence), fence] as const))(
    '%s has the elements that its scripts ask for',
    (_where, { code }) => {
      const asked = [...code.matchAll(/querySelector\('(\w+)'\)/g)].map(([, element]) => `<${element}`);
      expect(asked.filter((element) => !code.includes(element))).toEqual([]);
    },
  );

  test('there are some', () => expect(htmlPages.length).toBeGreaterThan(1));
});

describe('code for pages', () => {
  test.each(modules.map((fence) => [whereIs(fence), fence] as const))(
    '%s is bundled, runs, and shows the sum',
    async (_where, fence) => {
      await prepareStage(fence);
      const contents = await stage.ports.replaceIn(fence.code);
      const stdin = { contents, loader: 'ts', resolveDir: root } as const;
      const bundle = await build({
        stdin,
        bundle: true,
        format: 'esm',
        platform: 'browser',
        write: false,
        logLevel: 'silent',
      });
      const page = new Page();
      await runInContext(`(async () => {${bundle.outputFiles[0]?.text}})()`, browser(page));
      expect(await page.written).toBe('2 + 3 = 5');
    },
  );

  test('there is some', () => expect(modules.length).toBeGreaterThan(0));
});
