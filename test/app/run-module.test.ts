import { type Client, ConnectError, UsageError } from 'rocade';
import { App, consoleLog, event, hostApps, procedure, runApp, runModule, toApp } from 'rocade/app';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { testApp, testModule } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';

class Greeter {
  readonly #app: App;
  #greeting = 'Hello';

  constructor(app: App) {
    this.#app = app;
  }

  @procedure('greet')
  greet([name]: readonly string[]): string {
    this.#app.log.debug('greeting', name);
    return `${this.#greeting} ${name}`;
  }

  @event('greeting.changed')
  async changed([greeting]: readonly string[]): Promise<void> {
    this.#greeting = greeting ?? this.#greeting;
    await this.#app.client.publish('greeting.is', [this.#greeting], { acknowledge: true });
  }
}

describe('standard decorators', () => {
  test('put the methods of a class to work, with their own object', async () => {
    await using site = await testApp(Greeter);
    expect(await site.client.call('greet', ['alice'])).toBe('Hello alice');
    const changed = new Promise((resolve) => void site.client.subscribe('greeting.is', ([is]) => resolve(is)));
    await site.client.publish('greeting.changed', ['Bonjour'], { acknowledge: true });
    expect(await changed).toBe('Bonjour');
    expect(await site.client.call('greet', ['alice'])).toBe('Bonjour alice');
  });

  test('hold for subclasses, and for an object that is added to an app', async () => {
    class Polite extends Greeter {
      override greet(args: readonly string[]): string {
        return `${super.greet(args)}, how do you do?`;
      }
      @procedure('part')
      part(): string {
        return 'Goodbye';
      }
    }
    const app = new App();
    app.add(new Polite(app));
    await using site = await testApp(app);
    expect(await site.client.call('greet', ['alice'])).toMatch(/^Hello alice/);
    expect(await site.client.call('part')).toBe('Goodbye');
  });

  test('refuse malformed names, and what is no method', () => {
    expect(() => procedure('a b')).toThrow(/^@procedure: expected a URI/);
    expect(() => event('a b')).toThrow(/^@event: expected a URI/);
    expect(
      () =>
        class {
          @procedure('fine')
          static method(): void {}
        },
    ).toThrow(/before a method/);
    const old = procedure('fine') as unknown as (target: object, name: string) => void;
    expect(() => old({}, 'method')).toThrow(/before a method, and decorators of the standard/);
  });
});

describe('what can be run', () => {
  test('a function taking a client', async () => {
    await using site = await testApp(async (client: Client) => {
      await client.register('math.add', ([a, b]) => a + b);
    });
    expect(await site.client.call('math.add', [2, 3])).toBe(5);
  });

  test.each([[{}], [class {}], [{ default: 1 }], ['text' as unknown as object]])('not %j', (what) => {
    expect(() => toApp(what)).toThrow(UsageError);
  });
});

test('what a function has registered itself is drained, too', async () => {
  let open = (): void => {};
  const working = new Promise<void>((resolve) => {
    open = resolve;
  });
  let begun = (): void => {};
  const called = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const site = await testApp(async (client: Client) => {
    await client.register('work', async () => {
      begun();
      await working;
      return 'done';
    });
  });
  const call = site.client.call('work');
  await called;
  const closed = site.close();
  // Taken back already, although it is still at work.
  await vi.waitFor(() => site.client.register('work', () => 'by another'));
  open();
  // The caller is closed only when the app has stopped.
  expect(await call).toBe('done');
  await closed;
});

test('a function that adds to the app that it gets', async () => {
  await using site = await testApp((_client, app) => app.procedure('mine', () => 'here').every(1000, () => {}));
  expect(await site.client.call('mine')).toBe('here');
});

describe('a module', () => {
  test('has its app as its default export', async () => {
    await using site = await testModule(async () => ({ default: Greeter }));
    expect(await site.client.call('greet', ['alice'])).toBe('Hello alice');
  });

  test('may run its default export itself: it runs once, with the options of its host', async () => {
    const app = new App({ url: 'ws://nowhere.invalid' }).procedure('once', () => 1);
    await using site = await testModule(async () => {
      await app.run();
      return { default: app };
    });
    expect(await site.client.call('once')).toBe(1);
  });

  test('may run it without waiting for its end: it runs once all the same', async () => {
    const app = new App({ url: 'ws://nowhere.invalid' }).procedure('once', () => 1);
    await using site = await testModule(async () => {
      void app.run();
      return { default: app };
    });
    expect(await site.client.call('once')).toBe(1);
  });

  test('is the host of its own apps alone', async () => {
    await expect(runModule(async () => ({}), { url: memory(new Router()) })).rejects.toThrow(UsageError);
    const refuse = () => Promise.reject(new ConnectError('nobody listens'));
    await expect(new App({ url: refuse, retry: false }).run()).rejects.toThrow('nobody listens');
  });

  test('that has nothing to run, or does not load, is an error', async () => {
    const url = memory(new Router());
    await expect(runModule(async () => ({}), { url })).rejects.toThrow(/^the module has nothing to run/);
    await expect(runModule(() => Promise.reject(new Error('no such file')), { url })).rejects.toThrow('no such file');
    await expect(runModule(async () => ({ default: 5 }), { url })).rejects.toThrow(/^expected an App, a class/);
  });

  test('whose own app fails is not waited for', async () => {
    const app = new App().onStart(() => {
      throw new Error('no disk');
    });
    const load = async () => {
      await app.run();
      return {};
    };
    await expect(runModule(load, { url: memory(new Router()) })).rejects.toThrow('no disk');
    const endless = async () => {
      app.run().catch(() => {});
      return new Promise<never>(() => {});
    };
    await expect(runModule(endless, { url: memory(new Router()) })).rejects.toThrow('no disk');
  });
});

test('runApp stops at its signal', async () => {
  const stop = new AbortController();
  await runApp(() => stop.abort(), { url: memory(new Router()), signal: stop.signal });
});

test('the last host that has not ended runs an app', async () => {
  const heard: string[] = [];
  const hostNamed = (name: string) =>
    hostApps(async () => {
      heard.push(name);
    });
  const [endFirst, endSecond, endThird] = ['first', 'second', 'third'].map(hostNamed) as [
    () => void,
    () => void,
    () => void,
  ];
  await new App().run();
  endFirst();
  await new App().run();
  endThird();
  await new App().run();
  endSecond();
  expect(heard).toEqual(['third', 'third', 'second']);
});

test('consoleLog writes lines of its level and of what is more important', () => {
  const written: string[] = [];
  const spies = (['debug', 'info', 'warn', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((text: string) => void written.push(`${name} ${text}`)),
  );
  const log = consoleLog('warn');
  for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]('x');
  for (const spy of spies) spy.mockRestore();
  expect(written).toEqual(['warn x', 'error x']);
});
