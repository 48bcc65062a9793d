import { App } from 'rocade/app';
import { fakeClock, testApp } from 'rocade/testing';
import { describe, expect, test } from 'vitest';

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
