import { json, webSocket } from 'rocade';
import { transportContract } from 'rocade/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BrowserSocket } from './browser-socket.ts';
import { type Pairs, websocketPairs } from './websocket-pairs.ts';

// What a page bundles, on a WebSocket as pages have it.
vi.mock('../../src/transports/runtime.ts', () => import('../../src/transports/runtime.browser.ts'));
vi.stubGlobal('WebSocket', BrowserSocket);

describe('Basic Profile, WebSocket Transport: the WebSocket of browsers', () => {
  let pairs: Pairs;
  beforeAll(async () => {
    pairs = await websocketPairs(webSocket, json());
  });
  afterAll(() => pairs.close());
  transportContract({ describe, expect, test }, () => pairs.make());

  test('a code that pages may not use goes out as a private one', async () => {
    const { near, far } = await pairs.make();
    near.open({ message() {}, violation() {}, closed() {} });
    const closed = new Promise((resolve) => far.open({ message() {}, violation() {}, closed: resolve }));
    near.close(1002, 'protocol violation');
    expect(await closed).toEqual({ code: 3002, reason: 'protocol violation' });
  });
});
