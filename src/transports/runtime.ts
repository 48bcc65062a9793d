import IsomorphicWebSocket from 'isomorphic-ws';
import type { Frame } from '../serializers/index.ts';
import type { Transport } from './channel.ts';
import { sendTogether } from './masked-frames.ts';
import { nextMask } from './next-mask.ts';
import * as page from './runtime.browser.ts';
import type { Socket } from './runtime.browser.ts';

export { whyNot } from './why-not.ts';

/**
 * What a WebSocket can do that is no page's: `ws` in Node, and the standard's in other runtimes, which are told apart as they come. A
 * page bundles `runtime.browser.ts` in the place of this file.
 */

type SocketClass = new (url: string, protocols: readonly string[], options: object) => Socket;

/** The other face of a WebSocket of the `ws` package, which spares an object for each message. */
interface WsSocket extends Socket {
  on(event: 'message', listener: (data: Uint8Array & { toString(): string }, isBinary: boolean) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  once(event: 'pong', listener: () => void): unknown;
  once(event: 'upgrade', listener: (response: { readonly socket: RawSocket }) => void): unknown;
  once(event: 'open', listener: () => void): unknown;
  removeAllListeners(): unknown;
  ping(): void;
  terminate(): void;
  /** What has been agreed on, such as compression. */
  readonly extensions: string;
  readonly readyState: number;
  readonly OPEN: number;
}
type RawSocket = Parameters<typeof sendTogether>[1];

/** Larger frames end the connection, as they would at most routers. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const isWsSocket = (socket: Socket): socket is WsSocket => 'on' in socket;

/** Begins to connect. `options` are for the `ws` package; others ignore them. */
export function openSocket(url: string, protocols: readonly string[], options?: object): Socket {
  const socket = new (IsomorphicWebSocket as unknown as SocketClass)(url, protocols, {
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    generateMask: nextMask,
    ...options,
  });
  if (isWsSocket(socket)) {
    socket.once('upgrade', ({ socket: raw }) =>
      socket.once('open', () => {
        if (socket.extensions === '') sendTogether(socket, raw);
      }),
    );
  }
  return socket;
}

export function hear(socket: Socket, listener: (frame: Frame) => void): void {
  if (isWsSocket(socket)) socket.on('message', (data, isBinary) => listener(isBinary ? data : data.toString()));
  else page.hear(socket, listener);
}

export function closeCode(socket: Socket, code: number): number {
  return isWsSocket(socket) ? code : page.closeCode(socket, code);
}

/** What a transport can do besides. */
export function extras(socket: Socket): Pick<Transport, 'ping' | 'drop'> | undefined {
  if (!isWsSocket(socket)) return undefined;
  return {
    ping(answered) {
      socket.once('pong', answered);
      if (socket.readyState === socket.OPEN) socket.ping();
    },
    drop() {
      socket.removeAllListeners();
      // What breaks from now on is nobody's concern, but must not go unheard.
      socket.on('error', () => {});
      socket.terminate();
    },
  };
}
