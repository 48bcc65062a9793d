import type { Transport } from './channel.ts';
import { closeReason } from './close-reason.ts';
import { Inbox } from './inbox.ts';

/** What is used of a WebSocket of the `ws` package, on the client's side and on the router's. */
export interface WsSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  on(event: 'message', listener: (data: Uint8Array & { toString(): string }, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: { toString(): string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What is used of the TCP or TLS socket below it. */
export interface Corkable {
  cork(): void;
  uncork(): void;
}

declare const setImmediate: (run: () => void) => unknown;

/**
 * A transport over a WebSocket of the `ws` package. Everything sent within one turn of the event loop leaves in one
 * write: that alone halves what a message costs.
 */
export function wsTransport(socket: WsSocket, raw: Corkable | undefined): Transport {
  let open = true;
  const inbox = new Inbox();
  // The package reports broken frames and broken connections here, and `close` follows. Unheard, it would end the process.
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => {
    inbox.frame(isBinary ? data : data.toString());
  });
  socket.on('close', (code, reason) => {
    open = false;
    inbox.closed({ code, reason: reason.toString() });
  });
  return {
    open: (receiver) => inbox.open(receiver),
    send(frame) {
      if (!open) return;
      if (raw) corkForThisTurn(raw);
      socket.send(frame);
    },
    close(code = 1000, reason = '') {
      open = false;
      inbox.stop();
      socket.close(code, closeReason(reason));
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
  };
}

// Shared by all connections of the process: one visit at the end of the turn releases what all of them have written.
let corked = new Set<Corkable>();

function corkForThisTurn(socket: Corkable): void {
  if (corked.has(socket)) return;
  if (corked.size === 0) setImmediate(uncorkAll);
  corked.add(socket);
  socket.cork();
}

function uncorkAll(): void {
  const sockets = corked;
  corked = new Set();
  for (const socket of sockets) socket.uncork();
}
