import { describe, expect, test } from 'vitest';
import { inOrder } from '../../src/process/order.ts';

/** Which were begun and done, in which order; each is done when its time has come. */
async function order(before: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const seen: string[] = [];
  await inOrder(
    Object.keys(before),
    (one) => before[one] ?? [],
    async (one) => {
      seen.push(`${one} begun`);
      await Promise.resolve();
      seen.push(`${one} done`);
    },
  );
  return seen;
}

describe('what is done in order', () => {
  test('begins once all that comes before is done, each once', async () => {
    const seen = await order({ last: ['left', 'right'], left: ['first'], right: ['first'], first: [] });
    expect(seen).toHaveLength(8);
    for (const [before, after] of [
      ['first', 'left'],
      ['first', 'right'],
      ['left', 'last'],
      ['right', 'last'],
    ])
      expect(seen.indexOf(`${before} done`)).toBeLessThan(seen.indexOf(`${after} begun`));
  });

  test('comes to an end with a circle, as there may be between an old configuration and a new one', async () => {
    const seen = await order({ a: ['b'], b: ['c'], c: ['a'], d: ['d', 'a'] });
    expect(seen.toSorted()).toEqual(['a', 'b', 'c', 'd'].flatMap((one) => [`${one} begun`, `${one} done`]));
  });
});
