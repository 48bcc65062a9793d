import type { Duplex } from 'node:stream';
import type { Serializer } from '../serializers/index.ts';
import { type Channel, framed, type Transport } from '../transports/index.ts';

/** A channel that can be made to wait and be dropped: what a router needs for its share of the other side's behaviour. */
export function serverChannel(
  transport: Transport & Required<Pick<Transport, 'pause' | 'resume' | 'drop'>>,
  {
    serializer,
    socket,
  }: { readonly serializer: Serializer; readonly socket: Duplex & { readonly bytesRead?: number } },
): Channel {
  return Object.assign(framed(transport, serializer), {
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    received: () => socket.bytesRead ?? 0,
  });
}
