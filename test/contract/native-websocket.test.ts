import { json, webSocket } from 'rocade';
import { transportContract } from 'rocade/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Pairs, websocketPairs } from './websocket-pairs.ts';

// Runtimes that are neither a page nor Node: their own WebSocket is found when the socket is there.
vi.mock('isomorphic-ws', async () => ({ default: (await import('./browser-socket.ts')).BrowserSocket }));

describe("Basic Profile, WebSocket Transport: a runtime's own WebSocket", () => {
  let pairs: Pairs;
  beforeAll(async () => {
    pairs = await websocketPairs(webSocket, json());
  });
  afterAll(() => pairs.close());
  transportContract({ describe, expect, test }, () => pairs.make());
});
