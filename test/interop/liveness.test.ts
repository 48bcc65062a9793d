import { type Connector, connect, webSocket } from 'rocade';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { expect, test } from 'vitest';
import { describeWithPeers } from './describe-peers.ts';
import { crossbar, foxWamp, realm, type RouterMake, xconnRouter } from './routers.ts';

/** The sign of life that pages ask for, who cannot ping: as many of them as are answered, in whatever way. */
function counting(connector: Connector, answered: (type: string) => void): Connector {
  return async (options) => {
    const channel = await connector(options);
    return {
      open: (receiver) =>
        channel.open({
          message(message) {
            if (message.type === 'RESULT' || message.type === 'ERROR') answered(message.type);
            receiver.message(message);
          },
          violation: (error) => receiver.violation(error),
          closed: (info) => receiver.closed(info),
        }),
      send: (message) => channel.send(message),
      close: (code, reason) => channel.close(code, reason),
      get bufferedAmount() {
        return channel.bufferedAmount;
      },
    };
  };
}

async function threeSigns(connector: Connector): Promise<void> {
  const types: string[] = [];
  let enough = (): void => {};
  const three = new Promise<void>((resolve) => (enough = resolve));
  const client = await connect(
    counting(connector, (type) => {
      if (types.push(type) === 3) enough();
    }),
    { realm, liveness: { interval: 50, timeout: 2000 } },
  );
  const { id } = client.session ?? {};
  await three;
  // Still the same session, to which every answer came.
  expect(client.session?.id).toBe(id);
  await client.close();
}

test('our router gives a sign of life when asked for one by a call', async () => {
  const router = new Router();
  await threeSigns(memory(router));
  await router.close();
});

describeWithPeers('a sign of life, asked for by a call', () => {
  const makes: readonly RouterMake[] = [crossbar, xconnRouter, foxWamp];
  test.each(makes)('is given by $name, and the session goes on', async (make) => {
    const router = await make.start();
    try {
      await threeSigns(webSocket(router.url));
    } finally {
      await router.close();
    }
  });
});
