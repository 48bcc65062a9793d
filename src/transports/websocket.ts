import IsomorphicWebSocket from 'isomorphic-ws';
import { UsageError } from '../base/index.ts';
import { type CloseInfo, type Connector, framed, type Transport } from './channel.ts';
import { closeReason } from './close-reason.ts';
import { ConnectError } from './connect-error.ts';
import { Inbox } from './inbox.ts';
import { maskPool } from './mask-pool.ts';
import { type Corkable, type WsSocket, wsTransport } from './ws-socket.ts';

/** What browsers, Deno, Bun and newer Nodes have: the part of the WHATWG WebSocket that is used. */
interface NativeSocket {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onerror: ((event: { readonly message?: string; readonly error?: unknown }) => void) | null;
  onclose: ((event: CloseInfo) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}
/** The `ws` package's class has both faces; its own is the faster one. */
type NodeSocket = WsSocket & {
  on(event: 'upgrade', listener: (response: { readonly socket: Corkable }) => void): unknown;
};

type SocketClass = new (
  url: string,
  protocols: readonly string[],
  options?: object,
) => NativeSocket | (NativeSocket & NodeSocket);

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
  const target = parseUrl(url);
  return ({ signal, serializers }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = new (IsomorphicWebSocket as unknown as SocketClass)(
        target,
        serializers.map(({ id }) => SUBPROTOCOL + id),
        // A browser's constructor takes no third argument and ignores it.
        { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES, generateMask: maskPool() },
      );
      let raw: Corkable | undefined;
      if (isNodeSocket(socket)) {
        socket.on('upgrade', (response) => {
          raw = response.socket;
        });
      }
      const fail = (why: string, cause?: unknown): void => {
        signal.removeEventListener('abort', abort);
        socket.onopen = socket.onclose = null;
        // It may still come to an error, which must not go unheard.
        socket.onerror = () => {};
        reject(new ConnectError(`cannot connect to ${target}: ${why}`, { cause }));
      };
      const abort = (): void => {
        fail('given up', signal.reason);
        socket.close();
      };
      signal.addEventListener('abort', abort);
      // Not every runtime follows a failed attempt with a close event, so an error before the opening is the end.
      socket.onerror = (event) =>
        fail(event.message || 'the connection was refused or the address is wrong', event.error);
      socket.onclose = ({ code, reason }) => fail(`closed before it was open (code ${code}${reason && `, ${reason}`})`);
      socket.onopen = () => {
        const serializer = serializers.find(({ id }) => SUBPROTOCOL + id === socket.protocol);
        if (!serializer) {
          fail(`the router chose the subprotocol '${socket.protocol}', which was not offered`);
          socket.close();
          return;
        }
        signal.removeEventListener('abort', abort);
        socket.onopen = socket.onerror = socket.onclose = null;
        resolve(framed(isNodeSocket(socket) ? wsTransport(socket, raw) : nativeTransport(socket), serializer));
      };
    });
}

function parseUrl(url: string | URL): string {
  const { protocol, href } = URL.canParse(String(url)) ? new URL(url) : { protocol: '', href: '' };
  if (protocol !== 'ws:' && protocol !== 'wss:')
    throw new UsageError(`expected a ws:// or wss:// address, got '${String(url)}'`);
  return href;
}

function isNodeSocket(socket: NativeSocket | NodeSocket): socket is NativeSocket & NodeSocket {
  return 'on' in socket && typeof socket.on === 'function';
}

function nativeTransport(socket: NativeSocket): Transport {
  let open = true;
  const inbox = new Inbox();
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    inbox.frame(data instanceof ArrayBuffer ? new Uint8Array(data) : (data as string));
  };
  const ended = (info: CloseInfo): void => {
    if (socket.onclose === null) return;
    open = false;
    socket.onclose = socket.onerror = null;
    inbox.closed(info);
  };
  socket.onclose = ({ code, reason }) => ended({ code, reason });
  // Node 22's own WebSocket does not follow every error with a close event.
  socket.onerror = (event) => ended({ code: 1006, reason: event.message ?? '' });
  return {
    open: (receiver) => inbox.open(receiver),
    send(frame) {
      if (open) socket.send(frame);
    },
    close(code = 1000, reason = '') {
      open = false;
      inbox.stop();
      // A page may only use 1000 and the private codes.
      socket.close(code === 1000 || code >= 3000 ? code : 2000 + code, closeReason(reason));
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
  };
}
