import { isIP, connect as connectTcp, type Socket } from 'node:net';
import type { ConnectionOptions, connect as connectTls } from 'node:tls';
import { assertNumber, type Clock, onAbort, UsageError } from '../base/index.ts';
import type { Serializer } from '../serializers/index.ts';
import {
  type Answer,
  announcedBytes,
  type Channel,
  ConnectError,
  type Connector,
  framed,
  MAX_RAWSOCKET_BYTES,
  RAWSOCKET_HANDSHAKE_BYTES,
  rawSocketCode,
  readAnswer,
  whyNot,
  writeHandshake,
} from '../transports/index.ts';
import { type Address, parseAddress } from './address.ts';
import { bindable } from './channel-binding.ts';
import { rawSocketTransport } from './rawsocket-transport.ts';

/** Options of {@link rawSocket}. */
export interface RawSocketOptions {
  /** For `tls://`, what Node's `tls.connect` takes: `ca`, `cert`, `key`, `servername` and so on. */
  readonly tls?: ConnectionOptions;
  /** Octets of the longest message taken; the router is told the largest power of two within. Default 16 MiB, the most there is. */
  readonly maxMessageBytes?: number;
  /**
   * Milliseconds of silence until a PING asks whether the router is still there; after as many more the connection counts
   * as lost. Default 0, never: Crossbar.io drops connections that ask.
   */
  readonly pingInterval?: number;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
}

/**
 * Connects over RawSocket: WAMP's own framing, on TCP (`tcp://host:port`), TLS (`tls://host:port`) or a Unix socket
 * (`unix:/path`). Serializers are tried in their order, each with a connection of its own, as RawSocket has it.
 * Specification: Advanced Profile, "RawSocket Transport".
 *
 * @example
 * const client = await connect(rawSocket('tcp://127.0.0.1:9000'));
 */
export function rawSocket(url: string | URL, options: RawSocketOptions = {}): Connector {
  const target = String(url);
  const address = parseAddress(target);
  if (!address || address.kind === 'ws' || address.kind === 'wss')
    throw new UsageError(`expected tcp://host:port, tls://host:port or unix:/path, got '${target}'`);
  assertNumber('pingInterval', options.pingInterval);
  const maxReceiveBytes = announcedBytes(options.maxMessageBytes ?? MAX_RAWSOCKET_BYTES);

  return async ({ signal, serializers }) => {
    // Loaded for those who use it only.
    const secure = address.kind === 'tls' ? (await import('node:tls')).connect : undefined;
    const refusals: string[] = [];
    for (const serializer of serializers) {
      signal.throwIfAborted();
      const serializerCode = rawSocketCode(serializer);
      if (serializerCode === undefined) {
        refusals.push(`the serializer '${serializer.id}' has no number in RawSocket`);
        continue;
      }
      const outcome = await dial({ address, secure, options, signal, serializer, serializerCode, maxReceiveBytes });
      if ('channel' in outcome) return outcome.channel;
      refusals.push(serializers.length > 1 ? `${serializer.id}: ${outcome.why}` : outcome.why);
    }
    throw new ConnectError(`cannot connect to ${target}: ${refusals.join('; ') || 'no serializer was given'}`);
  };
}

interface Dialling {
  readonly address: Address;
  /** For `tls://`. */
  readonly secure: typeof connectTls | undefined;
  readonly options: RawSocketOptions;
  readonly signal: AbortSignal;
  readonly serializer: Serializer;
  readonly serializerCode: number;
  readonly maxReceiveBytes: number;
}

type Outcome = { readonly channel: Channel } | { readonly why: string };

/** Opens one connection and shakes hands. Resolves with a reason when another serializer may do better, else rejects. */
function dial({
  address,
  secure,
  options,
  signal,
  serializer,
  serializerCode,
  maxReceiveBytes,
}: Dialling): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = open(address, options, secure);
    let connected = false;
    const done = (): void => {
      forgetSignal();
      socket.off(readyEvent, greet).off('readable', read).off('end', closed).off('error', broken).off('close', closed);
    };
    const hangUp = (): void => {
      done();
      // More errors may come, which must not go unheard.
      socket.on('error', () => {});
      socket.destroy();
    };
    const fail = (why: string, cause?: unknown): void => {
      hangUp();
      reject(new ConnectError(`cannot connect to ${address.url}: ${why}`, { cause }));
    };
    const closed = (): void => {
      hangUp();
      if (connected) resolve({ why: CLOSED });
      else reject(new ConnectError(`cannot connect to ${address.url}: ${CLOSED_AT_ONCE}`));
    };
    const abort = (reason: Error): void => {
      let why = reason.message;
      if (connected) why += ': what listens there does not answer, as what speaks TLS, or no RawSocket, would not';
      else if (!socket.connecting) why += ': what listens there does not answer, as what does not speak TLS would not';
      fail(why, reason);
    };
    const broken = (error: NodeJS.ErrnoException): void => {
      // Some routers answer a serializer that they do not speak by breaking the connection.
      if (connected && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) closed();
      else fail(whyNot(error), error);
    };
    const greet = (): void => {
      connected = true;
      socket.write(writeHandshake({ maxBytes: maxReceiveBytes, serializerCode }));
    };
    const read = (): void => {
      const octets = socket.read(RAWSOCKET_HANDSHAKE_BYTES) as Uint8Array | null;
      if (octets) take(readAnswer(octets, serializerCode));
    };
    const take = (answer: Answer): void => {
      if (answer.accepted) {
        done();
        const { pingInterval = 0, clock } = options;
        const link = { serializer, maxReceiveBytes, maxSendBytes: answer.maxSendBytes, pingIntervalMs: pingInterval };
        const channel = framed(
          rawSocketTransport(socket, { ...link, ...(clock && { clock }) }),
          serializer,
          address.url,
        );
        resolve({ channel: bindable(channel, socket) });
      } else if (answer.unsupportedSerializer) {
        hangUp();
        resolve({ why: answer.why });
      } else fail(answer.why);
    };
    const readyEvent = address.kind === 'tls' ? 'secureConnect' : 'connect';
    const forgetSignal = onAbort(signal, abort);
    socket.once(readyEvent, greet).on('readable', read).on('end', closed).on('error', broken).on('close', closed);
  });
}

const CLOSED_AT_ONCE = 'the connection was closed at once: what listens there may not speak TLS, or take nobody now';
const CLOSED =
  'the connection was closed before the handshake was answered: what listens there does not take this serializer, or speaks no RawSocket, or only over TLS';

function open(address: Address, { tls }: RawSocketOptions, secure: Dialling['secure']): Socket {
  if (address.kind === 'unix') return connectTcp({ path: address.path });
  const { host, port } = address;
  if (!secure) return connectTcp({ host, port, noDelay: true });
  // Many routers share an address and need the name to know which certificate to show; addresses are no names.
  const socket = secure({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls });
  return socket.setNoDelay(true);
}
