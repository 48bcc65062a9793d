import type { Transport } from './channel.ts';
import { closeReason } from './close-reason.ts';
import type { Socket } from './runtime.browser.ts';
import { closeCode, extras, hear } from './runtime.ts';

type Receiver = Parameters<Transport['open']>[0];

/** A transport over an open WebSocket, of the browser or of `ws`. */
export function socketTransport(socket: Socket): Transport {
  let open = true;
  let receiver: Receiver | undefined;
  const early: ((receiver: Receiver) => void)[] = [];
  const tell = (what: (receiver: Receiver) => void): void => {
    if (!open) return;
    if (receiver) what(receiver);
    else early.push(what);
  };
  const closed = (code: number, reason: string): void =>
    tell((to) => {
      open = false;
      to.closed({ code, reason });
    });
  hear(socket, (frame) => tell((to) => to.frame(frame)));
  socket.onclose = ({ code, reason }) => closed(code, reason);
  // Not every runtime follows each error with a close event.
  socket.onerror = ({ message = '' }) => closed(1006, message);
  return {
    open(to) {
      receiver = to;
      early.forEach(tell);
    },
    send(frame) {
      if (open) socket.send(frame);
    },
    close(code = 1000, reason = '') {
      open = false;
      socket.close(closeCode(socket, code), closeReason(reason));
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    ...extras(socket),
  };
}
