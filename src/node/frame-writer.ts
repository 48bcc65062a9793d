import type { Duplex } from 'node:stream';
import type { Frame } from '../serializers/index.ts';

/**
 * Writes WebSocket frames (RFC 6455, section 5.2) for a server: unmasked, unfragmented, uncompressed.
 *
 * The `ws` package makes two buffers of each frame and a system call of each write. A router sends many small frames, so
 * this one collects them as text with one character per octet, and writes that once per turn of the event loop.
 */

const TEXT = 0x81;
const BINARY = 0x82;
/** The heads of frames with 0 to 125 octets. */
const SHORT_HEADS = Array.from({ length: 126 }, (_, length) => String.fromCharCode(TEXT, length));
const ASCII = /^[\0-\x7f]*$/;

/** Frames longer than this are not worth collecting. */
const LONG_FRAME = 16_384;
/** So many frames, or octets, and the other side may begin with them: see `cork.ts`. */
const FRAMES_PER_WRITE = 64;
const OCTETS_PER_WRITE = 65_536;

// Shared by all connections of the process: one visit at the end of the turn writes what all of them have collected.
let waiting: FrameWriter[] = [];

function flushAll(): void {
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.endTurn();
}

// An event goes to its subscribers as the same text, one after the other.
let lastText: string | undefined;
let lastFrame = '';

function textFrame(text: string): string {
  if (text !== lastText) {
    const octets = ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
    lastFrame = head(TEXT, octets.length) + octets;
    lastText = text;
  }
  return lastFrame;
}

function head(opcode: number, length: number): string {
  if (length < 126) return opcode === TEXT ? (SHORT_HEADS[length] as string) : String.fromCharCode(opcode, length);
  if (length < 65_536) return String.fromCharCode(opcode, 126, length >> 8, length & 0xff);
  const octets = [0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return String.fromCharCode(opcode, 127, ...octets);
}

export class FrameWriter {
  readonly #socket: Duplex;
  readonly #isOpen: () => boolean;
  #collected = '';
  #frames = 0;
  #waiting = false;

  /** `isOpen` tells whether frames may still be sent: not after the close frame, which `ws` sends itself. */
  constructor(socket: Duplex, isOpen: () => boolean) {
    this.#socket = socket;
    this.#isOpen = isOpen;
  }

  /** Octets that have been taken and not been written yet. */
  get length(): number {
    return this.#collected.length;
  }

  write(frame: Frame): void {
    if (!this.#isOpen()) return;
    if (frame.length > LONG_FRAME) {
      this.#writeLong(frame);
      return;
    }
    this.#collected += typeof frame === 'string' ? textFrame(frame) : head(BINARY, frame.length) + latin1(frame);
    this.#frames++;
    if (this.#frames === FRAMES_PER_WRITE || this.#collected.length > OCTETS_PER_WRITE) this.flush();
    else if (!this.#waiting) {
      this.#waiting = true;
      if (waiting.push(this) === 1) setImmediate(flushAll);
    }
  }

  /** Writes what has been collected, now. */
  flush(): void {
    const collected = this.#collected;
    this.#collected = '';
    this.#frames = 0;
    if (collected !== '' && this.#isOpen()) this.#socket.write(collected, 'latin1');
  }

  endTurn(): void {
    this.#waiting = false;
    this.flush();
  }

  #writeLong(frame: Frame): void {
    const octets = typeof frame === 'string' ? Buffer.from(frame) : frame;
    this.#socket.cork();
    this.flush();
    this.#socket.write(head(typeof frame === 'string' ? TEXT : BINARY, octets.length), 'latin1');
    this.#socket.write(octets);
    this.#socket.uncork();
  }
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}
