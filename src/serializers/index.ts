export { batched, type BatchedOptions } from './batched.ts';
export { cborWire } from './cbor-wire.ts';
export { type JsonOptions, json } from './json.ts';
export { jsonWire } from './json-wire.ts';
export { msgpackWire } from './msgpack-wire.ts';
export type { Frame, Serializer } from './serializer.ts';
