import type { Duplex } from 'node:stream';
import type { Frame } from '../serializers/index.ts';
import { atEndOfTurn, FRAMES_PER_WRITE, rawSocketHead } from '../transports/index.ts';

/**
 * Writes frames to a socket: of WebSocket (RFC 6455, section 5.2) for a server, so unmasked, unfragmented and
 * uncompressed, and of RawSocket for either side.
 *
 * The `ws` package makes two buffers of each frame and a system call of each write. A router sends many small frames, so
 * this one collects them as text with one character per octet, and writes that once per turn of the event loop.
 */

const TEXT = 0x81;
const BINARY = 0x82;
/** The heads of WebSocket frames with 0 to 125 octets of text. */
const SHORT_HEADS = Array.from({ length: 126 }, (_, length) => String.fromCharCode(TEXT, length));
const ASCII = /^[\0-\x7f]*$/;

/** Frames longer than this are not worth collecting. */
const LONG_FRAME = 16_384;
/** So many octets, or so many frames, and the other side may begin with them. */
const OCTETS_PER_WRITE = 65_536;

/** How a kind of connection marks where a frame begins. */
class Framing {
  /** The octets before a frame of so many, with one character each. */
  readonly head: (length: number, isText: boolean) => string;
  // An event goes to its subscribers as the same text, one after the other.
  #lastText: string | undefined;
  #lastFrame = '';

  constructor(head: (length: number, isText: boolean) => string) {
    this.head = head;
  }

  textFrame(text: string): string {
    if (text !== this.#lastText) {
      const octets = ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
      this.#lastFrame = this.head(octets.length, true) + octets;
      this.#lastText = text;
    }
    return this.#lastFrame;
  }
}

export const webSocketFraming = new Framing((length, isText) => {
  const opcode = isText ? TEXT : BINARY;
  if (length < 126) return isText ? (SHORT_HEADS[length] as string) : String.fromCharCode(opcode, length);
  if (length < 65_536) return String.fromCharCode(opcode, 126, length >> 8, length & 0xff);
  const octets = [0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return String.fromCharCode(opcode, 127, ...octets);
});

export const rawSocketFraming = new Framing((length) => rawSocketHead(length));

export interface FrameWriterOptions {
  readonly framing: Framing;
  /**
   * May frames still be sent? Not after the close frame, for instance, which `ws` sends itself. Asked when something is to be
   * written: what has been collected until then is dropped.
   */
  readonly isOpen: () => boolean;
}

export class FrameWriter {
  readonly #socket: Duplex;
  readonly #framing: Framing;
  readonly #isOpen: () => boolean;
  #collected = '';
  #frames = 0;
  #waiting = false;

  constructor(socket: Duplex, { framing, isOpen }: FrameWriterOptions) {
    this.#socket = socket;
    this.#framing = framing;
    this.#isOpen = isOpen;
  }

  /** Octets that have been accepted and are not on their way yet. */
  get bufferedAmount(): number {
    return this.#collected.length + this.#socket.writableLength;
  }

  write(frame: Frame): void {
    const isText = typeof frame === 'string';
    if (isText && frame.length <= LONG_FRAME) this.#collect(this.#framing.textFrame(frame));
    else {
      const octets = isText ? Buffer.from(frame) : frame;
      this.writeOctets(this.#framing.head(octets.length, isText), octets);
    }
  }

  /** Writes octets behind a head of the caller's own, in turn with the frames. */
  writeOctets(head: string, octets: Uint8Array): void {
    if (octets.length <= LONG_FRAME) {
      this.#collect(head + latin1(octets));
      return;
    }
    if (!this.#isOpen()) return;
    this.#socket.cork();
    this.flush();
    this.#socket.write(head, 'latin1');
    this.#socket.write(octets);
    this.#socket.uncork();
  }

  /** Writes what has been collected, now. */
  flush(): void {
    const collected = this.#collected;
    this.#collected = '';
    this.#frames = 0;
    if (collected === '' || !this.#isOpen()) return;
    this.#socket.write(collected, 'latin1');
  }

  readonly #endTurn = (): void => {
    this.#waiting = false;
    this.flush();
  };

  #collect(octets: string): void {
    this.#collected += octets;
    this.#frames++;
    if (this.#frames === FRAMES_PER_WRITE || this.#collected.length > OCTETS_PER_WRITE) this.flush();
    else if (!this.#waiting) {
      this.#waiting = true;
      atEndOfTurn(this.#endTurn);
    }
  }
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}
