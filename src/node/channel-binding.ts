import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Channel } from '../transports/index.ts';

const LENGTH = 32;

/**
 * What both ends of a TLS connection know of it, and those of no other do; undefined where the type does not exist or does not hold
 * what it promises.
 *
 * `tls-exporter` (RFC 9266) only in TLS 1.3: in older versions two connections could be made to agree. `tls-unique` (RFC
 * 5929) only of a handshake that resumed nothing, for the same reason; the client's Finished message, hashed, as Crossbar.io
 * and autobahn have it in all versions of TLS.
 */
export function channelBindingOf(socket: TLSSocket, type: string, side: 'client' | 'server'): Uint8Array | undefined {
  if (type === 'tls-exporter' && socket.getProtocol() === 'TLSv1.3')
    return new Uint8Array(socket.exportKeyingMaterial(LENGTH, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
  if (type !== 'tls-unique' || socket.isSessionReused()) return undefined;
  const finished = side === 'client' ? socket.getFinished() : socket.getPeerFinished();
  return finished && new Uint8Array(createHash('sha256').update(finished).digest());
}

/** The same channel, which can tell the bindings of the socket below. */
export function bindable(channel: Channel, socket: Duplex | undefined): Channel {
  if (!(socket instanceof TLSSocket)) return channel;
  return Object.assign(channel, { channelBinding: (type: string) => channelBindingOf(socket, type, 'client') });
}
