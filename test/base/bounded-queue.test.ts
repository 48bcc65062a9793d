import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { BoundedQueue, QueueFullError, type QueueOptions } from '../../src/base/index.ts';

const OWNER = { queueOf: 'things' };

async function all<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

function filled(options: QueueOptions, count: number, owner: ConstructorParameters<typeof BoundedQueue>[1] = OWNER) {
  const queue = new BoundedQueue<number>(options, owner);
  for (let item = 0; item < count; item++) queue.push(item);
  return queue;
}

describe('a bounded queue', () => {
  test('hands out what comes, in order, before and after it is asked for', async () => {
    const queue = filled({}, 2);
    const taken = all(queue);
    queue.push(2);
    await Promise.resolve();
    queue.push(3);
    queue.end();
    queue.push(4);
    expect(await taken).toEqual([0, 1, 2, 3]);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  test('several who wait get one each', async () => {
    const queue = new BoundedQueue<string>({}, OWNER);
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push('a');
    queue.push('b');
    queue.end();
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(['a', 'b', undefined]);
  });

  test('ends with an error after what still waits', async () => {
    const queue = filled({}, 1);
    queue.end(new Error('over'));
    queue.end();
    expect(await queue.next()).toEqual({ done: false, value: 0 });
    await expect(queue.next()).rejects.toThrow('over');
    await expect(queue.next()).rejects.toThrow('over');
  });

  test('leaving the loop empties it and tells the owner', async () => {
    const onReaderGone = vi.fn();
    const queue = filled({}, 3, { ...OWNER, onReaderGone });
    for await (const item of queue) {
      expect(item).toBe(0);
      break;
    }
    expect(onReaderGone).toHaveBeenCalledOnce();
    queue.push(9);
    expect(await all(queue)).toEqual([]);
  });

  test('one that is left while it is waited for ends the wait', async () => {
    const queue = new BoundedQueue<number>({}, OWNER);
    const next = queue.next();
    await queue.return();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test.each([
    ['dropOldest', [3, 4]],
    ['dropNewest', [0, 1]],
  ] as const)('with %s it keeps the others, counts and tells what was lost', async (whenFull, kept) => {
    const onDrop = vi.fn();
    const queue = filled({ max: 2, whenFull }, 5, { ...OWNER, onDrop });
    expect(queue.dropped).toBe(3);
    // Once, until somebody takes something again.
    expect(onDrop).toHaveBeenCalledExactlyOnceWith(expect.any(QueueFullError));
    expect(onDrop.mock.calls[0]?.[0]).toMatchObject({
      code: 'queue_full',
      message: expect.stringContaining(whenFull) as string,
    });
    expect((await queue.next()).value).toBe(kept[0]);
    queue.push(5);
    queue.push(6);
    expect([queue.dropped, onDrop.mock.calls.length]).toEqual([4, 2]);
    queue.end();
  });

  test('with close it ends with an error after what waits, and tells the owner', async () => {
    const onReaderGone = vi.fn();
    const queue = filled({ max: 2, whenFull: 'close' }, 5, { ...OWNER, onReaderGone });
    expect(onReaderGone).toHaveBeenCalledOnce();
    expect([(await queue.next()).value, (await queue.next()).value]).toEqual([0, 1]);
    await expect(queue.next()).rejects.toBeInstanceOf(QueueFullError);
  });

  test('whatever is pushed and taken: order is kept, never more than `max` wait, and nothing is lost uncounted', async () => {
    const step = fc.oneof(fc.constant('push' as const), fc.constant('take' as const));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<'dropOldest' | 'dropNewest'>('dropOldest', 'dropNewest'),
        async (steps, max, whenFull) => {
          const queue = new BoundedQueue<number>({ max, whenFull }, OWNER);
          const model: number[] = [];
          let [pushed, dropped] = [0, 0];
          for (const what of steps) {
            if (what === 'push') {
              if (model.length < max) model.push(pushed);
              else {
                dropped++;
                if (whenFull === 'dropOldest') model.splice(0, 1);
                if (whenFull === 'dropOldest') model.push(pushed);
              }
              queue.push(pushed++);
            } else if (model.length > 0) expect((await queue.next()).value).toBe(model.shift());
          }
          expect(queue.dropped).toBe(dropped);
          queue.end();
          expect(await all(queue)).toEqual(model);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
