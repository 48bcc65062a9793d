import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect, TimeoutError, UsageError } from 'rocade';
import { fakeClock } from 'rocade/testing';
import { expect, test } from 'vitest';

test('a server that takes the connection and says nothing is given up after the time for the opening', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const clock = fakeClock();
  const accepted = once(server, 'connection');
  const opening = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { clock, retry: false });
  const [socket] = await accepted;
  clock.advance(30_000);
  await expect(opening).rejects.toMatchObject({ code: 'connect_failed', cause: expect.any(TimeoutError) });
  await expect(opening).rejects.toThrow(/no connection in time/);
  socket.destroy();
  server.close();
});

test('an address that is none rejects, and does not throw', async () => {
  await expect(connect('http://localhost:9000')).rejects.toThrow(UsageError);
  await expect(connect('localhost')).rejects.toThrow("got 'localhost'");
  for (const nothing of [undefined, null, 7, {}, [], ''])
    await expect(connect((() => nothing) as never)).rejects.toThrow(UsageError);
  await expect(connect((() => undefined) as never)).rejects.toThrow("got 'undefined'");
});
