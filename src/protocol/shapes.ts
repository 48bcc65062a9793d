import type { FIELDS } from './kinds.ts';

/**
 * The message table's inner half, all that is needed to write a message and to read it: codes and places. Who may send
 * what, and what may stand in options and details, is in `attributes.ts`; a page does not carry that.
 * Specification: Basic and Advanced Profile, "Messages".
 */

/** A place by its name, which says what stands there: one name is of one kind everywhere. */
export type FieldName = keyof typeof FIELDS;

export interface Shape {
  readonly code: number;
  readonly fields: readonly FieldName[];
  /** Does the application's payload (arguments and keyword arguments) follow the fixed places? */
  readonly payload: boolean;
}

const message = <const F extends readonly FieldName[]>(code: number, ...fields: F) =>
  ({ code, fields, payload: false }) as const;
/** A message that carries the application's payload after its fixed places. */
const carrier = <const F extends readonly FieldName[]>(code: number, ...fields: F) =>
  ({ code, fields, payload: true }) as const;

export const SHAPES = {
  HELLO: message(1, 'realm', 'details'),
  WELCOME: message(2, 'session', 'details'),
  ABORT: carrier(3, 'details', 'reason'),
  CHALLENGE: message(4, 'authmethod', 'extra'),
  AUTHENTICATE: message(5, 'signature', 'extra'),
  GOODBYE: message(6, 'details', 'reason'),
  ERROR: carrier(8, 'requestType', 'request', 'details', 'error'),
  PUBLISH: carrier(16, 'request', 'options', 'topic'),
  PUBLISHED: message(17, 'request', 'publication'),
  SUBSCRIBE: message(32, 'request', 'options', 'topic'),
  SUBSCRIBED: message(33, 'request', 'subscription'),
  UNSUBSCRIBE: message(34, 'request', 'subscription'),
  UNSUBSCRIBED: message(35, 'request', 'details'),
  EVENT: carrier(36, 'subscription', 'publication', 'details'),
  CALL: carrier(48, 'request', 'options', 'procedure'),
  CANCEL: message(49, 'request', 'options'),
  RESULT: carrier(50, 'request', 'details'),
  REGISTER: message(64, 'request', 'options', 'procedure'),
  REGISTERED: message(65, 'request', 'registration'),
  UNREGISTER: message(66, 'request', 'registration'),
  UNREGISTERED: message(67, 'request', 'details'),
  INVOCATION: carrier(68, 'request', 'registration', 'details'),
  INTERRUPT: message(69, 'request', 'options'),
  YIELD: carrier(70, 'request', 'options'),
  /** Not in the specification's text, only in its test vectors: a subscriber confirms that an event has arrived. */
  EVENT_RECEIVED: message(337, 'publication'),
} satisfies Record<string, Shape>;

export type MessageType = keyof typeof SHAPES;

/** Confirmations that a router also sends of its own accord: then `request` is 0, and details say what it takes back. */
export const isRevocation = (type: MessageType): boolean => type === 'UNSUBSCRIBED' || type === 'UNREGISTERED';

export const byCode = new Map<unknown, MessageType>();
for (const type of Object.keys(SHAPES) as MessageType[]) byCode.set(SHAPES[type].code, type);

/** The name of the message with this code; undefined when there is none. */
export function messageType(code: unknown): MessageType | undefined {
  return byCode.get(code);
}
