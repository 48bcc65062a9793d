import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { Channel, Serializer } from 'rocade';
import { type RawSocketOptions, rawSocket } from 'rocade/node';
import { systemClock } from '../../src/base/index.ts';
import { Newcomers } from '../../src/node/newcomers.ts';
import { acceptRawSockets } from '../../src/node/rawsocket-server.ts';
import { testTls, trusted } from '../certificates/index.ts';
import type { Pairs } from './websocket-pairs.ts';

export type RawSocketKind = 'tcp' | 'tls' | 'unix';

/** A RawSocket server whose connections come in pairs: the client's end near, its own end far. */
export async function rawSocketPairs(kind: RawSocketKind, serializer: Serializer): Promise<Pairs> {
  const newcomers = new Newcomers(5000, systemClock);
  const accepted: ((channel: Channel) => void)[] = [];
  const accept = acceptRawSockets(
    { accept: (channel) => accepted.shift()?.(channel) },
    { serializers: [serializer], maxMessageBytes: 2 ** 24, newcomers, clock: systemClock, pingInterval: 0 },
  );
  const sockets = new Set<Socket>();
  let last: Socket | undefined;
  const onSocket = (socket: Socket): void => {
    last = socket;
    sockets.add(socket);
    accept(socket);
  };
  const server: Server = kind === 'tls' ? createTlsServer(testTls, onSocket) : createTcpServer(onSocket);
  const folder = mkdtempSync(join(tmpdir(), 'rocade-'));
  const path = join(folder, 'socket');
  server.listen(kind === 'unix' ? { path } : { host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const url = kind === 'unix' ? `unix:${path}` : `${kind}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options: RawSocketOptions = { tls: trusted };

  return {
    async make() {
      const far = new Promise<Channel>((resolve) => accepted.push(resolve));
      const signal = new AbortController().signal;
      const near = await rawSocket(url, options)({ signal, serializers: [serializer] });
      const pair = { near, far: await far, tellsReasons: false };
      const socket = last;
      return { ...pair, cut: () => socket && cut(socket, kind) };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Only TCP has a way to say that something went wrong; elsewhere the connection ends before a frame does. */
function cut(socket: Socket, kind: RawSocketKind): void {
  if (kind === 'tcp') socket.resetAndDestroy();
  else {
    socket.write(Uint8Array.of(0, 0, 0, 9, 0x5b));
    socket.destroySoon();
  }
}
