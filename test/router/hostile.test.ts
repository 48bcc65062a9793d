import { type Frame, framed, type Serializer, type Transport } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { errorUris, type Message, MESSAGES } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { fromHex, written } from '../serializers/codecs.ts';
import { Peer } from './peer.ts';

/** What a client writes that means no good, and how it is read back what it gets. */
interface Dialect {
  readonly wire: () => Serializer;
  readonly read: Serializer;
  readonly write: (value: unknown) => Frame;
  /** What cannot be written by a codec: frames as they are, by what is wrong with them. */
  readonly broken: Readonly<Record<string, Frame>>;
}

/** In place of a HELLO. */
const NOTHING = Symbol('nothing');
const ROLES = { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} } };
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};
/** One octet that opens a list of one, many times. */
const opening = (octet: number, times: number): Uint8Array => new Uint8Array(times).fill(octet);

const dialects: Readonly<Record<string, Dialect>> = {
  JSON: {
    wire: jsonWire,
    read: jsonWire(),
    write: (value) => JSON.stringify(value),
    broken: {
      'no JSON': 'hello',
      'nothing at all': '',
      'half a message': '[48,1,{},"a.',
      'a number that is none': '[48,1,{},"a.b",[NaN]]',
      'text behind a message': '[48,1,{},"a.b"] []',
      '100,000 levels': '['.repeat(100_000),
      'octets instead of text': new Uint8Array([0x5b, 0x31, 0x5d]),
    },
  },
  MessagePack: {
    wire: msgpackWire,
    read: msgpack(),
    write: written.msgpack,
    broken: {
      'no MessagePack': fromHex('c1'),
      'nothing at all': new Uint8Array(),
      'half a message': fromHex('94 30 01 80 a3 61'),
      'a list of four thousand millions': fromHex('dd ff ff ff ff'),
      'a text of four thousand millions': fromHex('94 30 01 80 db ff ff ff ff'),
      'an extension': fromHex('95 30 01 80 a3 61 2e 62 91 d4 72 40'),
      'a key that is a number': fromHex('94 30 01 81 01 02 a3 61 2e 62'),
      'octets behind a message': fromHex('94 30 01 80 a3 61 2e 62 00'),
      'text that is no UTF-8': fromHex('94 30 01 80 a3 61 ff 62'),
      '100,000 levels': opening(0x91, 100_000),
      'text instead of octets': '[48,1,{},"a.b"]',
    },
  },
  CBOR: {
    wire: cborWire,
    read: cbor(),
    write: written.cbor,
    broken: {
      'no CBOR': fromHex('ff'),
      'nothing at all': new Uint8Array(),
      'half a message': fromHex('84 18 30 01 a0 63 61'),
      'a list of four thousand millions': fromHex('9a ff ff ff ff'),
      'a list that never ends': fromHex('9f 18 30'),
      'a tag': fromHex('85 18 30 01 a0 63 61 2e 62 81 c2 41 01'),
      'a key that is a number': fromHex('84 18 30 01 a1 01 02 63 61 2e 62'),
      'octets behind a message': fromHex('84 18 30 01 a0 63 61 2e 62 00'),
      'text that is no UTF-8': fromHex('84 18 30 01 a0 63 61 ff 62'),
      '100,000 levels': opening(0x81, 100_000),
      'text instead of octets': '[48,1,{},"a.b"]',
    },
  },
};

/** What ends a session, whoever sends it. */
const VIOLATIONS: Readonly<Record<string, unknown>> = {
  'no list': {},
  'an empty list': [],
  'an unknown type': [999, 1],
  'a type as text': ['48', 1, {}, 'a.b'],
  null: null,
  'HELLO again': [1, 'realm1', ROLES],
  AUTHENTICATE: [5, 'signature', {}],
  WELCOME: [2, 1, ROLES],
  RESULT: [50, 1, {}],
  EVENT: [36, 1, 1, {}],
  INVOCATION: [68, 1, 1, {}],
  'ERROR of an unknown kind': [8, 999, 1, {}, 'a.b'],
  'ERROR for nothing that was asked': [8, 68, 1, {}, 'a.b'],
  'YIELD for nothing that was asked': [70, 1, {}],
  'id 0': [48, 0, {}, 'a.b'],
  'id -1': [48, -1, {}, 'a.b'],
  'id 1.5': [48, 1.5, {}, 'a.b'],
  'an id beyond 2^53': [48, 2 ** 53 + 2, {}, 'a.b'],
  'an id as text': [48, '1', {}, 'a.b'],
  'options that are a list': [32, 1, [], 'a.b'],
  'options that are null': [32, 1, null, 'a.b'],
  'a topic that is a number': [32, 1, {}, 5],
  'too short': [32, 1, {}],
  'too long': [34, 1, 1, 1, 1],
  'arguments that are a dictionary': [48, 1, {}, 'a.b', {}],
  'keyword arguments that are a list': [48, 1, {}, 'a.b', [], []],
  'a match policy that there is not': [32, 1, { match: 'regex' }, 'a.b'],
  'an invocation policy that there is not': [64, 1, { invoke: 'x' }, 'a.b'],
  'a number for a boolean': [16, 1, { acknowledge: 1 }, 'a.b'],
  'a list of texts where ids belong': [16, 1, { eligible: ['constructor'] }, 'a.b'],
  '65 levels of arguments': [48, 1, {}, 'a.b', nested(65)],
  '65 levels of options': [48, 1, { x: nested(65) }, 'a.b'],
};

/** Requests that fail alone: with the code of the request and the URI of the error. The session lives on. */
const REFUSED: Readonly<Record<string, readonly [message: readonly unknown[], error: string]>> = {
  'SUBSCRIBE to nothing': [[32, 1, {}, ''], errorUris.invalidUri],
  'SUBSCRIBE with an empty part': [[32, 1, {}, 'a..b'], errorUris.invalidUri],
  'SUBSCRIBE with a space': [[32, 1, {}, 'a b'], errorUris.invalidUri],
  'SUBSCRIBE with a #': [[32, 1, {}, 'a.#b'], errorUris.invalidUri],
  'SUBSCRIBE with 200,000 characters': [[32, 1, {}, 'a'.repeat(200_000)], errorUris.invalidUri],
  'SUBSCRIBE with 5,000 gaps': [[32, 1, { match: 'wildcard' }, '.'.repeat(5000)], errorUris.invalidUri],
  'REGISTER of a part of the protocol': [[64, 1, {}, 'wamp.session.count'], errorUris.invalidUri],
  'PUBLISH of a part of the protocol': [
    [16, 1, { acknowledge: true }, 'wamp.session.on_join', [{}]],
    errorUris.invalidUri,
  ],
  'CALL of what an object has': [[48, 1, {}, 'toString'], errorUris.noSuchProcedure],
  'CALL of what every object has': [[48, 1, {}, '__proto__'], errorUris.noSuchProcedure],
  "UNSUBSCRIBE of another's": [[34, 1, 1], errorUris.noSuchSubscription],
  "UNREGISTER of another's": [[66, 1, 1], errorUris.noSuchRegistration],
};

describe.each(Object.entries(dialects))('hostile input in %s', (_, { wire, read, write, broken }) => {
  /** A router with somebody who goes on with their work, and a visitor. */
  const scene = (hello: unknown = [1, 'realm1', ROLES]) => {
    const failures: Error[] = [];
    const clock = fakeClock();
    const router = new Router({ clock, goodbyeTimeout: 1000, onError: (error) => void failures.push(error) });
    const bystander = new Peer(router);
    bystander.subscribe('by.stander');
    bystander.register('by.stander');
    const sent: Message[] = [];
    let closed: number | undefined;
    let receiver: Parameters<Transport['open']>[0] | undefined;
    const transport: Transport = {
      open: (to) => void (receiver = to),
      send: (frame) => void sent.push(...read.decode(frame)),
      close: (code = 1000) => void (closed ??= code),
      bufferedAmount: 0,
    };
    router.accept(framed(transport, wire()));
    const say = (frame: Frame): void => receiver?.frame(frame);
    if (hello !== NOTHING) say(write(hello));
    const heard = sent.splice(0).map(({ type }) => type);
    return {
      ...{ clock, router, bystander, sent, say, heard },
      closed: () => closed,
      /** Nobody else has noticed, and no mistake of the router's own came to light. */
      expectHealthy: (): void => {
        expect(failures).toEqual([]);
        bystander.publish('by.stander', [], { acknowledge: true, exclude_me: false });
        expect([bystander.take('PUBLISHED').type, bystander.take('EVENT').type]).toEqual(['PUBLISHED', 'EVENT']);
        bystander.expectNothing();
      },
    };
  };
  const expectViolation = ({ sent, closed, router, expectHealthy }: ReturnType<typeof scene>): void => {
    expect(sent).toMatchObject([{ type: 'ABORT', reason: errorUris.protocolViolation }]);
    expect(closed()).toBe(1002);
    expect(router.counts('realm1')).toMatchObject({ sessions: 1 });
    expect(router.stats.violations).toBe(1);
    expectHealthy();
  };

  test.each(Object.entries(VIOLATIONS))('%s ends the session that sends it, and says why', (__, message) => {
    const visit = scene();
    expect(visit.heard).toEqual(['WELCOME']);
    visit.say(write(message));
    expectViolation(visit);
  });

  test.each(Object.keys(broken))('%s ends the session that sends it, and says why', (name) => {
    const visit = scene();
    visit.say(broken[name] as Frame);
    expectViolation(visit);
  });

  test.each(Object.keys(broken))('%s is no HELLO either', (name) => {
    const visit = scene(NOTHING);
    expect(visit.heard).toEqual([]);
    visit.say(broken[name] as Frame);
    expectViolation(visit);
  });

  test.each([
    ['details that are a list', [1, 'realm1', []]],
    ['no roles', [1, 'realm1', {}]],
    ['no role of a client', [1, 'realm1', { roles: {} }]],
    ['a realm that is a number', [1, 5, ROLES]],
    ['SUBSCRIBE instead', [32, 1, {}, 'a.b']],
    ['YIELD instead', [70, 1, {}]],
    ['GOODBYE instead', [6, {}, 'a.b']],
  ])('a HELLO with %s is answered with ABORT, and no more is heard', (__, hello) => {
    const visit = scene(hello);
    expect(visit.heard).toEqual(['ABORT']);
    expect(visit.closed()).toBe(1002);
    visit.say(write([1, 'realm1', ROLES]));
    expect(visit.sent).toEqual([]);
    visit.expectHealthy();
  });

  test.each(Object.entries(REFUSED))('%s is refused, and the session lives', (__, [message, uri]) => {
    const visit = scene();
    visit.say(write(message));
    expect(visit.sent.splice(0)).toMatchObject([{ type: 'ERROR', requestType: message[0], request: 1, error: uri }]);
    visit.say(write([32, 2, {}, 'a.topic']));
    expect(visit.sent).toMatchObject([{ type: 'SUBSCRIBED', request: 2 }]);
    expect(visit.closed()).toBeUndefined();
    visit.expectHealthy();
  });

  test('keys such as __proto__ travel as data, and change nothing', () => {
    const visit = scene();
    visit.say(write([32, 1, {}, 'a.topic']));
    const frame = write([16, 2, { exclude_me: false }, 'a.topic', [], JSON.parse('{"constructor":{"admin":true}}')]);
    visit.say(frame);
    expect(visit.sent.at(-1)).toMatchObject({ type: 'EVENT', payload: { kwargs: { constructor: { admin: true } } } });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    visit.expectHealthy();
  });

  test.each([
    ['a realm that is not there', 'no.such.realm', errorUris.noSuchRealm],
    ['a realm that is no URI', 'no such realm', errorUris.invalidUri],
  ])('a HELLO for %s is answered with ABORT, and no more is heard', (__, realm, reason) => {
    const visit = scene(NOTHING);
    visit.say(write([1, realm, ROLES]));
    expect(visit.sent.splice(0)).toMatchObject([{ type: 'ABORT', reason }]);
    expect(visit.closed()).toBe(1000);
    visit.say(write([1, 'realm1', ROLES]));
    expect(visit.sent).toEqual([]);
    visit.expectHealthy();
  });

  test('after GOODBYE nothing is heard, and who does not close is helped within a second', () => {
    const visit = scene();
    visit.say(write([6, {}, 'wamp.close.normal']));
    visit.say(write([32, 1, {}, 'a.topic']));
    expect(visit.sent).toMatchObject([{ type: 'GOODBYE', reason: 'wamp.close.goodbye_and_out' }]);
    expect(visit.router.counts('realm1')).toMatchObject({ sessions: 1 });
    visit.clock.advance(1000);
    expect(visit.closed()).toBe(1000);
    visit.expectHealthy();
  });

  test('an id that is in use ends the session that uses it again; one that was is good again', () => {
    const visit = scene();
    visit.say(write([48, 1, {}, 'by.stander']));
    visit.bystander.yield(visit.bystander.take('INVOCATION').request, 1);
    visit.say(write([48, 1, {}, 'by.stander']));
    visit.bystander.take('INVOCATION');
    expect(visit.sent.splice(0)).toMatchObject([{ type: 'RESULT', request: 1 }]);
    visit.say(write([48, 1, {}, 'by.stander']));
    expect(visit.sent).toMatchObject([{ type: 'ABORT', reason: errorUris.protocolViolation }]);
    visit.bystander.take('INTERRUPT');
    visit.expectHealthy();
  });

  test('parts of a result that nobody asked for, and answers that come too late, reach nobody', () => {
    const visit = scene();
    const caller = new Peer(visit.router);
    visit.say(write([64, 1, {}, 'slow']));
    const asked = caller.call('slow');
    visit.say(write([70, 1, { progress: true }, ['a part']]));
    caller.expectNothing();
    caller.send({ type: 'CANCEL', request: asked, options: {} });
    expect(caller.takeError(48, asked)).toBe(errorUris.canceled);
    visit.say(write([70, 1, { progress: true }, ['another']]));
    visit.say(write([70, 1, {}, ['late']]));
    visit.say(write([8, 68, 1, {}, 'too.late']));
    caller.expectNothing();
    expect(visit.closed()).toBeUndefined();
    visit.expectHealthy();
  });

  test('text that only JSON can carry is told to the caller, and counted where an event does not arrive', () => {
    const visit = scene();
    visit.say(write([32, 1, {}, 'a.topic']));
    visit.say(write([64, 2, {}, 'a.procedure']));
    visit.sent.splice(0);
    const other = new Peer(visit.router);
    other.publish('a.topic', ['\ud800'], { acknowledge: true });
    expect(other.take('PUBLISHED').type).toBe('PUBLISHED');
    const request = other.call('a.procedure', '\ud800');
    const isJson = wire().id === 'json';
    if (isJson) expect(visit.sent.map(({ type }) => type)).toEqual(['EVENT', 'INVOCATION']);
    else expect(other.takeError(48, request)).toBe(errorUris.invalidPayload);
    expect(visit.router.stats.droppedEvents).toBe(isJson ? 0 : 1);
    visit.expectHealthy();
  });

  test('the answer to a call is given by nobody but its callee', () => {
    const visit = scene();
    const caller = new Peer(visit.router);
    caller.call('by.stander');
    const { request } = visit.bystander.take('INVOCATION');
    visit.say(write([70, request, {}, ['forged']]));
    expect(visit.sent).toMatchObject([{ type: 'ABORT', reason: errorUris.protocolViolation }]);
    visit.bystander.yield(request, 'right');
    expect(caller.take('RESULT').payload?.args).toEqual(['right']);
  });
});

test('every message that a client must not send is among the violations', () => {
  const sent = new Set(Object.values(VIOLATIONS).flatMap((message) => (Array.isArray(message) ? [message[0]] : [])));
  for (const code of [MESSAGES.WELCOME, MESSAGES.RESULT, MESSAGES.EVENT, MESSAGES.INVOCATION].map((one) => one.code))
    expect(sent).toContain(code);
});
