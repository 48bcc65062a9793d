import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type Socket, socketTransport, type Transport } from '../transports/index.ts';
import { FrameWriter, webSocketFraming } from './frame-writer.ts';

/** The router's side of a WebSocket: `ws` reads, answers pings and closes; what is sent goes around it. */
export function serverTransport(
  webSocket: WebSocket,
  socket: Duplex,
): Transport & Required<Pick<Transport, 'pause' | 'resume' | 'drop'>> {
  let tooLong = false;
  webSocket.on('error', (error: NodeJS.ErrnoException) => {
    tooLong ||= error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
  });
  const transport = socketTransport(webSocket as Socket);
  const writer = new FrameWriter(socket, {
    framing: webSocketFraming,
    isOpen: () => webSocket.readyState === webSocket.OPEN && socket.writable,
  });
  return {
    open: (receiver) =>
      transport.open({
        frame: (frame) => receiver.frame(frame),
        closed: ({ code, reason }) => receiver.closed({ code: tooLong ? 1009 : code, reason }),
      }),
    send: (frame) => writer.write(frame),
    close(code, reason) {
      writer.flush();
      transport.close(code, reason);
    },
    get bufferedAmount() {
      return writer.length + transport.bufferedAmount;
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    drop: () => webSocket.terminate(),
  };
}
