import { batched, type ClientOptions, json, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';

type Make = () => Serializer;

const formats: Readonly<Record<string, Make>> = {
  JSON: () => json(),
  MessagePack: () => msgpack(),
  CBOR: () => cbor(),
};

/** Two serializers that talk to each other through a router. */
export interface Pair {
  readonly one: string;
  readonly other: string;
  readonly makes: readonly Make[];
}

function pair(
  one: string,
  other: string,
  wrap: (serializer: Serializer) => Serializer = (serializer) => serializer,
): Pair {
  return { one, other, makes: [one, other].map((name) => () => wrap((formats[name] as Make)())) };
}

const ring = [
  ['JSON', 'MessagePack'],
  ['MessagePack', 'CBOR'],
  ['CBOR', 'JSON'],
] as const;
/** Each on both sides once, so that each is translated into each: what is called and published goes one way, results the other. */
export const ringOfPairs: readonly Pair[] = ring.map(([one, other]) => pair(one, other));
/** The same, and each with itself. */
export const everyPair: readonly Pair[] = [...Object.keys(formats).map((name) => pair(name, name)), ...ringOfPairs];
/** The same in batches, for routers with {@link batchedSerializers}. */
export const ringOfBatchedPairs: readonly Pair[] = ring.map(([one, other]) => pair(one, other, batched));
export const batchedSerializers = (): readonly Serializer[] => [
  batched(jsonWire()),
  batched(msgpackWire()),
  batched(cborWire()),
];

/** Connections that take turns in which serializer they offer, the first two being each in one of the pair. */
export function taking({ makes }: Pair): (options?: ClientOptions) => ClientOptions {
  let count = 0;
  return (options) => ({ serializers: [(makes[count++ % makes.length] as Make)()], ...options });
}
