import { isId } from './ids.ts';
import { type Dict, isDict } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

/** What a role announces: `features` with plain booleans, and whatever else a peer likes to say. */
export interface RoleDetails {
  readonly features?: Readonly<Record<string, boolean>>;
}
export type Roles = Readonly<Record<string, RoleDetails>>;

/** The kinds of values that stand in a message, and the TypeScript type of each. */
export interface KindValues {
  id: number;
  /** An id, or 0 where the router speaks of its own accord (a revocation). */
  idOrZero: number;
  /** The code of a request message, in ERROR. */
  requestType: number;
  count: number;
  boolean: boolean;
  string: string;
  /** A string here; whether it is a valid URI depends on the realm's rules and is answered with an ERROR. */
  uri: string;
  dict: Dict;
  ids: readonly number[];
  strings: readonly string[];
  roles: Roles;
  dicts: readonly Dict[];
}

/** In a list of words: a private name, which starts like this, is allowed too. */
export const PRIVATE = 'x_';

/** A kind by name, or the list of the words that are allowed. */
export type Kind = keyof KindValues | readonly string[];
export type KindValue<K extends Kind> = K extends readonly (infer Word)[]
  ? Word
  : K extends keyof KindValues
    ? KindValues[K]
    : never;

const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const listOf = (test: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(test);
const dictOf = (test: (value: unknown) => boolean) => (value: unknown) =>
  isDict(value) && Object.values(value).every(test);
/** PUBLISH, SUBSCRIBE, UNSUBSCRIBE, CALL, REGISTER, UNREGISTER and INVOCATION. */
const REQUEST_CODES: readonly unknown[] = [16, 32, 34, 48, 64, 66, 68];

const isFeatures = dictOf(isBoolean);
const isRole = (role: unknown): boolean =>
  isDict(role) && (role['features'] === undefined || isFeatures(role['features']));

/** What each kind is called in an error text, and how it is told. */
const KINDS: Record<keyof KindValues, readonly [expected: string, test: (value: unknown) => boolean]> = {
  id: ['an id (an integer from 1 to 2^53)', isId],
  idOrZero: ['an id or 0', (value) => value === 0 || isId(value)],
  requestType: ['the code of a request message', (value) => REQUEST_CODES.includes(value)],
  count: ['an integer from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  boolean: ['true or false', isBoolean],
  string: ['a string', isString],
  uri: ['a URI', isString],
  dict: ['a dictionary', isDict],
  ids: ['a list of ids', listOf(isId)],
  strings: ['a list of strings', listOf(isString)],
  roles: ['a dictionary of roles with boolean features', dictOf(isRole)],
  dicts: ['a list of dictionaries', listOf(isDict)],
};

export function isOfKind(kind: Kind, value: unknown): boolean {
  return typeof kind === 'string'
    ? KINDS[kind][1](value)
    : kind.some((word) => value === word || (word === PRIVATE && String(value).startsWith(word)));
}

/** The violation of a value that is not of its kind; `got` is a picture of it. */
export function misfit(kind: Kind, where: string, got: string): ProtocolViolation {
  const expected = typeof kind === 'string' ? KINDS[kind][0] : `one of ${kind.join(', ')}`;
  return new ProtocolViolation(`${where}: expected ${expected}, got ${got}`);
}
