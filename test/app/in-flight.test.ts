import { expect, test } from 'vitest';
import { InFlight } from '../../src/app/in-flight.ts';

test('what is no Promise but can be waited for is at work until it is there, and begins once', async () => {
  let asked = 0;
  let finish = (): void => {};
  // As database libraries have them: a query that is sent whenever somebody wants its outcome.
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable
    then(resolve: (value: string) => void): void {
      asked++;
      finish = () => resolve('a row');
    },
  };
  const inFlight = new InFlight();
  const outcome = inFlight.track(() => query);
  // Asked for in a turn of its own.
  await Promise.resolve();
  expect(inFlight.count).toBe(1);
  finish();
  await inFlight.idle();
  expect([await outcome, asked]).toEqual(['a row', 1]);
});

test('parts count as work once, however often they are ended, and nothing is idle while anything else is at work', async () => {
  const inFlight = new InFlight();
  let finish = (): void => {};
  const other = inFlight.track(() => new Promise<void>((resolve) => (finish = resolve)));
  async function* one(): AsyncGenerator<number> {
    yield 1;
  }
  const parts = inFlight.track(one) as AsyncIterableIterator<number>;
  let isIdle = false;
  const idle = inFlight.idle().then(() => {
    isIdle = true;
  });
  for await (const part of parts) expect(part).toBe(1);
  await parts.return?.();
  await parts.next();
  expect([inFlight.count, isIdle]).toEqual([1, false]);
  finish();
  await other;
  await idle;
  expect(inFlight.count).toBe(0);
});
