import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ChannelBindingType } from '../auth/index.ts';
import type { AuthOptions, ClientCertificate, ConnectionInfo } from '../router/index.ts';
import { channelBindingOf } from './channel-binding.ts';

/** What is known of a socket, for the router to authenticate and to count by. */
export function connectionOf(
  socket: Duplex & { readonly remoteAddress?: string | undefined },
  transport: string,
  { auth, cookie }: { readonly auth?: AuthOptions | undefined; readonly cookie?: string | undefined } = {},
): ConnectionInfo {
  // An IPv4 address on a socket that takes IPv6, too.
  const peer = socket.remoteAddress?.replace(/^::ffff:/, '');
  const tls = socket instanceof TLSSocket ? socket : undefined;
  const certificate = tls && certificateOf(tls);
  return {
    transport,
    ...(peer !== undefined && { peer }),
    ...(certificate && { certificate }),
    ...(tls && { channelBinding: (type) => bindingOf(tls, type) }),
    ...(auth && { auth }),
    ...(cookie !== undefined && { cookie }),
  };
}

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const { fingerprint256, subject } = socket.getPeerCertificate();
  // Without a certificate, there is an empty object.
  if (fingerprint256 === undefined) return undefined;
  // As a list when the subject has several.
  const [commonName] = [subject?.CN ?? []].flat();
  return {
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    ...(commonName !== undefined && { commonName }),
    authorized: socket.authorized,
  };
}

function bindingOf(socket: TLSSocket, type: string): ReturnType<NonNullable<ConnectionInfo['channelBinding']>> {
  const id = channelBindingOf(socket, type, 'server');
  // Those for which there is an id are the types that there are.
  return id && { type: type as ChannelBindingType, id };
}
