/**
 * Readers of MessagePack and CBOR that take what a message may hold and nothing else: the plainest that can be written,
 * to hold the scanner and the readers against. What they throw is of no account.
 */

export type Reader = (octets: Uint8Array, maxDepth: number) => unknown[];

class Source {
  at = 0;
  readonly octets: Uint8Array;
  readonly #view: DataView;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  number(
    kind: 'Uint8' | 'Uint16' | 'Uint32' | 'Int8' | 'Int16' | 'Int32' | 'Float32' | 'Float64',
    size: number,
  ): number {
    const value = this.#view[`get${kind}`](this.at);
    this.at += size;
    return value;
  }

  bigint(kind: 'BigUint64' | 'BigInt64'): bigint {
    const value = this.#view[`get${kind}`](this.at);
    this.at += 8;
    return value;
  }

  take(size: number): Uint8Array {
    if (size > this.octets.length - this.at) throw new Error('too short');
    this.at += size;
    return this.octets.slice(this.at - size, this.at);
  }

  text(size: number): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(size));
  }
}

type Value = (source: Source, room: number) => unknown;

/** A bigint only where a number would not do. */
const integer = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function list(source: Source, [count, room]: readonly [number, number], value: Value): unknown[] {
  if (room === 0) throw new Error('too deep');
  const items: unknown[] = [];
  for (let index = 0; index < count; index++) items.push(value(source, room - 1) ?? null);
  return items;
}

function dict(source: Source, [count, room]: readonly [number, number], value: Value): object {
  if (room === 0) throw new Error('too deep');
  const entries: [string, unknown][] = [];
  for (let index = 0; index < count; index++) {
    const key = value(source, 0);
    if (typeof key !== 'string') throw new Error('a key that is no text');
    entries.push([key, value(source, room - 1)]);
  }
  const defined = entries.filter(([, item]) => item !== undefined);
  return Object.fromEntries(defined);
}

function msgpackValue(source: Source, room: number): unknown {
  const first = source.number('Uint8', 1);
  if (first < 0x80) return first;
  if (first < 0x90) return dict(source, [first & 15, room], msgpackValue);
  if (first < 0xa0) return list(source, [first & 15, room], msgpackValue);
  if (first < 0xc0) return source.text(first & 31);
  if (first >= 0xe0) return first - 256;
  const size = (): number => source.number('Uint16', 2);
  const longSize = (): number => source.number('Uint32', 4);
  const values: Record<number, () => unknown> = {
    0xc0: () => null,
    0xc2: () => false,
    0xc3: () => true,
    0xc4: () => source.take(source.number('Uint8', 1)),
    0xc5: () => source.take(size()),
    0xc6: () => source.take(longSize()),
    0xca: () => source.number('Float32', 4),
    0xcb: () => source.number('Float64', 8),
    0xcc: () => source.number('Uint8', 1),
    0xcd: () => source.number('Uint16', 2),
    0xce: () => source.number('Uint32', 4),
    0xcf: () => integer(source.bigint('BigUint64')),
    0xd0: () => source.number('Int8', 1),
    0xd1: () => source.number('Int16', 2),
    0xd2: () => source.number('Int32', 4),
    0xd3: () => integer(source.bigint('BigInt64')),
    0xd4: () => {
      if (source.number('Uint16', 2) !== 0) throw new Error('an extension');
      return undefined;
    },
    0xd9: () => source.text(source.number('Uint8', 1)),
    0xda: () => source.text(size()),
    0xdb: () => source.text(longSize()),
    0xdc: () => list(source, [size(), room], msgpackValue),
    0xdd: () => list(source, [longSize(), room], msgpackValue),
    0xde: () => dict(source, [size(), room], msgpackValue),
    0xdf: () => dict(source, [longSize(), room], msgpackValue),
  };
  const value = values[first];
  if (!value) throw new Error('an extension');
  return value();
}

function cborValue(source: Source, room: number): unknown {
  const first = source.number('Uint8', 1);
  const major = first >> 5;
  const info = first & 31;
  if (major === 7) {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return info === 22 ? null : undefined;
    if (info === 25) return half(source.number('Uint16', 2));
    if (info === 26) return source.number('Float32', 4);
    if (info === 27) return source.number('Float64', 8);
    throw new Error('a simple value');
  }
  if (first === 0xd8 && source.octets[source.at] === 64 && (source.octets[source.at + 1] ?? 0) >> 5 === 2) {
    source.at += 1;
    return cborValue(source, room);
  }
  if (major === 6 || info > 27) throw new Error('a tag, or no definite length');
  const argument =
    info < 24
      ? BigInt(info)
      : info === 24
        ? BigInt(source.number('Uint8', 1))
        : info === 25
          ? BigInt(source.number('Uint16', 2))
          : info === 26
            ? BigInt(source.number('Uint32', 4))
            : source.bigint('BigUint64');
  if (major === 0) return integer(argument);
  if (major === 1) return integer(-1n - argument);
  const size = Number(argument);
  if (major === 2) return source.take(size);
  if (major === 3) return source.text(size);
  return (major === 4 ? list : dict)(source, [size, room], cborValue);
}

/** By its digits, which is another way than the reader's. */
function half(bits: number): number {
  const exponent = Math.trunc(bits / 1024) % 32;
  const fraction = (bits % 1024) / 1024;
  const magnitude =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -14
        : (1 + fraction) * 2 ** (exponent - 15);
  return bits >= 0x8000 ? -magnitude : magnitude;
}

const whole =
  (value: Value): Reader =>
  (octets, maxDepth) => {
    const source = new Source(octets);
    const read = value(source, maxDepth);
    if (!Array.isArray(read) || read.length === 0) throw new Error('not a list with something in it');
    if (source.at !== octets.length) throw new Error('something comes after it');
    return read;
  };

export const strict = { msgpack: whole(msgpackValue), cbor: whole(cborValue) } as const;
