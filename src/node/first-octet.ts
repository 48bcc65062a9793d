import type { Socket } from 'node:net';
import { RAWSOCKET_MAGIC } from '../transports/index.ts';
import type { Newcomers } from './newcomers.ts';

type Accept = (socket: Socket) => void;

/** Tells RawSocket and HTTP apart by the first octet, so that one port takes both. What was read is put back. */
export function byFirstOctet(
  newcomers: Newcomers,
  { rawSocket, http }: { readonly rawSocket: Accept; readonly http: Accept },
): Accept {
  return (socket) => {
    const leave = newcomers.add(socket);
    const look = (): void => {
      const chunk = socket.read() as Uint8Array | null;
      if (!chunk) return;
      socket.off('readable', look);
      socket.unshift(chunk);
      leave();
      if (chunk[0] === RAWSOCKET_MAGIC) rawSocket(socket);
      else http(socket);
    };
    socket.on('readable', look);
  };
}
