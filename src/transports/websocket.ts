import IsomorphicWebSocket from 'isomorphic-ws';
import { UsageError } from '../base/index.ts';
import { type Connector, framed } from './channel.ts';
import { ConnectError } from './connect-error.ts';
import type { Corkable } from './cork.ts';
import { maskPool } from './mask-pool.ts';
import { isWsSocket, type Socket, socketTransport } from './socket.ts';

type SocketClass = new (url: string, protocols: readonly string[], options?: object) => Socket;

const SUBPROTOCOL = 'wamp.2.';
/** Larger frames end the connection, as they would at most routers. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Connects over WebSocket, in browsers with what they have and in Node through `ws`.
 * Specification: Basic Profile, "WebSocket Transport".
 *
 * @example
 * const client = await connect(webSocket('ws://localhost:9000'));
 */
export function webSocket(url: string | URL): Connector {
  return socketConnector(url);
}

/** The same with options for the `ws` package, which a browser's constructor ignores. */
export function socketConnector(url: string | URL, options?: object): Connector {
  const target = String(url);
  if (!/^wss?:/i.test(target) || !URL.canParse(target))
    throw new UsageError(`expected ws://, wss:// or rawSocket of rocade/node, got '${target}'`);
  return ({ signal, serializers }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = new (IsomorphicWebSocket as unknown as SocketClass)(
        target,
        serializers.map(({ id }) => SUBPROTOCOL + id),
        { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES, generateMask: maskPool(), ...options },
      );
      let raw: Corkable | undefined;
      if (isWsSocket(socket)) {
        socket.on('upgrade', (response) => {
          raw = response.socket;
        });
      }
      const fail = (why: string, cause?: unknown): void => {
        signal.removeEventListener('abort', abort);
        socket.onopen = socket.onclose = null;
        // More errors may come, which must not go unheard.
        socket.onerror = () => {};
        socket.close();
        reject(new ConnectError(`cannot connect to ${target}: ${why}`, { cause }));
      };
      const abort = (): void => fail((signal.reason as Error).message, signal.reason);
      signal.addEventListener('abort', abort);
      // Not every runtime follows a failed attempt with a close event, so an error before the opening is the end.
      socket.onerror = ({ message, error }) => fail(message || 'refused or not found', error);
      socket.onclose = ({ code, reason }) => fail(`closed (${reason || code})`);
      socket.onopen = () => {
        const serializer = serializers.find(({ id }) => SUBPROTOCOL + id === socket.protocol);
        if (serializer) {
          signal.removeEventListener('abort', abort);
          resolve(framed(socketTransport(socket, raw), serializer));
        } else fail(`the router chose '${socket.protocol}', which was not offered`);
      };
    });
}
