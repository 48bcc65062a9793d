import { show } from '../base/index.ts';
import { isId } from './ids.ts';
import { type Dict, isDict } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

/** What a role announces: `features` with plain booleans, and whatever else a peer likes to say. */
export interface RoleDetails {
  readonly features?: Readonly<Record<string, boolean>>;
}
export type Roles = Readonly<Record<string, RoleDetails>>;

/** Someone a message was forwarded for by another router. */
export interface ForwardedFor {
  readonly session: number;
  readonly authid: string | null;
  readonly authrole: string;
}

/** The kinds of values that predefined options and details have, and the TypeScript type of each. */
interface AttributeValues {
  boolean: boolean;
  id: number;
  count: number;
  string: string;
  uri: string;
  ids: readonly number[];
  strings: readonly string[];
  dict: Dict;
  roles: Roles;
  forwarded: readonly ForwardedFor[];
  /** One of the names that the specification lists, or a private one: `x_…`. */
  encAlgo: string;
  encSerializer: string;
}

/** A kind by name, or the list of the words that are allowed. */
export type AttributeKind = keyof AttributeValues | readonly string[];
export type AttributeTable = Readonly<Record<string, AttributeKind>>;
type AttributeValue<K extends AttributeKind> = K extends readonly (infer Word)[] ? Word : K extends keyof AttributeValues ? AttributeValues[K] : never;

/**
 * Options or details: the predefined ones with their types, the required ones among them not optional, and any others,
 * which are kept and ignored.
 */
export type Attributes<T extends AttributeTable, Required extends keyof T = never> = {
  readonly [K in Exclude<keyof T, Required>]?: AttributeValue<T[K]>;
} & { readonly [K in Required]: AttributeValue<T[K]> } & { readonly [other: string]: unknown };

const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const listOf = (test: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(test);
const oneOfOr = (words: readonly string[]) => (value: unknown) => isString(value) && (words.includes(value) || value.startsWith('x_'));

const isRole = (role: unknown): boolean =>
  isDict(role) && (role['features'] === undefined || (isDict(role['features']) && Object.values(role['features']).every(isBoolean)));

const isForwarded = (value: unknown): boolean =>
  isDict(value) && isId(value['session']) && (value['authid'] === null || isString(value['authid'])) && isString(value['authrole']);

const KINDS: Record<keyof AttributeValues, { readonly expected: string; readonly test: (value: unknown) => boolean }> = {
  boolean: { expected: 'true or false', test: isBoolean },
  id: { expected: 'an id (an integer from 1 to 2^53)', test: isId },
  count: { expected: 'an integer from 0', test: (value) => Number.isSafeInteger(value) && (value as number) >= 0 },
  string: { expected: 'a string', test: isString },
  uri: { expected: 'a URI', test: isString },
  ids: { expected: 'a list of ids', test: listOf(isId) },
  strings: { expected: 'a list of strings', test: listOf(isString) },
  dict: { expected: 'a dictionary', test: isDict },
  roles: { expected: 'a dictionary of roles with boolean features', test: (value) => isDict(value) && Object.values(value).every(isRole) },
  forwarded: { expected: 'a list of { session, authid, authrole }', test: listOf(isForwarded) },
  encAlgo: { expected: 'cryptobox, mqtt, xbr or x_…', test: oneOfOr(['cryptobox', 'mqtt', 'xbr']) },
  encSerializer: { expected: 'json, msgpack, cbor, ubjson, flatbuffers or x_…', test: oneOfOr(['json', 'msgpack', 'cbor', 'ubjson', 'flatbuffers']) },
};

/** Throws a {@link ProtocolViolation} for the first predefined attribute of `dict` that has a wrong type or is missing. */
export function checkAttributes(dict: Dict, table: AttributeTable, where: string, required: readonly string[] = []): void {
  for (const name of required) {
    if (!Object.hasOwn(dict, name)) throw new ProtocolViolation(`${where}.${name}: expected ${expectation(table[name])}, got nothing`);
  }
  for (const name in dict) {
    if (!Object.hasOwn(table, name)) continue;
    const kind = table[name] as AttributeKind;
    const good = typeof kind === 'string' ? KINDS[kind].test(dict[name]) : kind.includes(dict[name] as string);
    if (!good) throw new ProtocolViolation(`${where}.${name}: expected ${expectation(kind)}, got ${show(dict[name])}`);
  }
}

function expectation(kind: AttributeKind | undefined): string {
  if (kind === undefined) return 'a value';
  return typeof kind === 'string' ? KINDS[kind].expected : kind.join(', ').replace(/, ([^,]*)$/, ' or $1');
}
