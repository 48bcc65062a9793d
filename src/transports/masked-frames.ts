import type { Frame } from '../serializers/index.ts';
import { atEndOfTurn, FRAMES_PER_WRITE } from './end-of-turn.ts';
import { nextMask } from './next-mask.ts';

/**
 * The frames of a WebSocket client (RFC 6455, sections 5.2 and 5.3): masked, unfragmented, uncompressed.
 *
 * The `ws` package makes two buffers of each frame and two entries in the list of what is to be written. A busy client
 * sends many small frames, so this one collects them and makes one buffer of them all, once per turn of the event loop.
 */

const TEXT = 0x81;
const BINARY = 0x82;
const MASKED = 0x80;
/** Octets before a frame of up to 125 octets, the mask included; longer ones have two more to say how long they are. */
const SHORT_HEAD = 6;
const LONG_HEAD = 8;
const LONGEST_SHORT = 125;

/** Longer frames, in octets or UTF-16 units, are not worth collecting; as UTF-8 they still fit a head of eight octets. */
const LONG_FRAME = 4096;
/** The octets that a UTF-16 unit takes at most. */
const OCTETS_PER_UNIT = 3;

const encoder = new TextEncoder();
const mask = new Uint8Array(4);

/** Writes text as UTF-8, and returns where it ends. */
function putText(octets: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return at + encoder.encodeInto(text, octets.subarray(at)).written;
    octets[at + index] = code;
  }
  return at + text.length;
}

function putOctets(octets: Uint8Array, at: number, frame: Uint8Array): number {
  octets.set(frame, at);
  return at + frame.length;
}

/** Writes a frame with its head, and returns where it ends. */
function putFrame(octets: Uint8Array, at: number, frame: Frame): number {
  const isText = typeof frame === 'string';
  let start = at + (frame.length > LONGEST_SHORT ? LONG_HEAD : SHORT_HEAD);
  let end = isText ? putText(octets, start, frame) : putOctets(octets, start, frame);
  const length = end - start;
  if (length > LONGEST_SHORT && start === at + SHORT_HEAD) {
    // Text that turned out to be longer in octets.
    start = at + LONG_HEAD;
    octets.copyWithin(start, at + SHORT_HEAD, end);
    end = start + length;
  }
  octets[at] = isText ? TEXT : BINARY;
  if (length > LONGEST_SHORT) {
    octets[at + 1] = MASKED | 126;
    octets[at + 2] = length >> 8;
    octets[at + 3] = length & 0xff;
  } else octets[at + 1] = MASKED | length;
  nextMask(mask);
  octets.set(mask, start - 4);
  for (let index = 0; index < length; index++)
    octets[start + index] = (octets[start + index] as number) ^ (mask[index & 3] as number);
  return end;
}

/** Frames of at most {@link LONG_FRAME} as the octets of a client. */
function maskedFrames(frames: readonly Frame[]): Uint8Array {
  let room = 0;
  for (const frame of frames)
    room += LONG_HEAD + (typeof frame === 'string' ? OCTETS_PER_UNIT * frame.length : frame.length);
  const octets = new Uint8Array(room);
  let at = 0;
  for (const frame of frames) at = putFrame(octets, at, frame);
  return octets.subarray(0, at);
}

/** What is used of an open WebSocket of the `ws` package. */
export interface Sender {
  send(frame: Frame): void;
  close(code?: number, reason?: string): void;
  readonly readyState: number;
  readonly OPEN: number;
}

/** Has a WebSocket write its frames together, around the `ws` package, which still sends what is long. `raw` is the TCP or TLS socket below. */
export function sendTogether(socket: Sender, raw: { write(octets: Uint8Array): unknown }): void {
  let frames: Frame[] = [];
  const [send, close] = [socket.send.bind(socket), socket.close.bind(socket)];
  const flush = (): void => {
    const collected = frames;
    frames = [];
    // Nothing follows a close frame.
    if (collected.length > 0 && socket.readyState === socket.OPEN) raw.write(maskedFrames(collected));
  };
  socket.send = (frame) => {
    if (frame.length > LONG_FRAME) {
      flush();
      send(frame);
      return;
    }
    const count = frames.push(frame);
    if (count === 1) atEndOfTurn(flush);
    else if (count === FRAMES_PER_WRITE) flush();
  };
  socket.close = (code, reason) => {
    flush();
    close(code, reason);
  };
}
