import { show } from '../base/index.ts';
import {
  checkAttributes,
  type Dict,
  SHAPES,
  type Message,
  type MessageType,
  type Payload,
  parseMessage,
  ProtocolViolation,
  typeOf,
} from '../protocol/index.ts';
import { BINARY, type BinaryFormat, DICT, type Head, LIST, newHead, NOTHING, UNDEFINED } from './binary-format.ts';
import { asId, readValue } from './binary-read.ts';
import { scanList } from './binary-scan.ts';
import { MessageWriter, type Spliced } from './binary-write.ts';
import { Octets, octetsOf } from './octets.ts';
import { isMostlyOther } from './piece.ts';
import type { Serializer } from './serializer.ts';

/** A payload as the octets it came in: arguments, or arguments and keyword arguments, known to be harmless. */
class BinaryPayload implements Payload, Spliced {
  readonly format: BinaryFormat;
  readonly octets: Uint8Array;
  readonly count: number;
  readonly bare: boolean;
  /** Every peer that speaks the format understands these octets. */
  readonly common: boolean;
  readonly #exact: boolean;
  /** Where the keyword arguments begin. */
  readonly #kwargsAt: number;
  #args: readonly unknown[] | undefined;
  #kwargs: Dict | undefined;

  constructor(
    frame: Pick<ScannedFrame, 'format' | 'exact' | 'common'>,
    [octets, kwargsAt]: readonly [Uint8Array, number],
    bare: boolean,
  ) {
    this.format = frame.format;
    this.#exact = frame.exact;
    this.octets = octets;
    this.#kwargsAt = kwargsAt;
    this.count = kwargsAt < octets.length ? 2 : 1;
    this.bare = bare;
    this.common = frame.common;
  }

  get size(): number {
    return this.octets.length;
  }

  detach(): Payload {
    const { format, octets, bare, common } = this;
    return new BinaryPayload({ format, exact: this.#exact, common }, [octets.slice(), this.#kwargsAt], bare);
  }

  get args(): readonly unknown[] {
    if (!this.#args) {
      const value = this.#read(0, this.#kwargsAt);
      this.#args = this.bare ? [value] : (value as readonly unknown[]);
    }
    return this.#args;
  }

  get kwargs(): Dict | undefined {
    if (this.count === 2) this.#kwargs ??= this.#read(this.#kwargsAt, this.octets.length) as Dict;
    return this.#kwargs;
  }

  #read(start: number, end: number): unknown {
    return this.#exact
      ? this.format.decode(this.octets.subarray(start, end))
      : readValue(this.format, this.octets, start);
  }
}

/**
 * A binary format for routers: reads the first places of a message and leaves the payload as the octets it came in,
 * proved to be harmless, until somebody asks for it. Between two peers that speak the format it is copied.
 */
export function binaryWire(format: BinaryFormat, maxDepth: number): Serializer {
  const writer = new MessageWriter(format, maxDepth);
  // An event goes to its subscribers as one and the same message object: written once, sent many times.
  let lastEvent: Message | undefined;
  let lastFrame: Uint8Array = new Uint8Array(0);

  return {
    id: format.id,
    binary: true,
    encode(message) {
      if (message === lastEvent) return lastFrame;
      const payload = 'payload' in message ? message.payload : undefined;
      const own = payload instanceof BinaryPayload && payload.format === format;
      const spliced = own && payload.common ? payload : undefined;
      const frame = writer.write(message, spliced);
      if (message.type === 'EVENT') {
        lastEvent = message;
        lastFrame = frame;
      }
      return frame;
    },
    decode(frame) {
      return [new ScannedFrame(format, octetsOf(frame), maxDepth).message()];
    },
  };
}

class ScannedFrame {
  readonly format: BinaryFormat;
  readonly exact: boolean;
  /** May the payload go on to every peer as it is? */
  common = true;
  readonly #dialectAt: number;
  readonly #octets: Uint8Array;
  readonly #bounds: readonly number[];

  constructor(format: BinaryFormat, octets: Uint8Array, maxDepth: number) {
    const { bounds, exact, dialectAt } = scanList(format, octets, maxDepth);
    this.format = format;
    this.exact = exact;
    this.#octets = octets;
    this.#bounds = bounds;
    this.#dialectAt = dialectAt;
  }

  message(): Message {
    const length = this.#bounds.length / 2;
    const code = this.#element(0);
    const type = typeOf(code);
    const { fields, payload } = SHAPES[type];
    const places = Math.min(length, fields.length + 1);
    const head = [code];
    for (let index = 1; index < places; index++) head.push(asId(this.#element(index)));
    return parseMessage(
      head,
      length,
      payload && length > places ? this.#payload(places, type) : undefined,
      checkAttributes,
    );
  }

  #start(index: number): number {
    return this.#bounds[2 * index] ?? this.#octets.length;
  }

  #element(index: number): unknown {
    return readValue(this.format, this.#octets, this.#start(index));
  }

  /**
   * The payload behind the fixed places. A null where a list or a dictionary belongs counts as absent: some routers
   * write one for what they do not have.
   */
  #payload(place: number, type: MessageType): Payload | undefined {
    const args = this.#kind(place);
    const kwargs = this.#kind(place + 1);
    const bare = args === BINARY;
    if (args !== LIST && !bare && args !== NOTHING) throw this.#misplaced(`${type}.args`, 'list', place);
    if (kwargs !== NOTHING && (bare || kwargs !== DICT))
      throw this.#misplaced(`${type}.kwargs`, bare ? 'nothing' : 'dictionary', place + 1);
    const [start, middle, end] = [this.#start(place), this.#start(place + 1), this.#start(place + 2)];
    this.common = this.#dialectAt < start;
    if (kwargs === NOTHING) {
      if (args === NOTHING) return undefined;
      return new BinaryPayload(this, [this.#piece(start, middle), middle - start], bare);
    }
    if (args !== NOTHING) return new BinaryPayload(this, [this.#piece(start, end), middle - start], bare);
    const out = new Octets();
    this.format.list(out, 0);
    const kwargsAt = out.at;
    out.copy(this.#octets.subarray(middle, end));
    return new BinaryPayload(this, [out.take(), kwargsAt], bare);
  }

  /** Not with a long frame of which it is the smaller part, as it may be kept for long. */
  #piece(start: number, end: number): Uint8Array {
    const octets = this.#octets.subarray(start, end);
    return isMostlyOther(this.#octets, octets) ? octets.slice() : octets;
  }

  #kind(index: number): number {
    if (2 * index >= this.#bounds.length) return NOTHING;
    const head: Head = newHead();
    this.format.head(this.#octets, this.#start(index), head);
    return head.kind === UNDEFINED ? NOTHING : head.kind;
  }

  #misplaced(where: string, expected: string, index: number): ProtocolViolation {
    return new ProtocolViolation(`${where}: expected ${expected}, got ${show(this.#element(index))}`);
  }
}
