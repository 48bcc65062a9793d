import { connect } from 'rocade';
import { rawSocket, startRouter, webSocket } from 'rocade/node';
import { describe } from 'vitest';
import { testTls as tls, trusted } from '../certificates/index.ts';
import { batchedSerializers, ringOfBatchedPairs, ringOfPairs, taking } from './serializers.ts';
import { endToEnd } from './suite.ts';

describe.each(ringOfPairs)('over WebSocket on TLS, $one and $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'wss://127.0.0.1:0', tls });
    const inTurn = taking(pair);
    return {
      connect: (options) => connect(webSocket(node.url, { tls: trusted }), inTurn(options)),
      close: () => node.close(),
    };
  });
});

describe.each(ringOfBatchedPairs)('over WebSocket on TLS, batches of $one and of $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'wss://127.0.0.1:0', tls, serializers: batchedSerializers() });
    const inTurn = taking(pair);
    return {
      connect: (options) => connect(webSocket(node.url, { tls: trusted }), inTurn(options)),
      close: () => node.close(),
    };
  });
});

describe.each(ringOfPairs)('over RawSocket on TLS, $one and $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'tls://127.0.0.1:0', tls });
    const inTurn = taking(pair);
    return {
      connect: (options) => connect(rawSocket(node.url, { tls: trusted }), inTurn(options)),
      close: () => node.close(),
    };
  });
});
