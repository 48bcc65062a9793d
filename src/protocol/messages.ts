import { type Kind, type KindValue, type KindValues, PRIVATE } from './kinds.ts';
import type { Payload } from './payload.ts';
import { MATCH_POLICIES } from './uri.ts';

/**
 * The message table: everything that is known of a WAMP message, once. Codes, TypeScript types, validation with its
 * texts, encoding and the permitted direction all follow from it. Specification: Basic and Advanced Profile, "Messages".
 */

/** Predefined options or details by name. Any others are kept and ignored. */
export type AttributeTable = Readonly<Record<string, Kind>>;

/** One of the fixed places of a message. */
export interface Field {
  readonly name: string;
  readonly kind: keyof KindValues;
  readonly optional?: boolean;
  /** Of a dictionary: what is predefined in it. */
  readonly attributes?: AttributeTable;
  /** The one attribute that has to be there. */
  readonly required?: string;
}

/** Who may send a message. */
export type Sender = 'client' | 'router' | 'both';

export interface MessageSpec {
  readonly code: number;
  readonly from: Sender;
  readonly fields: readonly Field[];
  /** Does the application's payload (arguments and keyword arguments) follow the fixed places? */
  readonly payload: boolean;
}

const message = <const C extends number, const S extends Sender, const F extends readonly Field[]>(
  code: C,
  from: S,
  ...fields: F
) => ({ code, from, fields, payload: false }) as const;
/** A message that carries the application's payload after its fixed places. */
const carrier = <const C extends number, const S extends Sender, const F extends readonly Field[]>(
  code: C,
  from: S,
  ...fields: F
) => ({ code, from, fields, payload: true }) as const;

const field = <const N extends string, const K extends keyof KindValues>(name: N, kind: K) => ({ name, kind }) as const;
const options = <const A extends AttributeTable>(attributes: A) =>
  ({ name: 'options', kind: 'dictionary', attributes }) as const;
const details = <const A extends AttributeTable>(attributes: A) =>
  ({ name: 'details', kind: 'dictionary', attributes }) as const;
const detailsWithRoles = <const A extends AttributeTable>(attributes: A) =>
  ({ ...details(attributes), required: 'roles' }) as const;
const revocation = <const A extends AttributeTable>(attributes: A) =>
  ({ ...details(attributes), optional: true }) as const;

const request = field('request', 'id');
const requestOrZero = field('request', 'id or 0');
const subscription = field('subscription', 'id');
const publication = field('publication', 'id');
const registration = field('registration', 'id');
const topic = field('topic', 'URI');
const procedure = field('procedure', 'URI');
const reason = field('reason', 'URI');
const extra = field('extra', 'dictionary');

const CANCEL_MODES = ['skip', 'kill', 'killnowait'] as const;
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

export const MESSAGES = {
  HELLO: message(
    1,
    'client',
    field('realm', 'URI'),
    detailsWithRoles({
      ...WHO,
      roles: 'dictionary of roles',
      authmethods: 'list of strings',
    }),
  ),
  WELCOME: message(
    2,
    'router',
    field('session', 'id'),
    detailsWithRoles({
      ...WHO,
      roles: 'dictionary of roles',
      realm: 'URI',
      authmethod: 'string',
      authprovider: 'string',
    }),
  ),
  ABORT: carrier(3, 'both', details({ message: 'string' }), reason),
  CHALLENGE: message(4, 'router', field('authmethod', 'string'), extra),
  AUTHENTICATE: message(5, 'client', field('signature', 'string'), extra),
  GOODBYE: message(6, 'both', details({ message: 'string' }), reason),
  ERROR: carrier(8, 'both', field('requestType', 'request code'), request, details(PASSTHRU), field('error', 'URI')),
  PUBLISH: carrier(
    16,
    'client',
    request,
    options({
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
    }),
    topic,
  ),
  PUBLISHED: message(17, 'router', request, publication),
  SUBSCRIBE: message(
    32,
    'client',
    request,
    options({ match: MATCH_POLICIES, get_retained: 'boolean', nkey: 'string', forward_for: 'list of dictionaries' }),
    topic,
  ),
  SUBSCRIBED: message(33, 'router', request, subscription),
  UNSUBSCRIBE: message(34, 'client', request, subscription),
  UNSUBSCRIBED: message(35, 'router', requestOrZero, revocation({ subscription: 'id', reason: 'string' })),
  EVENT: carrier(
    36,
    'router',
    subscription,
    publication,
    details({
      ...PASSTHRU,
      topic: 'URI',
      publisher: 'id',
      publisher_authid: 'string',
      publisher_authrole: 'string',
      trustlevel: 'non-negative integer',
      retained: 'boolean',
      x_acknowledged_delivery: 'boolean',
      ...FORWARDED,
    }),
  ),
  CALL: carrier(
    48,
    'client',
    request,
    options({
      ...PASSTHRU,
      timeout: 'non-negative integer',
      receive_progress: 'boolean',
      progress: 'boolean',
      disclose_me: 'boolean',
      rkey: 'string',
      runmode: 'string',
      ...FORWARDED,
    }),
    procedure,
  ),
  CANCEL: message(49, 'client', request, options({ mode: CANCEL_MODES })),
  RESULT: carrier(50, 'router', request, details(OUTCOME)),
  REGISTER: message(
    64,
    'client',
    request,
    options({
      match: MATCH_POLICIES,
      invoke: ['single', 'roundrobin', 'random', 'first', 'last'],
      disclose_caller: 'boolean',
      forward_timeout: 'boolean',
      concurrency: 'non-negative integer',
      force_reregister: 'boolean',
      forward_for: 'list of dictionaries',
    }),
    procedure,
  ),
  REGISTERED: message(65, 'router', request, registration),
  UNREGISTER: message(66, 'client', request, registration),
  UNREGISTERED: message(67, 'router', requestOrZero, revocation({ registration: 'id', reason: 'string' })),
  INVOCATION: carrier(
    68,
    'router',
    request,
    registration,
    details({
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
    }),
  ),
  INTERRUPT: message(69, 'router', request, options({ mode: CANCEL_MODES, reason: 'string' })),
  YIELD: carrier(70, 'client', request, options(OUTCOME)),
  /** Not in the specification's text, only in its test vectors: a subscriber confirms that an event has arrived. */
  EVENT_RECEIVED: message(337, 'client', publication),
} satisfies Record<string, MessageSpec>;

type Table = typeof MESSAGES;
export type MessageType = keyof Table;

/** Options or details: the predefined ones with their types, the required one not optional, and any others. */
type Attributes<T extends AttributeTable, Required> = {
  readonly [K in Exclude<keyof T, Required>]?: KindValue<T[K]>;
} & { readonly [K in keyof T & Required]: KindValue<T[K]> } & { readonly [other: string]: unknown };

type FieldValue<F> = F extends { readonly attributes: infer A extends AttributeTable }
  ? Attributes<A, F extends { readonly required: infer R } ? R : never>
  : F extends { readonly kind: infer K extends keyof KindValues }
    ? KindValues[K]
    : never;

type FieldsOf<F extends readonly Field[]> = {
  readonly [E in F[number] as E extends { readonly optional: true } ? never : E['name']]: FieldValue<E>;
} & { readonly [E in F[number] as E extends { readonly optional: true } ? E['name'] : never]?: FieldValue<E> };

type Flat<T> = { [K in keyof T]: T[K] };

/** One kind of message as a plain readonly object: `type`, its fields, and `payload` where it carries one. */
export type MessageOf<T extends MessageType> = {
  [K in T]: Flat<
    { readonly type: K } & FieldsOf<Table[K]['fields']> &
      (Table[K]['payload'] extends true ? { readonly payload?: Payload | undefined } : object)
  >;
}[T];

/** Any WAMP message; discriminated by `type`. */
export type Message = MessageOf<MessageType>;

/** The messages that a client may send, and those that a router may send. */
export type ClientMessage = MessageOf<
  { [K in MessageType]: Table[K]['from'] extends 'router' ? never : K }[MessageType]
>;
export type RouterMessage = MessageOf<
  { [K in MessageType]: Table[K]['from'] extends 'client' ? never : K }[MessageType]
>;

const byCode = new Map<unknown, MessageType>();
for (const type of Object.keys(MESSAGES) as MessageType[]) byCode.set(MESSAGES[type].code, type);

/** The name of the message with this code; undefined when there is none. */
export function messageType(code: unknown): MessageType | undefined {
  return byCode.get(code);
}
