export { type JsonOptions, json } from './json.ts';
export type { Frame, Serializer } from './serializer.ts';
