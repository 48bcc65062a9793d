import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Frame } from '../serializers/index.ts';
import { type Socket, socketTransport, type Transport } from '../transports/index.ts';
import { FrameWriter, webSocketFraming } from './frame-writer.ts';

/**
 * The router's side of a WebSocket: `ws` reads, answers pings and closes; what is sent goes around it, unless it is to be
 * compressed.
 */
export class ServerTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #transport: Transport;
  readonly #writer: Pick<FrameWriter, 'write' | 'flush' | 'bufferedAmount'>;
  #tooLong = false;

  constructor(webSocket: WebSocket, socket: Duplex) {
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      this.#tooLong ||= error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    });
    this.#webSocket = webSocket;
    const transport = socketTransport(webSocket as Socket);
    this.#transport = transport;
    this.#writer =
      webSocket.extensions === ''
        ? new FrameWriter(socket, {
            framing: webSocketFraming,
            isOpen: () => webSocket.readyState === webSocket.OPEN && socket.writable,
          })
        : compressing(transport);
  }

  open(receiver: Parameters<Transport['open']>[0]): void {
    this.#transport.open({
      frame: (frame) => receiver.frame(frame),
      closed: ({ code, reason }) => receiver.closed({ code: this.#tooLong ? 1009 : code, reason }),
    });
  }

  send(frame: Frame): void {
    this.#writer.write(frame);
  }

  close(code?: number, reason?: string): void {
    this.#writer.flush();
    this.#transport.close(code, reason);
    // To read the answer to that, past what is not wanted any more.
    this.#webSocket.resume();
  }

  get bufferedAmount(): number {
    return this.#writer.bufferedAmount;
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  drop(): void {
    this.#webSocket.terminate();
  }
}

/** What `ws` has to send itself: it compresses what is not short, one message after the other. */
function compressing(transport: Transport): Pick<FrameWriter, 'write' | 'flush' | 'bufferedAmount'> {
  return {
    write: (frame) => transport.send(frame),
    flush: () => {},
    get bufferedAmount() {
      return transport.bufferedAmount;
    },
  };
}
