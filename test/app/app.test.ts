import { type Client, ClosedError, connect, ConnectError, UsageError, WampError } from 'rocade';
import { App } from 'rocade/app';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { fakeClock, testApp, testModule, testRouter } from 'rocade/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { lines } from './lines.ts';

/** A promise, and how to end it. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

const routers: Router[] = [];
afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.close()));
});
function router(): Router {
  const made = new Router();
  routers.push(made);
  return made;
}

test('hello world is five lines, and its test three', async () => {
  await using site = await testModule(() => import('./hello.ts'));
  expect(await site.client.call('math.add', [2, 3])).toBe(5);
});

describe('an app', () => {
  test('offers procedures, hears events, and publishes through its client', async () => {
    const app = new App();
    app.event('numbers', ([a, b]) => app.client.publish('sums', [a + b]));
    app.procedure('greet', ([name], { kwargs }) => `${kwargs['greeting']} ${name}`);
    await using site = await testApp(app);
    expect(await site.client.call('greet', ['alice'], { kwargs: { greeting: 'Good morning' } })).toBe(
      'Good morning alice',
    );
    const sum = new Promise((resolve) => void site.client.subscribe('sums', ([value]) => resolve(value)));
    await site.client.publish('numbers', [2, 3], { acknowledge: true });
    expect(await sum).toBe(5);
  });

  test('gives the caller a WampError as it is', async () => {
    await using site = await testApp(
      new App().procedure('refuse', () => {
        throw new WampError('shop.error.closed', ['come back tomorrow']);
      }),
    );
    await expect(site.client.call('refuse')).rejects.toMatchObject({ uri: 'shop.error.closed' });
  });

  test('logs what a handler throws by mistake', async () => {
    const log = lines();
    await using site = await testApp(
      new App().procedure('broken', () => {
        throw new TypeError('x is not a function');
      }),
      { log },
    );
    await expect(site.client.call('broken')).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
    expect(log.written).toEqual(['error error: TypeError: x is not a function']);
  });

  test('registers what is added while it runs', async () => {
    const app = new App();
    await using site = await testApp(app);
    app.procedure('late', () => 'here').event('late.event', () => app.client.publish('heard'));
    await vi.waitFor(async () => expect(await site.client.call('late')).toBe('here'));
    const heard = new Promise<void>((resolve) => void site.client.subscribe('heard', () => resolve()));
    await site.client.publish('late.event', [], { acknowledge: true });
    await heard;
  });

  test('logs that what is added while it runs is taken already', async () => {
    const log = lines();
    const app = new App().procedure('mine', () => 1);
    await using site = await testApp(app, { log });
    app.procedure('mine', () => 2);
    await vi.waitFor(() =>
      expect(log.written).toEqual([
        expect.stringMatching(
          /^error the procedure mine is not there: WampError: wamp\.error\.procedure_already_exists/,
        ),
      ]),
    );
    expect(await site.client.call('mine')).toBe(1);
  });

  test('passes on the options of procedures and events: patterns, and work that is shared', async () => {
    await using site = testRouter();
    const clients = await Promise.all([site.connect(), site.connect(), site.connect()]);
    const caller = clients[2]!;
    const heard: string[] = [];
    const apps = clients
      .slice(0, 2)
      .map((client, index) =>
        new App({ client })
          .procedure('work', () => index, { invoke: 'roundrobin' })
          .event('news.', (_args, { topic }) => heard.push(`${index} ${topic}`), { match: 'prefix' }),
      );
    const readies = apps.map(() => gate());
    const running = apps.map((app, index) => app.run({ onReady: () => readies[index]?.open() }));
    await Promise.all(readies.map(({ passed }) => passed));
    const answers = await Promise.all([1, 2, 3, 4].map(() => caller.call<number>('work')));
    expect(answers.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
    await caller.publish('news.sport', [], { acknowledge: true });
    await vi.waitFor(() => expect(heard.toSorted()).toEqual(['0 news.sport', '1 news.sport']));
    await Promise.all(apps.map((app) => app.stop()));
    await Promise.all(running);
  });

  test('has a client only while it runs', async () => {
    const app = new App();
    expect(() => app.client).toThrow(UsageError);
    const site = await testApp(app);
    expect(await app.client.call('wamp.none').catch((error: WampError) => error.uri)).toBe(
      'wamp.error.no_such_procedure',
    );
    await site.close();
    expect(() => app.client).toThrow('this app has no client: it does not run');
  });

  test('refuses what it cannot use at once, in a sentence', () => {
    const app = new App();
    expect(() => app.procedure('math add', () => 1)).toThrow(/^procedure: expected a URI/);
    expect(() => app.event('', () => 1)).toThrow(/^event: expected a URI/);
    expect(() => app.every(0, () => 1)).toThrow(/^every: expected a number of milliseconds above 0, got 0$/);
    expect(() => app.expose('math', {})).toThrow(/^expose: expected an object with methods, got \{\}$/);
    expect(() => app.add({})).toThrow(/^add: expected an object with methods under @procedure or @event$/);
  });
});

describe('expose', () => {
  class Counter {
    count = 0;
    #step = 1;
    add(by = this.#step): number {
      this.count += by;
      return this._total();
    }
    _total(): number {
      return this.count;
    }
    get size(): number {
      throw new Error('a getter is no method');
    }
  }
  class Down extends Counter {
    subtract(by: number): number {
      return this.add(-by);
    }
  }

  test('offers methods of an object as plain functions, inherited ones too, and keeps private what begins with _', async () => {
    await using site = await testApp(new App().expose('counter', new Down()));
    expect(await site.client.call('counter.add', [5])).toBe(5);
    expect(await site.client.call('counter.add')).toBe(6);
    expect(await site.client.call('counter.subtract', [2])).toBe(4);
    for (const name of ['_total', 'constructor', 'size', 'toString'])
      await expect(site.client.call(`counter.${name}`)).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });
});

describe('the life of an app', () => {
  test('onStart comes before anything is registered, onStop after everything has ended, the last one first', async () => {
    const happened: string[] = [];
    const working = gate();
    const app = new App();
    app.onStart(async (client) => {
      happened.push(await client.call('work').catch((error: WampError) => error.uri));
    });
    app.procedure('work', () => working.passed.then(() => happened.push('worked')));
    app.onStop(() => happened.push('stop 1')).onStop(() => happened.push('stop 2'));
    const site = await testApp(app);
    const call = site.client.call('work');
    // In order: when this one is answered, the app has got the one before.
    await site.client.call('work.none').catch(() => {});
    const closed = site.close().catch(() => {});
    working.open();
    expect(await call).toBe(2);
    await closed;
    expect(happened).toEqual(['wamp.error.no_such_procedure', 'worked', 'stop 2', 'stop 1']);
  });

  test('a stop takes back registrations first, and waits for handlers at work up to drainTimeout', async () => {
    const clock = fakeClock();
    const log = lines();
    const at = router();
    const app = new App({ url: memory(at), drainTimeout: 500, clock, log, retry: false });
    const begun = gate();
    app.procedure('endless', () => {
      begun.open();
      return new Promise(() => {});
    });
    const ready = gate();
    const running = app.run({ signal: new AbortController().signal, onReady: () => ready.open() });
    await ready.passed;
    await using caller = await connect(memory(at), { retry: false });
    const call = caller.call('endless', [], { timeout: 0 }).catch((error: WampError) => error.uri);
    await begun.passed;
    const stopped = app.stop();
    // Taken back while the handler is still at work: another may have it.
    await vi.waitFor(() => caller.register('endless', () => 'the next one'));
    expect(log.written).toEqual([]);
    clock.advance(500);
    await stopped;
    await running;
    expect(await call).toBe('wamp.error.canceled');
    expect(log.written).toEqual(['warn did not wait any longer for 1 that were still at work after 500 ms']);
    expect(clock.pending).toBe(0);
  });

  test('a failing onStop is logged, and keeps the others from nothing', async () => {
    const log = lines();
    const app = new App();
    const first = vi.fn();
    app.onStop(first).onStop(() => Promise.reject(new Error('no disk')));
    const site = await testApp(app, { log });
    await site.close();
    expect(first).toHaveBeenCalledOnce();
    expect(log.written).toEqual(['error a handler of onStop failed: Error: no disk']);
  });

  test.each([
    ['onStart fails', (app: App) => app.onStart(() => Promise.reject(new Error('no disk'))), 'no disk'],
    ['a procedure is taken', (app: App) => app.procedure('twice', () => 1).procedure('twice', () => 2), /already/],
  ])('run() rejects when %s', async (_what, prepare, message) => {
    const stopped = vi.fn();
    await expect(testApp(prepare(new App()).onStop(stopped))).rejects.toThrow(message);
    expect(stopped).toHaveBeenCalledOnce();
  });

  test('run() rejects when the session is over for good', async () => {
    const at = router();
    let ready = (): void => {};
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const running = new App({ url: memory(at), retry: false, log: lines() }).run({ onReady: () => ready() });
    await isReady;
    await at.close();
    await expect(running).rejects.toThrow(ClosedError);
  });

  test('run() rejects when there is nothing to connect to', async () => {
    const refuse = () => Promise.reject(new ConnectError('nobody listens'));
    await expect(new App({ url: refuse, retry: false }).run({})).rejects.toThrow('nobody listens');
  });

  test('runs once at a time, and again after it has stopped', async () => {
    const app = new App().procedure('here', () => true);
    const first = await testApp(app);
    await expect(app.run({})).rejects.toThrow('this app runs already');
    await first.close();
    await using second = await testApp(app);
    expect(await second.client.call('here')).toBe(true);
  });

  test('stops while it still connects', async () => {
    const asked = gate();
    const app = new App({
      url: ({ signal }) => {
        asked.open();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      },
    });
    const running = app.run({});
    await asked.passed;
    await app.stop();
    await running;
  });

  test('stops at the signal of its options, also at one that was given before', async () => {
    await new App({ url: memory(router()) }).run({ signal: AbortSignal.abort() });
  });
});

describe('SIGTERM and SIGINT', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s stops the app; afterwards nobody listens to it any more',
    async (signal) => {
      const before = process.listenerCount(signal);
      const ready = gate();
      const running = new App({ url: memory(router()) }).run({ onReady: () => ready.open() });
      await ready.passed;
      expect(process.listenerCount(signal)).toBe(before + 1);
      const [heard] = process.listeners(signal).slice(-1);
      heard?.(signal);
      expect(process.listenerCount(signal)).toBe(before);
      await running;
    },
  );
});

describe('every', () => {
  test('acts each interval while the app runs, never twice at a time, and survives what it throws', async () => {
    const clock = fakeClock();
    const log = lines();
    const app = new App({ clock });
    let turn = gate();
    let began = 0;
    app.every(100, () => {
      began++;
      if (began === 2) throw new Error('missed');
      return turn.passed;
    });
    const site = await testApp(app, { log, timeout: 0 });
    clock.advance(99);
    expect(began).toBe(0);
    clock.advance(1);
    expect(began).toBe(1);
    clock.advance(250);
    expect(began).toBe(1);
    turn.open();
    // The late turn is taken at once, and it fails.
    await vi.waitFor(() => {
      clock.advance(0);
      expect(began).toBe(2);
    });
    expect(log.written).toEqual(['error a timer failed: Error: missed']);
    turn = gate();
    turn.open();
    await vi.waitFor(() => {
      clock.advance(100);
      expect(began).toBeGreaterThan(2);
    });
    await site.close();
    const last = began;
    clock.advance(1000);
    expect([began, clock.pending]).toEqual([last, 0]);
  });
});

describe('a shared connection', () => {
  test('stays open when an app stops, which takes back only what is its own', async () => {
    await using site = testRouter();
    const shared = await site.connect();
    const apps = ['one', 'two'].map((name) => new App({ client: shared }).procedure(`${name}.name`, () => name));
    const running = apps.map(async (app) => {
      const ready = gate();
      const ended = app.run({ onReady: () => ready.open() });
      await ready.passed;
      return ended;
    });
    await vi.waitFor(async () => {
      expect(await shared.call('one.name')).toBe('one');
      expect(await shared.call('two.name')).toBe('two');
    });
    await apps[0]?.stop();
    await expect(shared.call('one.name')).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
    expect(await shared.call('two.name')).toBe('two');
    await apps[1]?.stop();
    await Promise.all(running);
    expect(shared.session).toBeDefined();
  });
});

describe('parts of a result', () => {
  test('count as work until the last one, and until they are ended early', async () => {
    const app = new App();
    let handler: ((...args: never) => unknown) | undefined;
    const register = (_uri: string, given: typeof handler): Promise<unknown> => {
      handler = given;
      return Promise.resolve({ unregister: () => Promise.resolve() });
    };
    const ended = gate();
    const client = { register, closed: ended.passed } as unknown as Client;
    app.procedure('count', async function* () {
      yield 1;
      return 'done';
    });
    const ready = gate();
    const running = app.run({ client, onReady: () => ready.open(), signal: new AbortController().signal });
    await ready.passed;
    const call = () => (handler as () => AsyncIterator<unknown>)();
    const [whole, cut, unused] = [call(), call(), call()];
    const stopped = vi.fn();
    const stopping = app.stop().then(stopped);
    expect([await whole.next(), await whole.next()]).toEqual([
      { done: false, value: 1 },
      { done: true, value: 'done' },
    ]);
    await cut.next();
    await cut.return?.();
    expect(stopped).not.toHaveBeenCalled();
    await unused.return?.();
    await stopping;
    await running;
  });
});
