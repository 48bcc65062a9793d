import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'rocade';
import { rawSocket, startRouter } from 'rocade/node';
import { afterAll, beforeAll, describe } from 'vitest';
import { ringOfPairs, taking } from './serializers.ts';
import { endToEnd } from './suite.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rocade-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(ringOfPairs)('over RawSocket on TCP, $one and $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'tcp://127.0.0.1:0' });
    const inTurn = taking(pair);
    return { connect: (options) => connect(rawSocket(node.url), inTurn(options)), close: () => node.close() };
  });
});

describe.each(ringOfPairs)('over RawSocket on a Unix socket, $one and $other', (pair) => {
  endToEnd(async () => {
    const node = await startRouter({ listen: `unix:${join(folder, 'router')}` });
    const inTurn = taking(pair);
    return { connect: (options) => connect(rawSocket(node.url), inTurn(options)), close: () => node.close() };
  });
});

describe('over RawSocket on a Unix socket, in turn with WebSocket on another', () => {
  endToEnd(async () => {
    const listen = [`unix:${join(folder, 'router')}`, 'ws://127.0.0.1:0'];
    const node = await startRouter({ listen });
    const [unix = '', ws = ''] = node.urls;
    let count = 0;
    return {
      connect: (options) => connect(count++ % 2 === 0 ? rawSocket(unix) : ws, options),
      close: () => node.close(),
    };
  });
});

describe('over RawSocket and WebSocket on one port', () => {
  endToEnd(async () => {
    const node = await startRouter({ listen: 'ws://127.0.0.1:0' });
    const raw = rawSocket(node.url.replace('ws:', 'tcp:'));
    let count = 0;
    return { connect: (options) => connect(count++ % 2 === 0 ? raw : node.url, options), close: () => node.close() };
  });
});
