import { type AttributeTable, type Rule, RULES, type Sender } from './attributes.ts';
import { FIELDS, type KindValue, type KindValues } from './kinds.ts';
import type { Payload } from './payload.ts';
import { type FieldName, isRevocation, type MessageType, SHAPES } from './shapes.ts';

/**
 * The message table: everything that is known of a WAMP message, once. Codes, TypeScript types, validation with its
 * texts, encoding and the permitted direction all follow from `SHAPES` and `RULES`, which meet here.
 * Specification: Basic and Advanced Profile, "Messages".
 */

/** One of the fixed places of a message. */
export interface Field {
  readonly name: FieldName;
  readonly kind: keyof KindValues;
  readonly optional: boolean;
  /** Of options and details: what is predefined in them. */
  readonly attributes?: AttributeTable;
  /** The one attribute that has to be there. */
  readonly required?: string;
}

export interface MessageSpec {
  readonly code: number;
  readonly from: Sender;
  readonly fields: readonly Field[];
  /** Does the application's payload (arguments and keyword arguments) follow the fixed places? */
  readonly payload: boolean;
}

function specOf(type: MessageType): MessageSpec {
  const { from, ...rule }: Rule = RULES[type];
  const { code, fields, payload } = SHAPES[type];
  const revocation = isRevocation(type);
  return {
    code,
    from,
    payload,
    fields: fields.map((name) => {
      const kind = name === 'request' && revocation ? 'id or 0' : FIELDS[name];
      const field = { name, kind, optional: name === 'details' && revocation } as const;
      return name === 'details' || name === 'options' ? { ...field, ...rule } : field;
    }),
  };
}

const TYPES = Object.keys(SHAPES) as MessageType[];

export const MESSAGES = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ TYPES.map((type) => [type, specOf(type)]),
) as Readonly<Record<MessageType, MessageSpec>>;

type Shapes = typeof SHAPES;
type Rules = typeof RULES;

type Flat<T> = { [K in keyof T]: T[K] };

/** Options or details: the predefined ones with their types, the required one not optional, and any others. */
type Attributes<A extends AttributeTable, Required> = {
  readonly [K in Exclude<keyof A, Required>]?: KindValue<A[K]>;
} & { readonly [K in keyof A & Required]: KindValue<A[K]> } & { readonly [other: string]: unknown };

type FieldValue<T extends MessageType, F extends FieldName> = F extends 'details' | 'options'
  ? Attributes<Rules[T]['attributes'], Rules[T] extends { readonly required: infer R } ? R : never>
  : KindValues[(typeof FIELDS)[F]];

/** In a revocation's message details are there, otherwise not. */
type Optional<T extends MessageType> = T extends 'UNSUBSCRIBED' | 'UNREGISTERED' ? 'details' : never;

/** One kind of message as a plain readonly object: `type`, its fields, and `payload` where it carries one. */
export type MessageOf<T extends MessageType> = {
  [K in T]: Flat<
    { readonly type: K } & {
      readonly [F in Exclude<Shapes[K]['fields'][number], Optional<K>>]: FieldValue<K, F>;
    } & { readonly [F in Optional<K>]?: FieldValue<K, F> } & (Shapes[K]['payload'] extends true
        ? { readonly payload?: Payload | undefined }
        : object)
  >;
}[T];

/** Any WAMP message; discriminated by `type`. */
export type Message = MessageOf<MessageType>;

/** The messages that a client may send, and those that a router may send. */
export type ClientMessage = MessageOf<
  { [K in MessageType]: Rules[K]['from'] extends 'router' ? never : K }[MessageType]
>;
export type RouterMessage = MessageOf<
  { [K in MessageType]: Rules[K]['from'] extends 'client' ? never : K }[MessageType]
>;
