import { connect } from 'rocade';
import { App, consoleLog } from 'rocade/app';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { fakeClock, testApp } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';

describe('what is added to an app', () => {
  test('by onStart is there once the app serves, and belongs to that run', async () => {
    const clock = fakeClock();
    const happened: string[] = [];
    let runs = 0;
    const app = new App();
    app.onStart(() => {
      const run = ++runs;
      app.procedure('which', () => run);
      app.event('heard', () => void happened.push(`event ${run}`));
      app.every(100, () => void happened.push(`turn ${run}`));
      app.onStop(() => void happened.push(`stop ${run}`));
    });
    for (const run of [1, 2]) {
      const site = await testApp(app, { clock });
      expect(await site.client.call('which')).toBe(run);
      await site.client.publish('heard', [], { acknowledge: true });
      await site.client.call('which');
      clock.advance(100);
      await site.close();
    }
    expect(happened).toEqual(['event 1', 'turn 1', 'stop 1', 'event 2', 'turn 2', 'stop 2']);
  });
});

test('what is added while an app drains is taken back at once, and nothing is left of its timers', async () => {
  const clock = fakeClock();
  let open = (): void => {};
  const working = new Promise<void>((resolve) => {
    open = resolve;
  });
  const begun = vi.fn(() => working);
  const app = new App().every(100, begun).procedure('here', () => 1);
  const signals = process.listenerCount('SIGTERM');
  const router = new Router();
  let ready = (): void => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const running = app.run({
    url: memory(router),
    clock,
    retry: false,
    log: consoleLog('silent'),
    onReady: () => ready(),
  });
  await isReady;
  const other = await connect(memory(router));
  clock.advance(100);
  await vi.waitFor(() => expect(begun).toHaveBeenCalledOnce());
  const stopped = app.stop();
  await vi.waitFor(() => other.register('here', () => 2));
  app.procedure('late', () => 1).every(100, () => {});
  await vi.waitFor(() => other.register('late', () => 2));
  open();
  await stopped;
  await running;
  expect(clock.pending).toBe(0);
  expect(process.listenerCount('SIGTERM')).toBe(signals);
  await other.close();
  await router.close();
});

describe('an app', () => {
  test.each<[string, (app: App, what: never) => unknown]>([
    ['procedure', (app, what) => app.procedure('a.b', what)],
    ['event', (app, what) => app.event('a.b', what)],
    ['every', (app, what) => app.every(10, what)],
    ['onStart', (app, what) => app.onStart(what)],
    ['onStop', (app, what) => app.onStop(what)],
  ])('refuses in %s what is no function', (name, add) => {
    for (const what of [undefined, 'text'])
      expect(() => add(new App(), what as never)).toThrow(`${name}: expected a function, got ${JSON.stringify(what)}`);
  });

  test('refuses times that are none', async () => {
    expect(() => new App().every('5' as never, () => 1)).toThrow(/above 0, got "5"$/);
    await expect(new App({ drainTimeout: Number.NaN }).run({ signal: AbortSignal.abort() })).rejects.toThrow(
      /^drainTimeout: expected a number from 0, got NaN$/,
    );
  });
});
