import { ConnectError, type Connector } from 'rocade';
import { App } from 'rocade/app';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';
import { lines } from './lines.ts';

describe('an app without a connection', () => {
  test('waits for a router that is not there yet, says so once, and stops while it waits', async () => {
    const clock = fakeClock();
    const log = lines();
    const asked: number[] = [];
    const app = new App({
      url: () => {
        asked.push(clock.now());
        return Promise.reject(new ConnectError('nobody listens'));
      },
      clock,
      log,
    });
    const running = app.run({});
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(asked.length).toBeGreaterThan(2);
    });
    expect(log.written).toEqual(['warn nobody listens; trying again']);
    await app.stop();
    await running;
    expect(clock.pending).toBe(0);
  });

  test('says that it is connected when it has said that it was not', async () => {
    const clock = fakeClock();
    const log = lines();
    const router = new Router();
    let there = false;
    const url: Connector = async (options) => {
      if (!there) throw new ConnectError('nobody listens');
      return memory(router)(options);
    };
    const app = new App({ url, clock, log });
    const running = app.run({});
    await vi.waitFor(() => expect(log.written).toEqual(['warn nobody listens; trying again']));
    there = true;
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(log.written).toEqual(['warn nobody listens; trying again', 'info connected']);
    });
    app.client.reconnect();
    await vi.waitFor(() => expect(app.client.session).toBeDefined());
    await app.stop();
    await running;
    expect(log.written).toHaveLength(2);
    await router.close();
  });
});
