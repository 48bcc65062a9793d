import { show, UsageError } from '../base/index.ts';
import type { Serializer } from '../serializers/index.ts';
import type { CloseInfo } from './channel.ts';

/**
 * RawSocket, WAMP's own framing for connections that are plain streams of octets: its handshake and its frames, without
 * any socket. Specification: Advanced Profile, "RawSocket Transport".
 */

/** The first octet of a RawSocket connection, from both sides. No HTTP request begins with it. */
export const RAWSOCKET_MAGIC = 0x7f;
/** How long the handshake is, either way. */
export const RAWSOCKET_HANDSHAKE_BYTES = 4;
/** The longest message that a frame can carry: 16 MiB. */
export const MAX_RAWSOCKET_BYTES = 2 ** 24;
const MIN_RAWSOCKET_BYTES = 2 ** 9;

const SERIALIZER_CODES = new Map([
  ['json', 1],
  ['msgpack', 2],
  ['cbor', 3],
]);

/** Why a router turns a connection away, as the high half of the handshake's second octet. */
export const rawSocketRefusals = {
  serializerUnsupported: 1,
  lengthUnacceptable: 2,
  reservedBits: 3,
  tooManyConnections: 4,
} as const;

const REFUSALS: readonly string[] = [
  'it gave no reason',
  'it does not speak this serializer',
  'it does not accept this maximum length of messages',
  'it does not know the reserved bits',
  'it has as many connections as it takes',
];

/** The number that a serializer has in the handshake; undefined for one that has none. */
export function rawSocketCode({ id }: Serializer): number | undefined {
  return SERIALIZER_CODES.get(id);
}

/** The limit that can be announced for `maxMessageBytes`: the largest power of two that is not above it. */
export function announcedBytes(maxMessageBytes: number): number {
  if (!(maxMessageBytes >= MIN_RAWSOCKET_BYTES))
    throw new UsageError(`maxMessageBytes: expected at least ${MIN_RAWSOCKET_BYTES}, got ${maxMessageBytes}`);
  return 2 ** Math.floor(Math.log2(Math.min(maxMessageBytes, MAX_RAWSOCKET_BYTES)));
}

/** What either side says of itself: how long messages to it may be, and by which serializer they are written. */
export interface Handshake {
  /** A power of two from 512 to 16 MiB. */
  readonly maxBytes: number;
  readonly serializerCode: number;
}

export function writeHandshake({ maxBytes, serializerCode }: Handshake): Uint8Array {
  return Uint8Array.of(RAWSOCKET_MAGIC, ((Math.log2(maxBytes) - 9) << 4) | serializerCode, 0, 0);
}

function lengthIn(octet: number): number {
  return 2 ** (9 + (octet >> 4));
}

/** What a router does with a connection: serve it, or turn it away with the octets of `answer`, if it is owed any. */
export type Reception =
  | {
      readonly accepted: true;
      readonly serializer: Serializer;
      readonly maxSendBytes: number;
      readonly answer: Uint8Array;
    }
  | { readonly accepted: false; readonly answer: Uint8Array | undefined };

export interface ReceptionOptions {
  readonly serializers: readonly Serializer[];
  /** What this side takes, as {@link announcedBytes} gives it. */
  readonly maxReceiveBytes: number;
  /** A client that takes less than this is turned away. */
  readonly minSendBytes: number;
}

/** The router's half of the handshake, for the four octets that the client began with. */
export function receiveHandshake(
  octets: Uint8Array,
  { serializers, maxReceiveBytes, minSendBytes }: ReceptionOptions,
): Reception {
  const [magic, second = 0, third, fourth] = octets;
  if (magic !== RAWSOCKET_MAGIC) return { accepted: false, answer: undefined };
  if (third !== 0 || fourth !== 0) return refused('reservedBits');
  const serializerCode = second & 0x0f;
  const serializer = serializers.find((one) => rawSocketCode(one) === serializerCode);
  if (!serializer) return refused('serializerUnsupported');
  const maxSendBytes = lengthIn(second);
  if (maxSendBytes < minSendBytes) return refused('lengthUnacceptable');
  const answer = writeHandshake({ maxBytes: maxReceiveBytes, serializerCode });
  return { accepted: true, serializer, maxSendBytes, answer };
}

function refused(why: keyof typeof rawSocketRefusals): Reception {
  return { accepted: false, answer: Uint8Array.of(RAWSOCKET_MAGIC, rawSocketRefusals[why] << 4, 0, 0) };
}

/** What the router's answer means: how long messages to it may be, or why there will be none. */
export type Answer =
  | { readonly accepted: true; readonly maxSendBytes: number }
  | { readonly accepted: false; readonly unsupportedSerializer: boolean; readonly why: string };

/** The client's half of the handshake, for the four octets that the router answered with. */
export function readAnswer(octets: Uint8Array, serializerCode: number): Answer {
  const [magic, second = 0, third, fourth] = octets;
  const no = (why: string, unsupportedSerializer = false): Answer => ({ accepted: false, unsupportedSerializer, why });
  if (magic !== RAWSOCKET_MAGIC) {
    const text = String.fromCharCode(...octets);
    return no(
      `what listens there does not look like a WAMP router: expected the octet 7F of RawSocket first, got ${show(text)}`,
    );
  }
  const echoed = second & 0x0f;
  if (echoed === 0) {
    const refusal = second >> 4;
    const why = REFUSALS[refusal] ?? `it gave the reason ${refusal}, which is not specified`;
    return no(`the router refused: ${why}`, refusal === rawSocketRefusals.serializerUnsupported);
  }
  if (third !== 0 || fourth !== 0) return no('the router set reserved bits of the handshake');
  if (echoed !== serializerCode) return no(`the router chose serializer ${echoed}, which was not offered`);
  return { accepted: true, maxSendBytes: lengthIn(second) };
}

/** What a frame is. */
export const rawSocketFrames = { message: 0, ping: 1, pong: 2 } as const;

/** The four octets before a frame, as text with one character per octet. */
export function rawSocketHead(length: number, type: number = rawSocketFrames.message): string {
  // One length does not fit into three octets, and has a bit of its own.
  if (length === MAX_RAWSOCKET_BYTES) return String.fromCharCode(0x08 | type, 0, 0, 0);
  return String.fromCharCode(type, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

/** Hears of each frame that is complete. */
export interface RawSocketReceiver {
  message(octets: Uint8Array): void;
  ping(octets: Uint8Array): void;
  pong(): void;
}

/** Takes a stream of octets apart into frames, however it was cut into pieces. */
export class RawSocketReader {
  readonly #receiver: RawSocketReceiver;
  readonly #maxBytes: number;
  #head = 0;
  #headBytes = 0;
  /** What has come of a frame that did not come in one piece. Grows with what comes, not with what was announced. */
  #body = new Uint8Array(0);
  #bodyBytes = 0;
  #stopped = false;

  constructor(receiver: RawSocketReceiver, maxBytes: number) {
    this.#receiver = receiver;
    this.#maxBytes = maxBytes;
  }

  /** Has a frame begun that is not complete? */
  get withinFrame(): boolean {
    return this.#headBytes > 0;
  }

  /** Nothing more is delivered; may be called from within a delivery. */
  stop(): void {
    this.#stopped = true;
    this.#body = new Uint8Array(0);
  }

  /** Delivers the frames that `chunk` completes. Returns why the connection has to end, if it has to. */
  push(chunk: Uint8Array): CloseInfo | undefined {
    let at = 0;
    while (!this.#stopped) {
      while (this.#headBytes < 4) {
        if (at === chunk.length) return undefined;
        this.#head = (this.#head << 8) | (chunk[at++] as number);
        if (++this.#headBytes === 4) {
          const failure = this.#failure();
          if (failure) return failure;
        }
      }
      const missing = this.#length - this.#bodyBytes;
      const taken = Math.min(missing, chunk.length - at);
      // Not a subarray, which of a Buffer would be another one.
      const piece = new Uint8Array(chunk.buffer, chunk.byteOffset + at, taken);
      at += taken;
      if (this.#bodyBytes > 0 || taken < missing) this.#append(piece);
      if (taken < missing) return undefined;
      this.#deliver(this.#bodyBytes > 0 ? this.#body : piece);
    }
    return undefined;
  }

  get #length(): number {
    return this.#head & 0x08_00_00_00 ? MAX_RAWSOCKET_BYTES : this.#head & 0xff_ff_ff;
  }

  #failure(): CloseInfo | undefined {
    const first = this.#head >>> 24;
    if (first & 0xf0) return { code: 1002, reason: 'a frame with reserved bits set' };
    if ((first & 0x07) > rawSocketFrames.pong) return { code: 1002, reason: `a frame of unknown type ${first & 0x07}` };
    if (first & 0x08 && this.#head & 0xff_ff_ff) return { code: 1002, reason: 'a frame longer than 16 MiB' };
    if (this.#length <= this.#maxBytes) return undefined;
    return { code: 1009, reason: `a frame of ${this.#length} octets; the limit is ${this.#maxBytes}` };
  }

  #append(piece: Uint8Array): void {
    const needed = this.#bodyBytes + piece.length;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#body.length, 1024)));
      grown.set(this.#body.subarray(0, this.#bodyBytes));
      this.#body = grown;
    }
    this.#body.set(piece, this.#bodyBytes);
    this.#bodyBytes = needed;
  }

  #deliver(octets: Uint8Array): void {
    const type = (this.#head >>> 24) & 0x07;
    this.#headBytes = this.#bodyBytes = 0;
    this.#body = new Uint8Array(0);
    if (type === rawSocketFrames.message) this.#receiver.message(octets);
    else if (type === rawSocketFrames.ping) this.#receiver.ping(octets);
    else this.#receiver.pong();
  }
}
