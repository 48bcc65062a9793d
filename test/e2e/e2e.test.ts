import { batched, type ClientOptions, connect, json, type Serializer } from 'rocade';
import { memory } from 'rocade/memory';
import { startRouter } from 'rocade/node';
import { Router } from 'rocade/router';
import { describe } from 'vitest';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
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

const clients: Readonly<Record<string, () => Serializer>> = {
  JSON: () => json(),
  MessagePack: () => msgpack(),
  CBOR: () => cbor(),
};
const pairs = Object.entries(clients).flatMap(([one, makeOne]) =>
  Object.entries(clients).map(([other, makeOther]) => ({ one, other, makeOne, makeOther })),
);

/** Connections that take turns in which serializer they offer, the first two being each in one of their own. */
function taking(turns: readonly (() => Serializer)[]): (options?: ClientOptions) => ClientOptions {
  let count = 0;
  return (options) => ({ serializers: [(turns[count++ % turns.length] as () => Serializer)()], ...options });
}

describe.each(pairs)('over WebSocket, $one and $other', ({ makeOne, makeOther }) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const inTurn = taking([makeOne, makeOther]);
    return { connect: (options) => connect(node.url, inTurn(options)), close: () => node.close() };
  });
});

describe('over WebSocket, in batches', () => {
  const serializers = [batched(jsonWire()), batched(msgpackWire()), batched(cborWire())];
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0', serializers });
    const inTurn = taking([() => batched(msgpack()), () => batched(json()), () => batched(cbor())]);
    return { connect: (options) => connect(node.url, inTurn(options)), close: () => node.close() };
  });
});
