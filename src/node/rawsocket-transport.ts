import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../base/index.ts';
import { PayloadSizeError } from '../protocol/index.ts';
import type { Frame, Serializer } from '../serializers/index.ts';
import {
  type CloseInfo,
  RawSocketReader,
  rawSocketFrames,
  rawSocketHead,
  type Transport,
} from '../transports/index.ts';
import { FrameWriter, rawSocketFraming } from './frame-writer.ts';

export interface RawSocketLink {
  readonly serializer: Serializer;
  /** Octets of the longest message that this side has said it takes. */
  readonly maxReceiveBytes: number;
  /** The same of the other side. */
  readonly maxSendBytes: number;
  /** Milliseconds of silence before a PING, and again before the connection counts as lost; 0 for none. */
  readonly pingIntervalMs?: number;
  readonly clock?: Clock;
}

type Receiver = Parameters<Transport['open']>[0];

/** How long the other side may take for its end of the closing, and for reading what was sent before. */
const CLOSE_TIMEOUT_MS = 30_000;
/** With so many octets unsent, no more is read of a peer that makes this side answer. */
const MAX_PONG_BACKLOG = 1024 * 1024;

const NOTHING = new Uint8Array(0);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A transport over a TCP, TLS or Unix socket whose RawSocket handshake is done. Same for router and client. */
export function rawSocketTransport(
  socket: Socket,
  link: RawSocketLink,
): Transport & Required<Pick<Transport, 'pause' | 'resume' | 'drop'>> {
  const { serializer, maxReceiveBytes, maxSendBytes, pingIntervalMs = 0, clock = systemClock } = link;
  const frameOf = frameReader(serializer);
  let open = true;
  let receiver: Receiver | undefined;
  let ended: CloseInfo | undefined;
  let stopPings = (): void => {};
  let heard = false;
  /** By the session, which has enough to do. */
  let paused = false;
  const writer = new FrameWriter(socket, { framing: rawSocketFraming, isOpen: () => open && socket.writable });
  const reader = new RawSocketReader(
    {
      message: (octets) => receiver?.frame(frameOf(octets)),
      ping: answerPing,
      pong: () => {},
    },
    maxReceiveBytes,
  );

  /** The one end of what is delivered, unless this side has closed before. */
  function end(info: CloseInfo): void {
    if (!open) return;
    open = false;
    reader.stop();
    stopPings();
    ended = info;
    receiver?.closed(info);
  }

  function fail(info: CloseInfo): void {
    end(info);
    socket.destroy();
  }

  function answerPing(octets: Uint8Array): void {
    if (octets.length > maxSendBytes) {
      fail({ code: 1002, reason: 'a PING that is too long to be answered' });
      return;
    }
    writer.writeOctets(rawSocketHead(octets.length, rawSocketFrames.pong), octets);
    if (socket.isPaused() || writer.bufferedAmount <= MAX_PONG_BACKLOG) return;
    socket.pause();
    socket.once('drain', () => {
      if (!paused) socket.resume();
    });
  }

  function watch(): void {
    heard = false;
    stopPings = clock.after(pingIntervalMs, () => {
      if (heard) {
        watch();
        return;
      }
      writer.writeOctets(rawSocketHead(0, rawSocketFrames.ping), NOTHING);
      stopPings = clock.after(pingIntervalMs, () => {
        if (heard) watch();
        else fail({ code: 1006, reason: `nothing was heard for ${2 * pingIntervalMs} ms` });
      });
    });
  }

  let broken = '';
  // Nothing is read before somebody listens: until then the octets wait where they are.
  socket.on('error', (error) => {
    broken = error.message;
  });
  socket.on('end', () => {
    end(
      reader.withinFrame ? { code: 1006, reason: 'the connection ended within a frame' } : { code: 1000, reason: '' },
    );
    socket.end();
  });
  socket.on('close', () => end({ code: 1006, reason: broken }));

  return {
    open(to) {
      receiver = to;
      if (ended) {
        to.closed(ended);
        return;
      }
      socket.on('data', (chunk: Uint8Array) => {
        heard = true;
        const failure = reader.push(chunk);
        if (failure) fail(failure);
      });
      if (pingIntervalMs > 0) watch();
    },
    send(frame) {
      if (!open) return;
      const length = octetsOf(frame, maxSendBytes);
      if (length > maxSendBytes) {
        throw new PayloadSizeError(
          `cannot send a message of ${length} octets: the other side takes at most ${maxSendBytes} over this connection`,
        );
      }
      writer.write(frame);
    },
    close() {
      if (!open) return;
      writer.flush();
      open = false;
      reader.stop();
      stopPings();
      socket.end();
      // Reads on, to come to the other side's end.
      socket.resume();
      socket.once(
        'close',
        clock.after(CLOSE_TIMEOUT_MS, () => socket.destroy()),
      );
    },
    get bufferedAmount() {
      return writer.bufferedAmount;
    },
    pause() {
      paused = true;
      socket.pause();
    },
    resume() {
      paused = false;
      if (open) socket.resume();
    },
    drop: () => void socket.destroy(),
  };
}

/** How long a frame is on the wire; not counted when it certainly fits. */
function octetsOf(frame: Frame, limit: number): number {
  if (typeof frame !== 'string') return frame.length;
  return 3 * frame.length <= limit ? frame.length : Buffer.byteLength(frame);
}

/**
 * RawSocket does not mark text as such. What should be text and is not stays octets, which a serializer of text refuses
 * as a violation of the protocol.
 */
function frameReader({ binary }: Serializer): (octets: Uint8Array) => Frame {
  if (binary) return (octets) => octets;
  return (octets) => {
    try {
      return utf8.decode(octets);
    } catch {
      return octets;
    }
  };
}
