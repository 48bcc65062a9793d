import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Connector, framed, type Serializer } from 'rocade';
import type { TransportPair } from 'rocade/testing';
import { WebSocketServer } from 'ws';
import { ServerTransport } from '../../src/node/server-transport.ts';

/** A WebSocket server whose connections come in pairs: the client's end near, its own end far. */
export interface Pairs {
  make(): Promise<TransportPair>;
  close(): Promise<void>;
}

export async function websocketPairs(connector: (url: string) => Connector, serializer: Serializer): Promise<Pairs> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async make() {
      const accepted = new Promise<Pick<TransportPair, 'far' | 'cut'>>((resolve) => {
        server.once('connection', (socket, request) => {
          resolve({
            far: framed(new ServerTransport(socket, request.socket), serializer),
            cut: () => socket.terminate(),
          });
        });
      });
      const opening = connector(`ws://127.0.0.1:${port}`);
      const near = await opening({ signal: new AbortController().signal, serializers: [serializer] });
      return { near, ...(await accepted) };
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
