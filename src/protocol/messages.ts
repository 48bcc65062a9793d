import type { AttributeTable, Attributes } from './attributes.ts';
import type { Dict, Payload } from './payload.ts';
import { MATCH_POLICIES } from './uri.ts';

/**
 * The message table: everything that is known of a WAMP message, once. Codes, TypeScript types, validation with its
 * texts, encoding and the permitted direction all follow from it. Specification: Basic and Advanced Profile, "Messages".
 */

/** The values that the fixed places of a message hold. */
interface FieldValues {
  id: number;
  /** An id, or 0 where the router speaks of its own accord (a revocation). */
  idOrZero: number;
  /** The code of a request message, in ERROR. */
  requestType: number;
  uri: string;
  string: string;
  dict: Dict;
}
export type FieldKind = keyof FieldValues;

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly optional?: boolean;
  readonly attributes?: AttributeTable;
  readonly required?: readonly string[];
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

const field = <const N extends string, const K extends FieldKind>(name: N, kind: K) => ({ name, kind }) as const;
const dict = <const N extends string, const A extends AttributeTable>(name: N, attributes: A) => ({ name, kind: 'dict', attributes }) as const;
const dictWith = <const N extends string, const A extends AttributeTable, const R extends keyof A & string>(name: N, required: R, attributes: A) =>
  ({ name, kind: 'dict', attributes, required: [required] }) as const;

const request = field('request', 'id');

const PASSTHRU = {
  ppt_scheme: 'string',
  ppt_serializer: 'string',
  ppt_cipher: 'string',
  ppt_keyid: 'string',
  enc_algo: 'encAlgo',
  enc_key: 'string',
  enc_serializer: 'encSerializer',
} as const;

const RESULT_ATTRIBUTES = { ...PASSTHRU, progress: 'boolean' } as const;

export const MESSAGES = {
  HELLO: {
    code: 1,
    from: 'client',
    payload: false,
    fields: [
      field('realm', 'uri'),
      dictWith('details', 'roles', {
        roles: 'roles',
        agent: 'string',
        authmethods: 'strings',
        authid: 'string',
        authrole: 'string',
        authextra: 'dict',
      }),
    ],
  },
  WELCOME: {
    code: 2,
    from: 'router',
    payload: false,
    fields: [
      field('session', 'id'),
      dictWith('details', 'roles', {
        roles: 'roles',
        agent: 'string',
        realm: 'uri',
        authid: 'string',
        authrole: 'string',
        authmethod: 'string',
        authprovider: 'string',
        authextra: 'dict',
      }),
    ],
  },
  ABORT: { code: 3, from: 'both', payload: true, fields: [dict('details', { message: 'string' }), field('reason', 'uri')] },
  CHALLENGE: { code: 4, from: 'router', payload: false, fields: [field('authmethod', 'string'), dict('extra', {})] },
  AUTHENTICATE: { code: 5, from: 'client', payload: false, fields: [field('signature', 'string'), dict('extra', {})] },
  GOODBYE: { code: 6, from: 'both', payload: false, fields: [dict('details', { message: 'string' }), field('reason', 'uri')] },
  ERROR: {
    code: 8,
    from: 'both',
    payload: true,
    fields: [field('requestType', 'requestType'), request, dict('details', PASSTHRU), field('error', 'uri')],
  },
  PUBLISH: {
    code: 16,
    from: 'client',
    payload: true,
    fields: [
      request,
      dict('options', {
        ...PASSTHRU,
        acknowledge: 'boolean',
        exclude_me: 'boolean',
        exclude: 'ids',
        exclude_authid: 'strings',
        exclude_authrole: 'strings',
        eligible: 'ids',
        eligible_authid: 'strings',
        eligible_authrole: 'strings',
        disclose_me: 'boolean',
        retain: 'boolean',
        rkey: 'string',
        transaction_hash: 'string',
        forward_for: 'forwarded',
      }),
      field('topic', 'uri'),
    ],
  },
  PUBLISHED: { code: 17, from: 'router', payload: false, fields: [request, field('publication', 'id')] },
  SUBSCRIBE: {
    code: 32,
    from: 'client',
    payload: false,
    fields: [
      request,
      dict('options', { match: MATCH_POLICIES, get_retained: 'boolean', nkey: 'string', forward_for: 'forwarded' }),
      field('topic', 'uri'),
    ],
  },
  SUBSCRIBED: { code: 33, from: 'router', payload: false, fields: [request, field('subscription', 'id')] },
  UNSUBSCRIBE: { code: 34, from: 'client', payload: false, fields: [request, field('subscription', 'id')] },
  UNSUBSCRIBED: {
    code: 35,
    from: 'router',
    payload: false,
    fields: [
      field('request', 'idOrZero'),
      { name: 'details', kind: 'dict', optional: true, attributes: { subscription: 'id', reason: 'string' } },
    ],
  },
  EVENT: {
    code: 36,
    from: 'router',
    payload: true,
    fields: [
      field('subscription', 'id'),
      field('publication', 'id'),
      dict('details', {
        ...PASSTHRU,
        topic: 'uri',
        publisher: 'id',
        publisher_authid: 'string',
        publisher_authrole: 'string',
        trustlevel: 'count',
        retained: 'boolean',
        x_acknowledged_delivery: 'boolean',
        transaction_hash: 'string',
        forward_for: 'forwarded',
      }),
    ],
  },
  CALL: {
    code: 48,
    from: 'client',
    payload: true,
    fields: [
      request,
      dict('options', {
        ...PASSTHRU,
        timeout: 'count',
        receive_progress: 'boolean',
        progress: 'boolean',
        disclose_me: 'boolean',
        rkey: 'string',
        runmode: 'string',
        transaction_hash: 'string',
        forward_for: 'forwarded',
      }),
      field('procedure', 'uri'),
    ],
  },
  CANCEL: { code: 49, from: 'client', payload: false, fields: [request, dict('options', { mode: ['skip', 'kill', 'killnowait'] })] },
  RESULT: { code: 50, from: 'router', payload: true, fields: [request, dict('details', RESULT_ATTRIBUTES)] },
  REGISTER: {
    code: 64,
    from: 'client',
    payload: false,
    fields: [
      request,
      dict('options', {
        match: MATCH_POLICIES,
        invoke: ['single', 'roundrobin', 'random', 'first', 'last'],
        disclose_caller: 'boolean',
        forward_timeout: 'boolean',
        concurrency: 'count',
        force_reregister: 'boolean',
        forward_for: 'forwarded',
      }),
      field('procedure', 'uri'),
    ],
  },
  REGISTERED: { code: 65, from: 'router', payload: false, fields: [request, field('registration', 'id')] },
  UNREGISTER: { code: 66, from: 'client', payload: false, fields: [request, field('registration', 'id')] },
  UNREGISTERED: {
    code: 67,
    from: 'router',
    payload: false,
    fields: [
      field('request', 'idOrZero'),
      { name: 'details', kind: 'dict', optional: true, attributes: { registration: 'id', reason: 'string' } },
    ],
  },
  INVOCATION: {
    code: 68,
    from: 'router',
    payload: true,
    fields: [
      request,
      field('registration', 'id'),
      dict('details', {
        ...PASSTHRU,
        procedure: 'uri',
        caller: 'id',
        caller_authid: 'string',
        caller_authrole: 'string',
        trustlevel: 'count',
        receive_progress: 'boolean',
        progress: 'boolean',
        timeout: 'count',
        transaction_hash: 'string',
        forward_for: 'forwarded',
      }),
    ],
  },
  INTERRUPT: {
    code: 69,
    from: 'router',
    payload: false,
    fields: [request, dict('options', { mode: ['skip', 'kill', 'killnowait'], reason: 'string' })],
  },
  YIELD: { code: 70, from: 'client', payload: true, fields: [request, dict('options', RESULT_ATTRIBUTES)] },
  /** Not in the specification's text, only in its test vectors: a subscriber confirms that an event has arrived. */
  EVENT_RECEIVED: { code: 337, from: 'client', payload: false, fields: [field('publication', 'id')] },
} as const satisfies Record<string, MessageSpec>;

type Table = typeof MESSAGES;
export type MessageType = keyof Table;

type FieldValue<F> = F extends { readonly attributes: infer A extends AttributeTable; readonly required: readonly (infer R)[] }
  ? Attributes<A, R & keyof A>
  : F extends { readonly attributes: infer A extends AttributeTable }
    ? Attributes<A>
    : F extends { readonly kind: infer K extends FieldKind }
      ? FieldValues[K]
      : never;

type FieldsOf<F extends readonly Field[]> = {
  readonly [E in F[number] as E extends { readonly optional: true } ? never : E['name']]: FieldValue<E>;
} & { readonly [E in F[number] as E extends { readonly optional: true } ? E['name'] : never]?: FieldValue<E> };

type Flat<T> = { [K in keyof T]: T[K] };

/** One kind of message as a plain readonly object: `type`, its fields, and `payload` where it carries one. */
export type MessageOf<T extends MessageType> = {
  [K in T]: Flat<
    { readonly type: K } & FieldsOf<Table[K]['fields']> & (Table[K]['payload'] extends true ? { readonly payload?: Payload | undefined } : object)
  >;
}[T];

/** Any WAMP message; discriminated by `type`. */
export type Message = MessageOf<MessageType>;

/** The messages that a client may send, and those that a router may send. */
export type ClientMessage = MessageOf<{ [K in MessageType]: Table[K]['from'] extends 'router' ? never : K }[MessageType]>;
export type RouterMessage = MessageOf<{ [K in MessageType]: Table[K]['from'] extends 'client' ? never : K }[MessageType]>;

const byCode = new Map<unknown, MessageType>();
for (const type of Object.keys(MESSAGES) as MessageType[]) byCode.set(MESSAGES[type].code, type);

/** The name of the message with this code; undefined when there is none. */
export function messageType(code: unknown): MessageType | undefined {
  return byCode.get(code);
}

/** The codes of the requests that an ERROR can answer. */
export const REQUEST_CODES: ReadonlySet<unknown> = new Set(
  (['PUBLISH', 'SUBSCRIBE', 'UNSUBSCRIBE', 'CALL', 'REGISTER', 'UNREGISTER', 'INVOCATION'] as const).map((type) => MESSAGES[type].code),
);
