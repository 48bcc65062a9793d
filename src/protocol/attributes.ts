import { isId } from './ids.ts';
import { isString, type Kind, KINDS, type KindValues, misfit, PRIVATE } from './kinds.ts';
import { type Dict, isDict } from './payload.ts';
import type { MessageType } from './shapes.ts';
import { MATCH_POLICIES } from './uri.ts';

/**
 * The message table's outer half: who may send a message, and what is predefined in its options or details. Routers
 * check all of it; a client checks what it reads, since the rest is between others.
 */

/** Who may send a message. */
export type Sender = 'client' | 'router' | 'both';

/** Predefined options or details by name. Any others are kept and ignored. */
export type AttributeTable = Readonly<Record<string, Kind>>;

export interface Rule {
  readonly from: Sender;
  /** Of the dictionary that is called options or details. */
  readonly attributes: AttributeTable;
  /** The one attribute that has to be there. */
  readonly required?: string;
}

export const CANCEL_MODES = ['skip', 'kill', 'killnowait'] as const;
export const INVOKE_POLICIES = ['single', 'roundrobin', 'random', 'first', 'last'] as const;
/** Said of payloads that routers do not look into, by the specification (ppt) and by older peers (enc). */
const PASSTHRU = {
  ppt_scheme: 'string',
  ppt_serializer: 'string',
  ppt_cipher: 'string',
  ppt_keyid: 'string',
  enc_algo: ['cryptobox', 'mqtt', 'xbr', PRIVATE],
  enc_key: 'string',
  enc_serializer: ['json', 'msgpack', 'cbor', 'ubjson', 'flatbuffers', PRIVATE],
} as const;
/** Not in the specification, but sent by other routers. */
const FORWARDED = { transaction_hash: 'string', forward_for: 'list of dictionaries' } as const;
const WHO = { agent: 'string', authid: 'string', authrole: 'string', authextra: 'dictionary' } as const;
const OUTCOME = { ...PASSTHRU, progress: 'boolean' } as const;

export const RULES = {
  HELLO: {
    from: 'client',
    attributes: { ...WHO, roles: 'dictionary of roles', authmethods: 'list of strings' },
    required: 'roles',
  },
  WELCOME: {
    from: 'router',
    attributes: {
      ...WHO,
      roles: 'dictionary of roles',
      realm: 'URI',
      authmethod: 'string',
      authprovider: 'string',
    },
    required: 'roles',
  },
  ABORT: { from: 'both', attributes: { message: 'string' } },
  CHALLENGE: { from: 'router', attributes: {} },
  AUTHENTICATE: { from: 'client', attributes: {} },
  GOODBYE: { from: 'both', attributes: { message: 'string' } },
  ERROR: { from: 'both', attributes: PASSTHRU },
  PUBLISH: {
    from: 'client',
    attributes: {
      ...PASSTHRU,
      acknowledge: 'boolean',
      exclude_me: 'boolean',
      exclude: 'list of ids',
      exclude_authid: 'list of strings',
      exclude_authrole: 'list of strings',
      eligible: 'list of ids',
      eligible_authid: 'list of strings',
      eligible_authrole: 'list of strings',
      disclose_me: 'boolean',
      retain: 'boolean',
      rkey: 'string',
      ...FORWARDED,
    },
  },
  PUBLISHED: { from: 'router', attributes: {} },
  SUBSCRIBE: {
    from: 'client',
    attributes: { match: MATCH_POLICIES, get_retained: 'boolean', nkey: 'string', forward_for: 'list of dictionaries' },
  },
  SUBSCRIBED: { from: 'router', attributes: {} },
  UNSUBSCRIBE: { from: 'client', attributes: {} },
  UNSUBSCRIBED: { from: 'router', attributes: { subscription: 'id', reason: 'string' } },
  EVENT: {
    from: 'router',
    attributes: {
      ...PASSTHRU,
      topic: 'URI',
      publisher: 'id',
      publisher_authid: 'string',
      publisher_authrole: 'string',
      trustlevel: 'non-negative integer',
      retained: 'boolean',
      x_acknowledged_delivery: 'boolean',
      ...FORWARDED,
    },
  },
  CALL: {
    from: 'client',
    attributes: {
      ...PASSTHRU,
      timeout: 'non-negative integer',
      receive_progress: 'boolean',
      progress: 'boolean',
      disclose_me: 'boolean',
      rkey: 'string',
      runmode: 'string',
      ...FORWARDED,
    },
  },
  CANCEL: { from: 'client', attributes: { mode: CANCEL_MODES } },
  RESULT: { from: 'router', attributes: OUTCOME },
  REGISTER: {
    from: 'client',
    attributes: {
      match: MATCH_POLICIES,
      invoke: INVOKE_POLICIES,
      disclose_caller: 'boolean',
      forward_timeout: 'boolean',
      concurrency: 'non-negative integer',
      force_reregister: 'boolean',
      forward_for: 'list of dictionaries',
    },
  },
  REGISTERED: { from: 'router', attributes: {} },
  UNREGISTER: { from: 'client', attributes: {} },
  UNREGISTERED: { from: 'router', attributes: { registration: 'id', reason: 'string' } },
  INVOCATION: {
    from: 'router',
    attributes: {
      ...PASSTHRU,
      procedure: 'URI',
      caller: 'id',
      caller_authid: 'string',
      caller_authrole: 'string',
      trustlevel: 'non-negative integer',
      receive_progress: 'boolean',
      progress: 'boolean',
      timeout: 'non-negative integer',
      ...FORWARDED,
    },
  },
  INTERRUPT: { from: 'router', attributes: { mode: CANCEL_MODES, reason: 'string' } },
  YIELD: { from: 'client', attributes: OUTCOME },
  EVENT_RECEIVED: { from: 'client', attributes: {} },
} as const satisfies Record<MessageType, Rule>;

const listOf = (test: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(test);
const dictOf = (test: (value: unknown) => boolean) => (value: unknown) =>
  isDict(value) && Object.values(value).every(test);
const isFeatures = dictOf(KINDS.boolean);
const isRole = (role: unknown): boolean =>
  isDict(role) && (role['features'] === undefined || isFeatures(role['features']));

const ALL_KINDS: Record<keyof KindValues, (value: unknown) => boolean> = {
  ...KINDS,
  'id or 0': (value) => value === 0 || isId(value),
  'list of ids': listOf(isId),
  'list of strings': listOf(isString),
  'list of dictionaries': listOf(isDict),
  'dictionary of roles': dictOf(isRole),
};

function isOfKind(kind: Kind, value: unknown): boolean {
  return typeof kind === 'string'
    ? ALL_KINDS[kind](value)
    : kind.some((word) => value === word || (word === PRIVATE && isString(value) && value.startsWith(word)));
}

/** For routers: everything that is predefined has to be of its kind. */
export function checkAttributes(type: MessageType, place: string, dict: Dict): void {
  const { attributes, required }: Rule = RULES[type];
  for (const key in dict) {
    const kind = Object.hasOwn(attributes, key) && attributes[key];
    if (kind && !isOfKind(kind, dict[key]))
      throw misfit(isString(kind) ? kind : `one of ${kind.join(', ')}`, `${type}.${place}.${key}`, dict[key]);
  }
  if (required && !Object.hasOwn(dict, required)) throw misfit('dictionary', `${type}.${place}.${required}`);
}
