import type { Socket } from 'node:net';
import type { Clock } from '../base/index.ts';
import type { AuthOptions, Router } from '../router/index.ts';
import type { Serializer } from '../serializers/index.ts';
import { announcedBytes, RAWSOCKET_HANDSHAKE_BYTES, receiveHandshake } from '../transports/index.ts';
import { connectionOf } from './connection.ts';
import type { Newcomers } from './newcomers.ts';
import { rawSocketTransport } from './rawsocket-transport.ts';
import { serverChannel } from './server-channel.ts';

export interface RawSocketServerOptions {
  readonly serializers: readonly Serializer[];
  /** Longer messages end their connection. The largest power of two within is announced. */
  readonly maxMessageBytes: number;
  readonly newcomers: Newcomers;
  readonly clock: Clock;
  /** Milliseconds of silence until the system asks whether the other side is there; 0 for never. */
  readonly pingInterval: number;
  /** How those who come here are let in, if not as their realm has it. */
  readonly auth?: AuthOptions | undefined;
}

/** A client that takes less could not even be welcomed. */
const MIN_SEND_BYTES = 2048;

/** Takes connections that speak RawSocket, shakes hands, and hands them to the router. */
export function acceptRawSockets(
  router: Pick<Router, 'accept'>,
  { serializers, maxMessageBytes, newcomers, clock, auth, pingInterval }: RawSocketServerOptions,
): (socket: Socket) => void {
  const maxReceiveBytes = announcedBytes(maxMessageBytes);
  return (socket) => {
    // Not by PING: autobahn breaks the connection at one.
    if (pingInterval > 0) socket.setKeepAlive(true, pingInterval);
    const leave = newcomers.add(socket);
    const read = (): void => {
      const octets = socket.read(RAWSOCKET_HANDSHAKE_BYTES) as Uint8Array | null;
      if (!octets) return;
      socket.off('readable', read);
      const reception = receiveHandshake(octets, { serializers, maxReceiveBytes, minSendBytes: MIN_SEND_BYTES });
      if (reception.accepted) {
        const { serializer, maxSendBytes, answer } = reception;
        socket.write(answer);
        leave();
        const transport = rawSocketTransport(socket, { serializer, maxReceiveBytes, maxSendBytes, clock });
        router.accept(serverChannel(transport, { serializer, socket }), connectionOf(socket, 'rawsocket', { auth }));
      } else if (reception.answer) {
        socket.end(reception.answer);
        // Still a newcomer, which has the rest of its time to go. What is left unread would take the answer along.
        socket.resume();
      } else socket.destroy();
    };
    socket.on('readable', read);
  };
}
