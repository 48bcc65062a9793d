import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import type * as rocade from 'rocade';
import type * as memories from 'rocade/memory';
import type * as testing from 'rocade/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { read } from './fences.ts';
import { Stage } from './run.ts';
import { imported } from './imported.ts';

// The errors in the table of docs/getting-started.md, each brought about as a user would.
const { connect } = (await imported('rocade')) as unknown as typeof rocade;

const cell = '\\| *(.*?) *';
const rows = [
  ...read('docs/getting-started.md').matchAll(
    new RegExp(`^\\| \`(.*?)\` \\| \`(\\w+(?:Error|Violation))\` ${cell}\\|$`, 'gm'),
  ),
];
const shown = rows.map(([, message = '', name = '']) => `${name}: ${message}`);

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.close());

const failed = async (what: () => Promise<unknown>): Promise<Error> => {
  try {
    await what();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
};

/** How each comes about, in the order of the table. */
const scenarios: Record<string, () => Promise<Error>> = {
  'no router there': () =>
    failed(async () => connect(await stage.ports.replaceIn('ws://127.0.0.1:9000'), { retry: false })),
  'another server there': async () => {
    const server = createServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    const port = await stage.ports.realOf('9000');
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      return await failed(() => connect(`ws://127.0.0.1:${port}`, { retry: false }));
    } finally {
      server.close();
    }
  },
  'a WebSocket server of something else': async () => {
    const port = await stage.ports.realOf('9000');
    const server = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: ([first = '']) => first });
    server.on('connection', (socket) => socket.send('{"type":"hello"}'));
    await once(server, 'listening');
    try {
      return await failed(() => connect(`ws://127.0.0.1:${port}`, { retry: false }));
    } finally {
      server.close();
    }
  },
  'a server that says nothing': async () => {
    const { fakeClock } = (await imported('rocade/testing')) as unknown as typeof testing;
    const clock = fakeClock();
    const port = await stage.ports.realOf('9000');
    const server = createTcpServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const opening = connect(`ws://127.0.0.1:${port}`, { retry: false, clock });
    const [socket] = (await accepted) as [Socket];
    clock.advance(30_000);
    const error = await failed(() => opening);
    socket.destroy();
    server.close();
    return error;
  },
  'an http address': () => failed(async () => connect('http://localhost:9000')),
  'no such realm': async () => {
    const { url } = await stage.node();
    return failed(() => connect(url, { realm: 'nope' }));
  },
  'nobody answers': async () => {
    const client = await stage.client();
    return failed(() => client.call('math.add'));
  },
  'registered twice': async () => {
    const client = await stage.client();
    await client.register('math.add', () => 1);
    return failed(() => client.register('math.add', () => 2));
  },
  'a reserved name': async () => {
    const client = await stage.client();
    return failed(() => client.register('wamp.mine', () => 1));
  },
  'a mistake in a handler': async () => {
    const client = await stage.client();
    client.on('error', () => {});
    await client.register('broken', () => {
      throw new TypeError('x is not a function');
    });
    return failed(() => client.call('broken'));
  },
  'a malformed name': async () => {
    const client = await stage.client();
    return failed(() => client.call('math add'));
  },
  'a value that cannot be sent': async () => {
    const client = await stage.client();
    return failed(() => client.call('math.add', [new Map()]));
  },
  'a slow callee': async () => {
    const { fakeClock } = (await imported('rocade/testing')) as unknown as typeof testing;
    const clock = fakeClock();
    const { url } = await stage.node();
    const client = await connect(url, { clock, liveness: false, retry: false });
    await client.register('math.slow', () => new Promise(() => {}));
    const call = client.call('math.slow');
    clock.advance(30_000);
    const error = await failed(() => call);
    void client.close();
    return error;
  },
  'a connection that breaks': async () => {
    const { memory } = (await imported('rocade/memory')) as unknown as typeof memories;
    const { router } = await stage.node();
    let cut = (): void => {};
    const client = await connect(
      async (options) => {
        const channel = await memory(router)(options);
        const open: typeof channel.open = (receiver) => {
          cut = () => receiver.closed({ code: 1006, reason: '' });
          channel.open(receiver);
        };
        return { ...channel, open };
      },
      { retry: false },
    );
    await client.register('math.slow', () => new Promise(() => {}));
    const call = client.call('math.slow');
    cut();
    return failed(() => call);
  },
  'no connection now': async () => {
    const { fakeClock } = (await imported('rocade/testing')) as unknown as typeof testing;
    const clock = fakeClock();
    const node = await stage.node();
    const client = await connect(node.url, { clock, on: { reconnecting: () => {} } });
    const left = new Promise((resolve) => client.on('left', resolve));
    await node.close();
    await left;
    const call = client.call('math.add');
    clock.advance(30_000);
    const error = await failed(() => call);
    await client.close();
    return error;
  },
  'after close': async () => {
    const client = await stage.client();
    await client.close();
    return failed(() => client.call('math.add'));
  },
};

describe('the errors in docs/getting-started.md are those that come', () => {
  test.each(Object.entries(scenarios).map(([name, scenario], index) => [name, scenario, shown[index]] as const))(
    '%s',
    async (_name, scenario, expected) => {
      const error = await scenario();
      expect(stage.ports.restoreIn(`${error.name}: ${error.message.trimEnd()}`)).toBe(expected);
    },
  );

  test('and there are no others in the table', () => expect(shown.length).toBe(Object.keys(scenarios).length));
});
