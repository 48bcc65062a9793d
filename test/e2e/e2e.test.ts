import { connect, json } from 'rocade';
import { memory } from 'rocade/memory';
import { startRouter } from 'rocade/node';
import { Router } from 'rocade/router';
import { describe } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';
import { endToEnd } from './suite.ts';

describe('in memory, messages as they are', () => {
  endToEnd(async () => {
    const router = new Router();
    return { connect: (options) => connect(memory(router), options), close: () => router.close() };
  });
});

describe.each([
  ['JSON', json],
  ['JSON that leaves payloads as they came', jsonWire],
])('in memory, through %s', (_, make) => {
  endToEnd(async () => {
    const router = new Router();
    return {
      connect: (options) => connect(memory(router, { serializer: make() }), options),
      close: () => router.close(),
    };
  });
});

describe('over WebSocket', () => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0' });
    return { connect: (options) => connect(node.url, options), close: () => node.close() };
  });
});
