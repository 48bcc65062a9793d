import { Encoder } from 'cbor-x';
import { Packr } from 'msgpackr';

export type SerializerId = 'json' | 'msgpack' | 'cbor';

/** What becomes of the client: it goes on, or its session ends, and why. */
export type Fate = 'lives' | 'protocol_violation' | 'connection_lost' | 'aborted' | 'closed' | 'usage' | 'timeout';

export interface HostileCase {
  readonly name: string;
  /** In the place of WELCOME, or in a session with much under way. */
  readonly when: 'opening' | 'session';
  readonly fate: Fate;
  /** Where it is another one in JSON. */
  readonly fateInJson?: Fate;
  /** Messages as plain lists. */
  readonly messages?: readonly unknown[];
  /** Or frames as they are. */
  readonly frames?: (id: SerializerId) => readonly (string | Uint8Array)[];
  /** Or octets for the TCP connection below. */
  readonly octets?: readonly number[];
}

/** Ids that are in use when a hostile message comes: see `victim.ts`. */
export const ids = { subscription: 10, registration: 20, call: 3, publish: 4, subscribe: 5, register: 6 } as const;

export const roles = { broker: { features: {} }, dealer: { features: { call_canceling: true } } };

const packr = new Packr({ useRecords: false, moreTypes: false, encodeUndefinedAsNil: true });
const encoder = new Encoder({ useRecords: false, tagUint8Array: false });

/** Writes whatever it is given, as no proper serializer would. */
export function encode(id: SerializerId, value: unknown): string | Uint8Array {
  if (id === 'json') return JSON.stringify(value);
  return new Uint8Array(id === 'msgpack' ? packr.pack(value) : encoder.encode(value));
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const repeated = (octet: number, times: number): Uint8Array => new Uint8Array(times).fill(octet);
/** EVENT of the subscription with one argument, given in the serializer's own form. */
const eventWith = (argument: Readonly<Record<SerializerId, string>>) => (id: SerializerId) =>
  id === 'json'
    ? [`[36,10,1,{},[${argument.json}]]`]
    : [hex(`${id === 'msgpack' ? '95 24 0a 01 80 91' : '85 1824 0a 01 a0 81'} ${argument[id]}`)];

const bad = 'protocol_violation';
type Rows = readonly (readonly [name: string, fate: Fate, ...messages: unknown[]])[];
const rows = (when: HostileCase['when'], list: Rows): HostileCase[] =>
  list.map(([name, fate, ...messages]) => ({ name, when, fate, messages }));

const opening = rows('opening', [
  ['WELCOME without details', bad, [2, 1]],
  ['WELCOME with text as its id', bad, [2, '1', { roles }]],
  ['WELCOME with 0 as its id', bad, [2, 0, { roles }]],
  ['WELCOME with a negative id', bad, [2, -1, { roles }]],
  ['WELCOME with half an id', bad, [2, 1.5, { roles }]],
  ['WELCOME with an id beyond 2^53', bad, [2, 2 ** 53 + 2, { roles }]],
  ['WELCOME with null as its id', bad, [2, null, { roles }]],
  ['WELCOME with a list as details', bad, [2, 1, []]],
  ['WELCOME with null as details', bad, [2, 1, null]],
  ['WELCOME without roles', bad, [2, 1, {}]],
  ['WELCOME with a list of roles', bad, [2, 1, { roles: ['broker', 'dealer'] }]],
  ['WELCOME with roles that are no dictionaries', 'lives', [2, 1, { roles: { broker: true } }]],
  ['WELCOME with features that are numbers', 'lives', [2, 1, { roles: { broker: { features: { x: 1 } } } }]],
  ['WELCOME with a number as authid', bad, [2, 1, { roles, authid: 7 }]],
  ['WELCOME with too many places', bad, [2, 1, { roles }, 4, 5, 6]],
  ['WELCOME by a method that nobody asked for', 'lives', [2, 1, { roles, authmethod: 'ticket' }]],
  ['the type as text', bad, ['2', 1, { roles }]],
  ['HELLO', bad, [1, 'realm1', { roles: { caller: {} } }]],
  ['AUTHENTICATE', bad, [5, 'x', {}]],
  ['EVENT before WELCOME', bad, [36, 10, 1, {}, [1]]],
  ['RESULT before WELCOME', bad, [50, 1, {}, [1]]],
  ['INVOCATION before WELCOME', bad, [68, 1, 20, {}]],
  ['GOODBYE before WELCOME', bad, [6, {}, 'wamp.close.normal']],
  ['ERROR before WELCOME', bad, [8, 48, 1, {}, 'a.b']],
  ['CHALLENGE for a method that was not offered', 'usage', [4, 'ticket', {}]],
  ['CHALLENGE for a method called constructor', 'usage', [4, 'constructor', {}]],
  ['CHALLENGE without a method', bad, [4, {}]],
  ['CHALLENGE with text as extra', bad, [4, 'slow', 'x']],
  ['one CHALLENGE after the other, and nothing more', 'timeout', ...Array.from({ length: 50 }, () => [4, 'slow', {}])],
  ['nothing at all', 'timeout'],
  ['ABORT without a reason', bad, [3, {}]],
  ['ABORT with a number as reason', bad, [3, {}, 5]],
  ['ABORT', 'aborted', [3, { message: 'no' }, 'wamp.error.no_such_realm']],
  ['ABORT with arguments', 'aborted', [3, {}, 'wamp.error.no_such_realm', [1], { a: 1 }]],
  ['ABORT twice, then WELCOME', 'aborted', [3, {}, 'a.b'], [3, {}, 'a.b'], [2, 1, { roles }]],
]);

const session = rows('session', [
  // Answers
  ['RESULT for the request constructor', bad, [50, 'constructor', {}, [1]]],
  ['RESULT for the request __proto__', bad, [50, '__proto__', {}, [1]]],
  ['RESULT for a request that was never sent', bad, [50, 999, {}, [1]]],
  ['RESULT for a negative request', bad, [50, -1, {}, [1]]],
  ['RESULT for the request 0', bad, [50, 0, {}, [1]]],
  ['RESULT for half a request', bad, [50, 3.5, {}, [1]]],
  ['RESULT for another kind of request', bad, [50, ids.publish, {}, [1]]],
  ['RESULT for a request that is answered', 'lives', [50, 1, {}, [1]]],
  ['RESULT twice', 'lives', [50, ids.call, {}, [1]], [50, ids.call, {}, [2]]],
  ['RESULT with a dictionary as arguments', bad, [50, ids.call, {}, { a: 1 }]],
  ['RESULT with text as arguments', bad, [50, ids.call, {}, 'abc']],
  ['RESULT with a list as keyword arguments', bad, [50, ids.call, {}, [], []]],
  ['RESULT with too many places', bad, [50, ids.call, {}, [], {}, 6]],
  ['RESULT with a list as details', bad, [50, ids.call, [], [1]]],
  ['RESULT with null as details', bad, [50, ids.call, null, [1]]],
  ['RESULT without details', bad, [50, ids.call]],
  [
    'RESULT in parts that nobody asked for',
    'lives',
    ...[1, 2, 3].map((part) => [50, ids.call, { progress: true }, [part]]),
  ],
  ['RESULT with 1 for true', bad, [50, ids.call, { progress: 1 }, [1]]],
  ['RESULT that looks like a promise', 'lives', [50, ids.call, {}, JSON.parse('[{"then":"now","catch":1}]')]],
  ['RESULT with the names of methods', 'lives', [50, ids.call, {}, [], JSON.parse('{"__proto__":{"x":1},"toJSON":1}')]],
  ['ERROR for a type that does not exist', bad, [8, 999, ids.call, {}, 'a.b']],
  ['ERROR for another type than was sent', bad, [8, 16, ids.call, {}, 'a.b']],
  ['ERROR for a request that was never sent', bad, [8, 48, 999, {}, 'a.b']],
  ['ERROR with a number as URI', bad, [8, 48, ids.call, {}, 5]],
  ['ERROR without a URI', bad, [8, 48, ids.call, {}]],
  ['ERROR with details that are a list', bad, [8, 48, ids.call, [], 'a.b']],
  ['ERROR with a URI that is none', 'lives', [8, 48, ids.call, {}, 'Bad Error']],
  ['PUBLISHED without an id', bad, [17, ids.publish]],
  ['PUBLISHED for a CALL', bad, [17, ids.call, 5]],
  ['SUBSCRIBED with null as its id', bad, [33, ids.subscribe, null]],
  ['SUBSCRIBED for a request that was never sent', bad, [33, 999, 5]],
  ['SUBSCRIBED with the id of another topic', 'lives', [33, ids.subscribe, ids.subscription]],
  ['REGISTERED with the id of another procedure', 'lives', [65, ids.register, ids.registration]],
  ['REGISTERED for a SUBSCRIBE', bad, [65, ids.subscribe, 5]],
  ['UNSUBSCRIBED that nobody asked for', bad, [35, 999]],
  ['UNREGISTERED that nobody asked for', bad, [67, 999]],
  ['UNSUBSCRIBED of a subscription that is not there', 'lives', [35, 0, { subscription: 999 }]],
  ['UNREGISTERED of a registration that is not there', 'lives', [67, 0, { registration: 999, reason: 'a.b' }]],
  ['UNSUBSCRIBED of nothing', 'lives', [35, 0, {}]],
  ['UNREGISTERED with text as id', bad, [67, 0, { registration: 'constructor' }]],
  // Events and invocations
  ['EVENT of a subscription that is not there', 'lives', [36, 999, 1, {}, [1]]],
  ['EVENT of the subscription constructor', bad, [36, 'constructor', 1, {}, [1]]],
  ['EVENT with text as publication', bad, [36, ids.subscription, 'x', {}, [1]]],
  ['EVENT with null as details', bad, [36, ids.subscription, 1, null, [1]]],
  ['EVENT with a dictionary as arguments', bad, [36, ids.subscription, 1, {}, { a: 1 }]],
  ['EVENT with a number as topic', bad, [36, ids.subscription, 1, { topic: 5 }, [1]]],
  ['EVENT with text as publisher', bad, [36, ids.subscription, 1, { publisher: 'root' }, [1]]],
  ['EVENT without details', bad, [36, ids.subscription, 1]],
  ['EVENT over which the handler stumbles', 'lives', [36, ids.subscription, 1, {}, ['stumble']]],
  ['EVENT with the names of methods', 'lives', [36, ids.subscription, 1, {}, [], JSON.parse('{"__proto__":{"x":1}}')]],
  [
    'a thousand EVENTs at once',
    'lives',
    ...Array.from({ length: 1000 }, (_, at) => [36, ids.subscription, at + 1, {}, [at]]),
  ],
  ['INVOCATION of a registration that is not there', 'lives', [68, 1, 999, {}, [1]]],
  ['INVOCATION of the registration toString', bad, [68, 1, 'toString', {}, [1]]],
  [
    'INVOCATION twice under one id',
    'lives',
    [68, 1, ids.registration, {}, ['wait']],
    [68, 1, ids.registration, {}, ['wait']],
  ],
  ['INVOCATION with a list as details', bad, [68, 1, ids.registration, [], [1]]],
  ['INVOCATION with text as arguments', bad, [68, 1, ids.registration, {}, 'x']],
  ['INVOCATION over which the handler stumbles', 'lives', [68, 1, ids.registration, {}, ['stumble']]],
  ['INVOCATION with text as caller', bad, [68, 1, ids.registration, { caller: 'root' }, [1]]],
  ['INTERRUPT of an invocation that is not there', 'lives', [69, 999, {}]],
  ['INTERRUPT twice', 'lives', [68, 1, ids.registration, {}, ['wait']], [69, 1, {}], [69, 1, { mode: 'kill' }]],
  ['INTERRUPT with a mode that does not exist', 'lives', [69, 1, { mode: 'destroy' }]],
  ['INTERRUPT without options', bad, [69, 1]],
  // What is not for a session that is open, or not for a client
  ['WELCOME twice', bad, [2, 2, { roles }]],
  ['CHALLENGE in a session', bad, [4, 'ticket', {}]],
  ['HELLO in a session', bad, [1, 'realm1', { roles: { caller: {} } }]],
  ['CALL from a router', bad, [48, 1, {}, 'a.b']],
  ['PUBLISH from a router', bad, [16, 1, {}, 'a.b']],
  ['SUBSCRIBE from a router', bad, [32, 1, {}, 'a.b']],
  ['REGISTER from a router', bad, [64, 1, {}, 'a.b']],
  ['YIELD from a router', bad, [70, 1, {}]],
  ['CANCEL from a router', bad, [49, 1, {}]],
  ['GOODBYE without a reason', bad, [6, {}]],
  ['GOODBYE with a number as reason', bad, [6, {}, 1]],
  ['GOODBYE', 'closed', [6, {}, 'wamp.close.normal']],
  ['GOODBYE twice, then an EVENT', 'closed', [6, {}, 'a.b'], [6, {}, 'a.b'], [36, ids.subscription, 1, {}, [1]]],
  ['ABORT in a session', 'aborted', [3, {}, 'wamp.error.not_authorized']],
  // Types
  ['a type that does not exist', bad, [999, 1, {}]],
  ['a negative type', bad, [-1]],
  ['half a type', bad, [50.5, ids.call, {}]],
  ['null as type', bad, [null, 1]],
  ['a list as type', bad, [[50], ids.call, {}]],
  ['a dictionary as type', bad, [{ toString: 'x' }]],
  ['a type called constructor', bad, ['constructor', 1, {}]],
  ['a message within a message', bad, [[50, ids.call, {}, [1]]]],
]);

/** What is no message at all. */
const noMessages: readonly (readonly [string, Fate, NonNullable<HostileCase['frames']>, Fate?])[] = [
  ['no message but text', bad, (id) => [id === 'json' ? 'hello' : hex('a5 68 65 6c 6c 6f')]],
  ['nothing', bad, (id) => [id === 'json' ? '' : new Uint8Array()]],
  ['null', bad, (id) => [encode(id, null)]],
  ['a number', bad, (id) => [encode(id, 42)]],
  ['a text', bad, (id) => [encode(id, 'WELCOME')]],
  ['true', bad, (id) => [encode(id, true)]],
  ['a dictionary', bad, (id) => [encode(id, { 0: 50, 1: 3, 2: {} })]],
  ['an empty list', bad, (id) => [encode(id, [])]],
  ['a message that is cut short', bad, (id) => [encode(id, [50, ids.call, {}, ['x'.repeat(50)]]).slice(0, 40)]],
  ['two messages in one frame', bad, (id) => [twice(encode(id, [36, ids.subscription, 1, {}, [1]]))]],
  ['a frame of the other kind', bad, (id) => (id === 'json' ? [hex('93 32 03 80')] : ['[50,3,{}]'])],
  ['random octets', bad, (id) => [id === 'json' ? '\u0000\u0001\u0002\u0003[' : hex('de ad be ef de ad be ef')]],
  [
    'fifty thousand lists in each other',
    bad,
    (id) => [id === 'json' ? '['.repeat(50_000) : repeated(id === 'msgpack' ? 0x91 : 0x81, 50_000)],
  ],
  [
    'an EVENT nested a hundred levels deep',
    bad,
    eventWith({
      json: `${'['.repeat(100)}${']'.repeat(100)}`,
      msgpack: `${'91'.repeat(99)} 90`,
      cbor: `${'81'.repeat(99)} 80`,
    }),
    // A client bounds only what it sends: the engine's own parser takes it.
    'lives',
  ],
  [
    'four thousand million elements announced',
    bad,
    eventWith({ json: '1'.repeat(400).concat(','), msgpack: 'dd ffffffff', cbor: '9a ffffffff' }),
  ],
  ['text that is none', bad, eventWith({ json: '"\\x"', msgpack: 'a2 c3 28', cbor: '62 c3 28' })],
  ['what the codec would make more of', bad, eventWith({ json: 'undefined', msgpack: 'd4 72 40', cbor: 'd9 0102 80' })],
  [
    'a value that contains itself',
    bad,
    eventWith({ json: '{{}}', msgpack: 'd6 69 00000001 91 d6 70 00000001', cbor: 'd8 1c 81 d8 1d 00' }),
  ],
  ['a key that is no text', bad, eventWith({ json: '{1:2}', msgpack: '81 01 02', cbor: 'a1 01 02' })],
  [
    'a key twice',
    'lives',
    eventWith({ json: '{"a":1,"a":2}', msgpack: '82 a161 01 a161 02', cbor: 'a2 6161 01 6161 02' }),
  ],
];
const frames: HostileCase[] = noMessages.flatMap(([name, fate, make, fateInJson = fate]) => [
  { name: `${name}, in a session`, when: 'session', fate, fateInJson, frames: make },
  // Nothing of the kind opens a session.
  { name: `${name}, for WELCOME`, when: 'opening', fate: bad, frames: make },
]);

/** What WebSockets themselves do not allow (RFC 6455). */
const octets: HostileCase[] = (
  [
    ['a frame with a mask, from a server', [0x81, 0x81, 1, 2, 3, 4, 5]],
    ['a frame with a reserved bit', [0xf1, 0x00]],
    ['a frame of a reserved kind', [0x83, 0x00]],
    ['a PING that is too long', [0x89, 0x7e, 0x00, 0xff]],
    ['a PING in parts', [0x09, 0x00]],
    ['a continuation of nothing', [0x80, 0x01, 0x61]],
    ['text that is no UTF-8', [0x81, 0x02, 0xc3, 0x28]],
    ['a frame of 2^63 octets', [0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a CLOSE of one octet', [0x88, 0x01, 0x03]],
    ['a CLOSE with a code that does not exist', [0x88, 0x02, 0x00, 0x01]],
    ['a CLOSE', [0x88, 0x02, 0x03, 0xe8]],
    ['HTTP', [...Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]],
  ] as const
).flatMap(([name, bytes]) => [
  { name: `${name}, in a session`, when: 'session', fate: 'connection_lost', octets: bytes },
  { name: `${name}, for WELCOME`, when: 'opening', fate: 'connection_lost', octets: bytes },
]);

export const cases: readonly HostileCase[] = [...opening, ...session, ...frames, ...octets];

function twice(frame: string | Uint8Array): string | Uint8Array {
  return typeof frame === 'string' ? frame + frame : Uint8Array.of(...frame, ...frame);
}
