import { FIELDS, KINDS, misfit } from './kinds.ts';
import type { Message } from './messages.ts';
import { type Dict, isDict, type Payload } from './payload.ts';
import { byCode, isRevocation, type MessageType, SHAPES } from './shapes.ts';
import { ProtocolViolation } from './violation.ts';

/** Looks at the options or details (`place`) of a message, and throws a {@link ProtocolViolation} if something is wrong in them. */
export type AttributeCheck = (type: MessageType, place: string, dict: Dict) => void;

/** What a client reads of details. By name alone: in all that a router sends, one name is of one kind. */
const READ = {
  publisher: 'id',
  caller: 'id',
  subscription: 'id',
  registration: 'id',
  realm: 'URI',
  topic: 'URI',
  procedure: 'URI',
  authid: 'string',
  authrole: 'string',
  authmethod: 'string',
  authprovider: 'string',
  agent: 'string',
  publisher_authid: 'string',
  publisher_authrole: 'string',
  caller_authid: 'string',
  caller_authrole: 'string',
  reason: 'string',
  message: 'string',
  authextra: 'dictionary',
  roles: 'dictionary',
  retained: 'boolean',
  progress: 'boolean',
  receive_progress: 'boolean',
  timeout: 'non-negative integer',
  trustlevel: 'non-negative integer',
} as const satisfies Record<string, keyof typeof KINDS>;

/** For clients: what they never look at may be anything. */
function checkRead(type: MessageType, place: string, dict: Dict): void {
  for (const key in dict) {
    const kind = Object.hasOwn(READ, key) && READ[key as keyof typeof READ];
    if (kind && !KINDS[kind](dict[key])) throw misfit(kind, `${type}.${place}.${key}`, dict[key]);
  }
  if (type === 'WELCOME' && !dict['roles']) throw misfit('dictionary', `${type}.${place}.roles`);
}

/** A message from a list that a serializer has decoded whole. Throws a {@link ProtocolViolation}, as {@link parseMessage}. */
export function messageFrom(elements: unknown): Message {
  if (!Array.isArray(elements)) throw misfit('list', 'frame', elements);
  const type = typeOf(elements[0]);
  const { fields, payload } = SHAPES[type];
  const places = fields.length + 1;
  return parseMessage(
    elements,
    elements.length,
    payload && elements.length > places ? payloadFrom(type, elements[places], elements[places + 1]) : undefined,
    checkRead,
  );
}

/** Null counts as absent, since some routers write one for what they do not have. */
function payloadFrom(type: MessageType, args: unknown, kwargs: unknown): Payload | undefined {
  const bare = args instanceof Uint8Array;
  if (!bare && !Array.isArray(args ?? [])) throw misfit('list', `${type}.args`, args);
  if (kwargs === undefined || kwargs === null) {
    if (bare) return { args: [args], kwargs: undefined, bare };
    return args ? { args: args as readonly unknown[], kwargs: undefined } : undefined;
  }
  if (bare || !isDict(kwargs)) throw misfit('dictionary', `${type}.kwargs`, kwargs);
  return { args: (args as readonly unknown[] | null) ?? [], kwargs };
}

/**
 * The one place where a message from outside is validated; behind it the types are true.
 *
 * `head` holds the code and the fixed places, `length` is the number of elements in the whole frame, and `payload` is
 * what the serializer found behind the fixed places. Throws a {@link ProtocolViolation} whose text names the message,
 * the field, what was expected and what came.
 */
// One more than elsewhere: what a frame is made of, and who looks at it.
// oxlint-disable-next-line max-params
export function parseMessage(
  head: readonly unknown[],
  length: number,
  payload: Payload | undefined,
  check: AttributeCheck,
): Message {
  const type = typeOf(head[0]);
  const { fields, payload: carriesPayload } = SHAPES[type];
  const longest = fields.length + (carriesPayload ? 3 : 1);
  if (length > longest) throw new ProtocolViolation(`${type}: expected at most ${longest} elements, got ${length}`);
  const message: Record<string, unknown> = { type };
  let at = 0;
  for (const name of fields) {
    const value = head[++at];
    const kind = FIELDS[name];
    if (KINDS[kind](value)) {
      message[name] = value;
      if (name === 'details' || name === 'options') check(type, name, value as Dict);
    } else if (value === 0 && name === 'request' && isRevocation(type)) message[name] = value;
    else if (at < length || name !== 'details' || !isRevocation(type)) throw misfit(kind, `${type}.${name}`, value);
  }
  if (payload) message['payload'] = payload;
  // The table says what each place holds and the loop above has checked it.
  return message as unknown as Message;
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
  const type = byCode.get(code);
  if (!type) throw misfit('the code of a WAMP message', 'message type', code);
  return type;
}
