import { connect } from 'rocade';
import type { StartOptions } from 'rocade/node';
import { describe, expect, test } from 'vitest';
import { cleanups, clientAt, joined, setStage, start } from './stage.ts';

setStage();

const QUEUE = 1024 * 1024;
const EVENT = 'x'.repeat(50_000);
const EVENTS = 400;
/** What the kernel takes of both ends of a socket besides, generously. */
const KERNEL = 14 * 1024 * 1024;

describe.each(['ws', 'tcp'])('a subscriber that does not read, beside one over %s that does', (kind) => {
  const scene = async (slowSubscribers: NonNullable<StartOptions['slowSubscribers']>) => {
    const node = await start({
      listen: [`${kind}://127.0.0.1:0`, 'tcp://127.0.0.1:0'],
      slowSubscribers,
      limits: { maxQueuedBytes: QUEUE },
    });
    const [url = '', raw = ''] = node.urls;
    const slow = await joined(raw);
    slow.sayFrame('[32,1,{},"a.topic"]');
    await slow.hearFrame();
    slow.socket.pause();
    const reader = await clientAt(url);
    let heard = 0;
    const lost = new Promise<unknown>((resolve) => {
      void reader.subscribe('wamp.session.on_events_dropped', (args) => resolve(args));
    });
    await reader.subscribe('a.topic', () => void heard++);
    const publisher = await connect(node.router.connect(), { retry: false });
    cleanups.push(() => publisher.close());
    for (let i = 0; i < EVENTS; i++) {
      void publisher.publish('a.topic', [EVENT]);
      // With an answer from the reader's side, as fast as it can.
      if (i % 20 === 0) await reader.call('wamp.session.count');
    }
    await reader.call('wamp.session.count');
    return { node, slow, lost, heard: () => heard };
  };

  test('loses events beyond its queue, which is counted and told; the other one gets all', async () => {
    const { node, slow, lost, heard } = await scene('drop');
    expect(heard()).toBe(EVENTS);
    const { droppedEvents, limits } = node.router.stats;
    expect((EVENTS - droppedEvents) * EVENT.length).toBeLessThan(QUEUE + KERNEL);
    expect(droppedEvents).toBeGreaterThan(0);
    expect(limits.maxQueuedBytes).toBe(1);
    expect(await lost).toEqual([expect.any(Number), 1]);
    // It is still there, and gets what waited for it.
    slow.socket.resume();
    expect(await slow.hearFrame()).toContain(EVENT);
    expect(node.router.stats.sessions).toBe(3);
  });

  test('is cut off, with a word why for when it reads again', async () => {
    const { node, slow, heard } = await scene('disconnect');
    expect(heard()).toBe(EVENTS);
    expect(node.router.stats).toMatchObject({ sessions: 2, droppedEvents: 0, limits: { maxQueuedBytes: 1 } });
    slow.socket.resume();
    await slow.closed;
  });
});
