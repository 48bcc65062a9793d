import { json, webSocket } from 'rocade';
import { transportContract } from 'rocade/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryPair } from '../../src/transports/index.ts';
import { type RawSocketKind, rawSocketPairs } from './rawsocket-pairs.ts';
import { type Pairs, websocketPairs } from './websocket-pairs.ts';

const api = { describe, expect, test };

describe('in memory, messages as they are', () => {
  transportContract(api, () => {
    const [near, far] = memoryPair();
    return { near, far };
  });
});

describe('in memory, through JSON', () => {
  transportContract(api, () => {
    const [near, far] = memoryPair({ serializer: json() });
    return { near, far };
  });
});

describe('Basic Profile, WebSocket Transport: the client of the ws package, and the server', () => {
  let pairs: Pairs;
  beforeAll(async () => {
    pairs = await websocketPairs(webSocket, json());
  });
  afterAll(() => pairs.close());
  transportContract(api, () => pairs.make());
});

describe.each<RawSocketKind>(['tcp', 'tls', 'unix'])('Advanced Profile, RawSocket Transport: over %s', (kind) => {
  let pairs: Pairs;
  beforeAll(async () => {
    pairs = await rawSocketPairs(kind, json());
  });
  afterAll(() => pairs.close());
  transportContract(api, () => pairs.make());
});
