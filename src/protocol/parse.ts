import { show } from '../base/index.ts';
import { isOfKind, misfit } from './kinds.ts';
import { type Field, type Message, type MessageSpec, type MessageType, MESSAGES, messageType } from './messages.ts';
import { type Dict, isDict, type Payload } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

/** A message from a list that a serializer has decoded whole. Throws a {@link ProtocolViolation}, as {@link parseMessage}. */
export function messageFrom(elements: unknown): Message {
  if (!Array.isArray(elements)) throw new ProtocolViolation(`frame: expected list, got ${show(elements)}`);
  const type = typeOf(elements[0]);
  const { fields, payload } = MESSAGES[type];
  const places = fields.length + 1;
  return parseMessage(
    elements,
    elements.length,
    payload && elements.length > places ? payloadFrom(type, elements[places], elements[places + 1]) : undefined,
  );
}

/** Null counts as absent, since some routers write one for what they do not have. */
function payloadFrom(type: MessageType, args: unknown, kwargs: unknown): Payload | undefined {
  const bare = args instanceof Uint8Array;
  if (!bare && !Array.isArray(args ?? []))
    throw new ProtocolViolation(`${type}.args: expected list, got ${show(args)}`);
  if (kwargs === undefined || kwargs === null) {
    if (bare) return { args: [args], kwargs: undefined, bare };
    return args ? { args: args as readonly unknown[], kwargs: undefined } : undefined;
  }
  if (bare || !isDict(kwargs)) throw misfit('dictionary', `${type}.kwargs`, show(kwargs));
  return { args: (args as readonly unknown[] | null) ?? [], kwargs };
}

/**
 * The one place where a message from outside is validated; behind it the types are true.
 *
 * `head` holds the code and the fixed places, `length` is the number of elements in the whole frame, and `payload` is
 * what the serializer found behind the fixed places. Throws a {@link ProtocolViolation} whose text names the message,
 * the field, what was expected and what came.
 */
export function parseMessage(head: readonly unknown[], length: number, payload: Payload | undefined): Message {
  const type = typeOf(head[0]);
  const spec: MessageSpec = MESSAGES[type];
  const places = spec.fields.length + 1;
  const longest = places + (spec.payload ? 2 : 0);
  if (length > longest) throw new ProtocolViolation(`${type}: expected at most ${longest} elements, got ${length}`);
  const message: Record<string, unknown> = { type };
  for (let index = 1; index < places; index++) {
    const field = spec.fields[index - 1] as Field;
    const { name, kind, optional, required } = field;
    if (index >= length) {
      if (optional) break;
      throw misfit(kind, `${type}.${name}`, 'nothing');
    }
    const value = head[index];
    if (!isOfKind(kind, value)) throw misfit(kind, `${type}.${name}`, show(value));
    if (field.attributes) checkAttributes(value as Dict, field, type);
    if (required !== undefined && !Object.hasOwn(value as Dict, required))
      throw misfit('dictionary', `${type}.${name}.${required}`, 'nothing');
    message[name] = value;
  }
  if (payload) message['payload'] = payload;
  // The table says what each place holds and the loop above has checked it.
  return message as unknown as Message;
}

function checkAttributes(dict: Dict, { name, attributes = {} }: Field, type: MessageType): void {
  for (const key in dict) {
    const kind = Object.hasOwn(attributes, key) && attributes[key];
    if (kind && !isOfKind(kind, dict[key])) throw misfit(kind, `${type}.${name}.${key}`, show(dict[key]));
  }
}

/**
 * A dictionary without the attributes that are undefined or null: some routers drop the connection for one, and which
 * only shows with a binary serializer. Returns the same object when there is nothing to leave out.
 */
export function withoutNulls(dict: Dict): Dict {
  const given = Object.entries(dict);
  const kept = given.filter(([, value]) => value !== undefined && value !== null);
  return kept.length === given.length ? dict : Object.fromEntries(kept);
}

/** The name of the message with this code, or a violation that says what came instead. */
export function typeOf(code: unknown): MessageType {
  const type = messageType(code);
  if (type === undefined)
    throw new ProtocolViolation(`message type: expected the code of a WAMP message, got ${show(code)}`);
  return type;
}
