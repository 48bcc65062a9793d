import { ProtocolViolation } from '../protocol/index.ts';
import type { Frame } from './serializer.ts';

const FIRST_SIZE = 4096;
/** Results up to this size are copied out, so that the buffer serves again. */
const LARGEST_COPY = 16_384;

/** Octets that are being written: grows as needed. Numbers are big-endian, as in every format on the wire. */
export class Octets {
  buffer = new Uint8Array(FIRST_SIZE);
  view = new DataView(this.buffer.buffer);
  /** Where the next octet goes. */
  at = 0;

  /** Makes room for `count` more. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.buffer.length) return;
    const buffer = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    buffer.set(this.buffer.subarray(0, this.at));
    this.#use(buffer);
  }

  octet(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  /** A first octet, then a number of `size` octets: 1, 2, 4 or 8. */
  number(first: number, value: number, size: number): void {
    this.reserve(9);
    const { buffer, view } = this;
    buffer[this.at] = first;
    const at = this.at + 1;
    if (size === 1) buffer[at] = value;
    else if (size === 2) view.setUint16(at, value);
    else if (size === 4) view.setUint32(at, value);
    else {
      view.setUint32(at, Math.floor(value / 2 ** 32));
      view.setUint32(at + 4, value);
    }
    this.at = at + size;
  }

  bigint(first: number, value: bigint): void {
    this.reserve(9);
    this.buffer[this.at] = first;
    this.view.setBigUint64(this.at + 1, value);
    this.at += 9;
  }

  float(first: number, value: number): void {
    this.reserve(9);
    this.buffer[this.at] = first;
    this.view.setFloat64(this.at + 1, value);
    this.at += 9;
  }

  copy(octets: Uint8Array): void {
    this.reserve(octets.length);
    this.buffer.set(octets, this.at);
    this.at += octets.length;
  }

  /** What was written. Nothing that comes later changes it. */
  take(): Uint8Array {
    const taken = this.at <= LARGEST_COPY ? this.buffer.slice(0, this.at) : this.buffer.subarray(0, this.at);
    if (this.at > LARGEST_COPY) this.#use(new Uint8Array(FIRST_SIZE));
    this.at = 0;
    return taken;
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer);
  }
}

export const uint16 = (octets: Uint8Array, at: number): number =>
  ((octets[at] as number) << 8) | (octets[at + 1] as number);

export const uint32 = (octets: Uint8Array, at: number): number => uint16(octets, at) * 65_536 + uint16(octets, at + 2);

/** Exact up to 2^53; beyond, what a number can hold of it. */
export const uint64 = (octets: Uint8Array, at: number): number => uint32(octets, at) * 2 ** 32 + uint32(octets, at + 4);

const scratch = new DataView(new ArrayBuffer(8));

/** `size` octets in a view that is good until the next call. */
export function viewOf(octets: Uint8Array, at: number, size: number): DataView {
  for (let index = 0; index < size; index++) scratch.setUint8(index, octets[at + index] as number);
  return scratch;
}

/** The octets of a frame, without what a subclass such as Node's Buffer makes of them. */
export function octetsOf(frame: Frame): Uint8Array {
  if (typeof frame === 'string')
    throw new ProtocolViolation(`frame: expected binary, got ${frame.length} characters of text`);
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
}
