import { show } from '../base/index.ts';
import { isId } from './ids.ts';
import { type Dict, isDict } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

/** What a role announces: `features`, of which those count that are true, and whatever else a peer likes to say. */
export interface RoleDetails {
  readonly features?: Readonly<Record<string, unknown>>;
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

/** The places of messages by name. */
export const FIELDS = {
  request: 'id',
  session: 'id',
  subscription: 'id',
  publication: 'id',
  registration: 'id',
  requestType: 'request code',
  realm: 'URI',
  topic: 'URI',
  procedure: 'URI',
  reason: 'URI',
  error: 'URI',
  authmethod: 'string',
  signature: 'string',
  details: 'dictionary',
  options: 'dictionary',
  extra: 'dictionary',
} as const satisfies Record<string, Kind>;

export const isString = (value: unknown): value is string => typeof value === 'string';

/** PUBLISH, SUBSCRIBE, UNSUBSCRIBE, CALL, REGISTER, UNREGISTER and INVOCATION. */
const REQUEST_CODES: readonly unknown[] = [16, 32, 34, 48, 64, 66, 68];

export const KINDS = {
  id: isId,
  'request code': (value: unknown) => REQUEST_CODES.includes(value),
  'non-negative integer': (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  boolean: (value: unknown) => typeof value === 'boolean',
  string: isString,
  URI: isString,
  dictionary: isDict,
} satisfies { readonly [K in keyof KindValues]?: (value: unknown) => boolean };

/** The violation of a value that is not of its kind. */
export function misfit(kind: string, where: string, value?: unknown): ProtocolViolation {
  return new ProtocolViolation(`${where}: expected ${kind}, got ${value === undefined ? 'nothing' : show(value)}`);
}
