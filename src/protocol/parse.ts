import { show } from '../base/index.ts';
import { checkAttributes } from './attributes.ts';
import { isId } from './ids.ts';
import { type Field, type FieldKind, type Message, type MessageSpec, type MessageType, MESSAGES, messageType, REQUEST_CODES } from './messages.ts';
import { type Dict, isDict, type Payload } from './payload.ts';
import { ProtocolViolation } from './violation.ts';

const KINDS: Record<FieldKind, { readonly expected: string; readonly test: (value: unknown) => boolean }> = {
  id: { expected: 'an id (an integer from 1 to 2^53)', test: isId },
  idOrZero: { expected: 'an id or 0', test: (value) => value === 0 || isId(value) },
  requestType: { expected: 'the code of a request message', test: (value) => REQUEST_CODES.has(value) },
  uri: { expected: 'a URI', test: (value) => typeof value === 'string' },
  string: { expected: 'a string', test: (value) => typeof value === 'string' },
  dict: { expected: 'a dictionary', test: isDict },
};

/**
 * The one place where a message from outside is validated; behind it the types are true.
 *
 * `head` holds the code and the fixed places, `length` is the number of elements in the whole frame, and `payload` is
 * what the serializer found behind the fixed places. Throws a {@link ProtocolViolation} whose text names the message,
 * the field, what was expected and what came.
 */
export function parseMessage(head: readonly unknown[], length: number, payload?: Payload): Message {
  const type = typeOf(head[0]);
  const spec: MessageSpec = MESSAGES[type];
  const fields = spec.fields;
  const longest = fields.length + 1 + (spec.payload ? 2 : 0);
  if (length > longest) throw new ProtocolViolation(`${type}: expected at most ${longest} elements, got ${length}`);
  const message: Record<string, unknown> = { type };
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as Field;
    if (index + 1 >= length) {
      if (field.optional) continue;
      throw new ProtocolViolation(`${type}.${field.name}: expected ${KINDS[field.kind].expected}, got nothing (the message has ${length} elements)`);
    }
    const value = head[index + 1];
    if (!KINDS[field.kind].test(value)) throw new ProtocolViolation(`${type}.${field.name}: expected ${KINDS[field.kind].expected}, got ${show(value)}`);
    if (field.attributes) checkAttributes(value as Dict, field.attributes, `${type}.${field.name}`, field.required);
    message[field.name] = value;
  }
  if (payload) message['payload'] = payload;
  // The table says what each place holds and the loop above has checked it.
  return message as unknown as Message;
}

/** The parts of a message for the wire: its code and fixed places in order, without the payload. */
export function headOf(message: Message): unknown[] {
  const { code, fields } = MESSAGES[message.type] as MessageSpec;
  const head: unknown[] = [code];
  const values = message as unknown as Record<string, unknown>;
  for (const { name, kind } of fields) {
    const value = values[name];
    if (value === undefined) break;
    head.push(kind === 'dict' ? withoutNulls(value as Dict) : value);
  }
  return head;
}

/**
 * A dictionary without the attributes that are undefined or null, also inside it: some routers drop the connection for
 * one, and which only shows with a binary serializer. Returns the same object when there is nothing to leave out.
 */
export function withoutNulls(dict: Dict): Dict {
  let clean = dict;
  for (const key in dict) {
    const value = dict[key];
    const kept = value === null || value === undefined ? undefined : isDict(value) ? withoutNulls(value) : value;
    if (kept === value && kept !== undefined) continue;
    if (clean === dict) clean = Object.assign(Object.create(null) as object, dict) as Dict;
    if (kept === undefined) delete (clean as Record<string, unknown>)[key];
    else (clean as Record<string, unknown>)[key] = kept;
  }
  return clean;
}

/** The name of the message with this code, or a violation that says what came instead. */
export function typeOf(code: unknown): MessageType {
  const type = messageType(code);
  if (type === undefined) throw new ProtocolViolation(`message type: expected the code of a WAMP message, got ${show(code)}`);
  return type;
}
