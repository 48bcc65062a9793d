import type { Message, ProtocolViolation } from '../protocol/index.ts';
import type { Frame, Serializer } from '../serializers/index.ts';

/** How a connection ended. */
export interface CloseInfo {
  /** A WebSocket close code (RFC 6455, section 7.4); 1006 when the connection broke without a word. */
  readonly code: number;
  /** What the side that closed had to say; often empty. */
  readonly reason: string;
}

/**
 * One way to move frames to the other peer and back, in order. Implement it for a transport of your own.
 *
 * After `close()`, or once `closed` was reported, `send` does nothing and nothing more is delivered.
 */
export interface Transport {
  /** Starts the delivery. Called once; frames that came earlier wait for it. */
  open(receiver: { frame(frame: Frame): void; closed(info: CloseInfo): void }): void;
  send(frame: Frame): void;
  close(code?: number, reason?: string): void;
  /** Octets (or, where there are none, messages) accepted but not yet on their way. */
  readonly bufferedAmount: number;
  /** Reads no more until `resume`, so that the other side has to wait. Some frames may come all the same. */
  pause?(): void;
  resume?(): void;
  /** Ends at once; what has not been sent is thrown away. */
  drop?(): void;
  /**
   * Asks the other end for a sign of life, and calls `answered` when it has come. Where there is no such thing, leave it out: a
   * WAMP call does instead. False when the other end cannot vanish without a word, as in the same process.
   */
  readonly ping?: false | ((answered: () => void) => void);
}

/** What a session wants to hear from its channel. */
export interface Receiver {
  message(message: Message): void;
  /** What came was no WAMP message. */
  violation(error: ProtocolViolation): void;
  closed(info: CloseInfo): void;
}

/** A transport that speaks messages: what sessions are built on. Same rules as {@link Transport}. */
export interface Channel {
  open(receiver: Receiver): void;
  /** Throws a `PayloadError` when the payload cannot be written; then nothing was sent. */
  send(message: Message): void;
  close(code?: number, reason?: string): void;
  readonly bufferedAmount: number;
  /** Where the other end is, for the text of errors. */
  readonly url?: string | undefined;
  pause?(): void;
  resume?(): void;
  drop?(): void;
  /** Octets that have come so far. */
  received?(): number;
  /** As {@link Transport} has it. */
  readonly ping?: Transport['ping'];
  /** What both ends of a TLS connection know of it, and nobody else: for logins that are to be good on this one only. */
  channelBinding?(type: string): Uint8Array | undefined;
}

/** What a client wants of a new connection. */
export interface ConnectOptions {
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
  /** In order of preference. */
  readonly serializers: readonly Serializer[];
}

/** Opens a channel to a router; rejects when it cannot. */
export type Connector = (options: ConnectOptions) => Promise<Channel>;

/** Joins a transport and a serializer to a channel. `url` says, in errors, where the other end is. */
export function framed(transport: Transport, serializer: Serializer, url?: string): Channel {
  return new FramedChannel(transport, serializer, url);
}

// A class and no object with a getter: engines give each of those a shape of its own, and so every use of them a search.
class FramedChannel implements Channel {
  readonly #transport: Transport;
  readonly #serializer: Serializer;
  readonly ping: Transport['ping'];
  readonly url: string | undefined;

  constructor(transport: Transport, serializer: Serializer, url: string | undefined) {
    this.#transport = transport;
    this.#serializer = serializer;
    this.url = url;
    this.ping = transport.ping && transport.ping.bind(transport);
  }

  open(receiver: Receiver): void {
    this.#transport.open({
      frame: (frame) => {
        let messages: readonly Message[];
        try {
          messages = this.#serializer.decode(frame);
        } catch (error) {
          // Nothing else is thrown by a serializer, and if it were, the session still has to end.
          receiver.violation(error as ProtocolViolation);
          return;
        }
        for (const message of messages) receiver.message(message);
      },
      closed: (info) => receiver.closed(info),
    });
  }

  send(message: Message): void {
    this.#transport.send(this.#serializer.encode(message));
  }

  close(code?: number, reason?: string): void {
    this.#transport.close(code, reason);
  }

  drop(): void {
    this.#transport.drop?.();
  }

  get bufferedAmount(): number {
    return this.#transport.bufferedAmount;
  }
}
