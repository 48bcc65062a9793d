import { connect, json, webSocket } from 'rocade';
import { rawSocket, startRouter } from 'rocade/node';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { testTls } from '../certificates/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that is no router, and the port that it listens on. */
async function serving(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
const saying = (text: string | undefined) =>
  serving(createServer((socket) => void (text === undefined ? socket.destroy() : socket.write(text))));
const failure = (url: string): Promise<string> =>
  connect(url.startsWith('ws') ? url : rawSocket(url), { retry: false }).then(
    () => 'connected',
    ({ message }: Error) => message,
  );

describe('who cannot connect is told what is the matter', () => {
  test('nothing listens there', async () => {
    const server = createServer();
    const port = await serving(server);
    server.close();
    await once(server, 'close');
    for (const kind of ['ws', 'wss', 'tcp', 'tls'])
      expect(await failure(`${kind}://127.0.0.1:${port}`)).toBe(
        `cannot connect to ${kind}://127.0.0.1:${port}: nothing listens there (connect ECONNREFUSED 127.0.0.1:${port})`,
      );
    // Which may be several addresses.
    expect(await failure(`ws://localhost:${port}`)).toMatch(/: nothing listens there \(connect ECONNREFUSED .*\)$/);
  });

  test('there is no such host, or socket', async () => {
    for (const kind of ['ws', 'tcp'])
      expect(await failure(`${kind}://nowhere.invalid:9000`)).toMatch(
        /: (there is no host of that name|the name of the host cannot be looked up now) \(getaddrinfo \w+ nowhere\.invalid\)$/,
      );
    expect(await failure('unix:/nowhere/at/all')).toMatch(
      /: there is no such socket \(connect ENOENT \/nowhere\/at\/all\)$/,
    );
  });

  test('what listens there does not speak TLS, or speaks it when that was not asked for', async () => {
    const plain = await saying('SSH-2.0-x\r\n');
    for (const kind of ['wss', 'tls'])
      expect(await failure(`${kind}://127.0.0.1:${plain}`)).toMatch(
        /: what listens there does not speak TLS \(wrong version number\)$/,
      );
    const secure = await serving(createTlsServer(testTls));
    expect(await failure(`ws://127.0.0.1:${secure}`)).toMatch(
      /: the connection was closed without an answer, by what may speak TLS, or no WAMP \(/,
    );
  });

  test('the certificate is not trusted', async () => {
    const node = await startRouter({ listen: ['wss://127.0.0.1:0', 'tls://127.0.0.1:0'], tls: testTls });
    cleanups.push(() => node.close());
    for (const url of node.urls)
      expect(await failure(url)).toMatch(
        /: its certificate is not one that is trusted here \(self-signed certificate\)$/,
      );
  });

  test('what listens there speaks something else, hangs up, or says nothing', async () => {
    const ssh = await saying('SSH-2.0-x\r\n');
    expect(await failure(`ws://127.0.0.1:${ssh}`)).toMatch(/: what listens there does not speak HTTP \(Parse Error/);
    expect(await failure(`tcp://127.0.0.1:${ssh}`)).toMatch(
      /: what listens there does not look like a WAMP router: expected the octet 7F of RawSocket first, got "SSH-"$/,
    );
    const rude = await saying(undefined);
    expect(await failure(`ws://127.0.0.1:${rude}`)).toMatch(
      /: the connection was closed without an answer, by what may speak TLS/,
    );
  });

  test('what listens there takes the connection and says nothing', async () => {
    const server = createServer();
    const port = await serving(server);
    for (const kind of ['tcp', 'ws']) {
      const stop = new AbortController();
      const options = { signal: stop.signal, serializers: [json()] };
      const url = `${kind}://127.0.0.1:${port}`;
      const failed = (kind === 'ws' ? webSocket(url) : rawSocket(url))(options).catch(String);
      const [socket] = (await once(server, 'connection')) as [Socket];
      await once(socket, 'data');
      stop.abort(new Error('no connection in time'));
      expect(await failed).toBe(
        `ConnectError: cannot connect to ${url}: no connection in time${
          kind === 'ws' ? '' : ': what listens there does not answer, as what speaks TLS, or no RawSocket, would not'
        }`,
      );
    }
  });
});
