import { connect, json } from 'rocade';
import { cbor } from 'rocade/cbor';
import { memory } from 'rocade/memory';
import { msgpack } from 'rocade/msgpack';
import { startRouter } from 'rocade/node';
import { Router } from 'rocade/router';
import { describe } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { batchedSerializers, everyPair, ringOfBatchedPairs, taking } from './serializers.ts';
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
  ['MessagePack', msgpack],
  ['MessagePack that leaves payloads as they came', msgpackWire],
  ['CBOR', cbor],
  ['CBOR that leaves payloads as they came', cborWire],
])('in memory, through %s', (_, make) => {
  endToEnd(async () => {
    const router = new Router();
    return {
      connect: (options) => connect(memory(router, { serializer: make() }), options),
      close: () => router.close(),
    };
  });
});

describe.each(everyPair)('over WebSocket, $one and $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const inTurn = taking(pair);
    return { connect: (options) => connect(node.url, inTurn(options)), close: () => node.close() };
  });
});

describe.each(ringOfBatchedPairs)('over WebSocket, batches of $one and of $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0', serializers: batchedSerializers() });
    const inTurn = taking(pair);
    return { connect: (options) => connect(node.url, inTurn(options)), close: () => node.close() };
  });
});
