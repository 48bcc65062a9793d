export { type JsonOptions, json } from './json.ts';
export { jsonWire } from './json-wire.ts';
export type { Frame, Serializer } from './serializer.ts';
