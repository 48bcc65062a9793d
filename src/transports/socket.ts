import { closeReason } from './close-reason.ts';
import type { Transport } from './channel.ts';
import { type Corkable, corkForThisTurn } from './cork.ts';

/** The part of the WHATWG WebSocket that is used: what browsers, Deno, Bun and newer Nodes have, and the `ws` package too. */
export interface Socket {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onerror: ((event: { readonly message?: string; readonly error?: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

/** The other face of a WebSocket of the `ws` package, which spares an object for each message. */
export interface WsSocket extends Socket {
  on(event: 'message', listener: (data: Uint8Array & { toString(): string }, isBinary: boolean) => void): unknown;
  once(event: 'pong', listener: () => void): unknown;
  ping(): void;
  terminate(): void;
  on(event: 'upgrade', listener: (response: { readonly socket: Corkable }) => void): unknown;
}

type Receiver = Parameters<Transport['open']>[0];

export function isWsSocket(socket: Socket): socket is WsSocket {
  return 'on' in socket;
}

/** A transport over an open WebSocket, of the browser or of `ws`; `raw` is the TCP or TLS socket below, if there is one to be had. */
export function socketTransport(socket: Socket, raw?: Corkable): Transport {
  let open = true;
  let receiver: Receiver | undefined;
  const early: ((receiver: Receiver) => void)[] = [];
  const tell = (what: (receiver: Receiver) => void): void => {
    if (!open) return;
    if (receiver) what(receiver);
    else early.push(what);
  };
  const closed = (code: number, reason: string): void => {
    tell((to) => {
      open = false;
      to.closed({ code, reason });
    });
  };
  if (isWsSocket(socket)) {
    socket.on('message', (data, isBinary) => tell((to) => to.frame(isBinary ? data : data.toString())));
  } else {
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) =>
      tell((to) => to.frame(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)));
  }
  socket.onclose = ({ code, reason }) => closed(code, reason);
  // Not every runtime follows each error with a close event.
  socket.onerror = ({ message = '' }) => closed(1006, message);
  return {
    open(to) {
      receiver = to;
      for (const what of early) tell(what);
    },
    send(frame) {
      if (!open) return;
      if (raw) corkForThisTurn(raw);
      socket.send(frame);
    },
    close(code = 1000, reason = '') {
      open = false;
      // A page may only use 1000 and the private codes.
      socket.close(isWsSocket(socket) || code === 1000 ? code : 2000 + code, closeReason(reason));
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    ...(isWsSocket(socket) && {
      ping(answered) {
        socket.once('pong', answered);
        if (open) socket.ping();
      },
      drop() {
        open = false;
        socket.terminate();
      },
    }),
  };
}
