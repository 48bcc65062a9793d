import { isId } from './ids.ts';
import { type Dict, isDict } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

/** What a role announces: `features` with plain booleans, and whatever else a peer likes to say. */
export interface RoleDetails {
  readonly features?: Readonly<Record<string, boolean>>;
}
export type Roles = Readonly<Record<string, RoleDetails>>;

/** The kinds of values that stand in a message, by the names that error texts use, and the TypeScript type of each. */
export interface KindValues {
  /** An integer from 1 to 2^53. */
  id: number;
  /** 0 is where the router speaks of its own accord: a revocation. */
  'id or 0': number;
  /** The code of a request message, in ERROR. */
  'request code': number;
  'non-negative integer': number;
  boolean: boolean;
  string: string;
  /** A string here; whether it is a valid URI depends on the realm's rules and is answered with an ERROR. */
  URI: string;
  dictionary: Dict;
  'list of ids': readonly number[];
  'list of strings': readonly string[];
  'list of dictionaries': readonly Dict[];
  'dictionary of roles': Roles;
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

const KINDS: Record<keyof KindValues, (value: unknown) => boolean> = {
  id: isId,
  'id or 0': (value) => value === 0 || isId(value),
  'request code': (value) => REQUEST_CODES.includes(value),
  'non-negative integer': (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  boolean: isBoolean,
  string: isString,
  URI: isString,
  dictionary: isDict,
  'list of ids': listOf(isId),
  'list of strings': listOf(isString),
  'list of dictionaries': listOf(isDict),
  'dictionary of roles': dictOf(isRole),
};

export function isOfKind(kind: Kind, value: unknown): boolean {
  return typeof kind === 'string'
    ? KINDS[kind](value)
    : kind.some((word) => value === word || (word === PRIVATE && typeof value === 'string' && value.startsWith(word)));
}

/** The violation of a value that is not of its kind; `got` is a picture of it. */
export function misfit(kind: Kind, where: string, got: string): ProtocolViolation {
  const expected = typeof kind === 'string' ? kind : `one of ${kind.join(', ')}`;
  return new ProtocolViolation(`${where}: expected ${expected}, got ${got}`);
}
