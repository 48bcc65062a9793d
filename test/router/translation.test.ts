import { batched, type Client, connect, json, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { memory } from 'rocade/memory';
import { msgpack } from 'rocade/msgpack';
import { errorUris } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { Peer, payload } from './peer.ts';

// Peers that speak different serializers meet in the router: it reads a payload by one and writes it by another.

const makers: Readonly<Record<string, () => Serializer>> = {
  JSON: jsonWire,
  MessagePack: msgpackWire,
  CBOR: cborWire,
  'MessagePack in batches': () => batched(msgpackWire()),
};
const pairs = Object.entries(makers).flatMap(([from, makeFrom]) =>
  Object.entries(makers).map(([to, makeTo]) => ({ from, to, makeFrom, makeTo })),
);

const args = [
  ...[null, true, -1, 2 ** 32, 1_767_225_600_000, -(2 ** 53) + 1, 1.5, '', 'Straße 🚲', '\ufeffmarked'],
  ...[Uint8Array.of(0, 255), [[]], { deep: [new Uint8Array(0)], ключ: 1 }],
];
const kwargs = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"at":1767225600000}') as object;

describe.each(pairs)('from $from to $to', ({ makeFrom, makeTo }) => {
  let router: Router;
  let sender: Peer;
  let receiver: Peer;
  beforeEach(() => {
    router = new Router();
    sender = new Peer(router, { serializer: makeFrom() });
    receiver = new Peer(router, { serializer: makeTo() });
  });

  test('an event arrives with its arguments as they were', () => {
    receiver.request('SUBSCRIBE', { options: {}, topic: 'a.topic' });
    receiver.take('SUBSCRIBED');
    sender.send({
      type: 'PUBLISH',
      request: 1,
      options: {},
      topic: 'a.topic',
      payload: { args, kwargs: { ...kwargs } },
    });
    const event = receiver.take('EVENT');
    expect(event.payload?.args).toEqual(args);
    expect(Object.entries(event.payload?.kwargs ?? {})).toEqual(Object.entries({ ...kwargs }));
  });

  test('a call, its result and its error arrive as they were', () => {
    receiver.request('REGISTER', { options: {}, procedure: 'a.procedure' });
    receiver.take('REGISTERED');
    const first = sender.request('CALL', { options: {}, procedure: 'a.procedure' }, { args, kwargs: undefined });
    const invocation = receiver.take('INVOCATION');
    expect(invocation.payload?.args).toEqual(args);
    receiver.send({ type: 'YIELD', request: invocation.request, options: {}, payload: invocation.payload });
    expect(sender.take('RESULT')).toMatchObject({ request: first, payload: { args, kwargs: undefined } });

    const second = sender.request('CALL', { options: {}, procedure: 'a.procedure' });
    const { request } = receiver.take('INVOCATION');
    const error = { requestType: 68, request, details: {}, error: 'a.error', payload: payload(...args) } as const;
    receiver.send({ type: 'ERROR', ...error });
    expect(sender.take('ERROR')).toMatchObject({
      requestType: 48,
      request: second,
      error: 'a.error',
      payload: { args },
    });
  });

  test('octets in the place of the arguments stay there', () => {
    receiver.request('SUBSCRIBE', { options: {}, topic: 'a.topic' });
    receiver.take('SUBSCRIBED');
    const passthru = { args: [Uint8Array.of(1, 2)], kwargs: undefined, bare: true };
    sender.send({
      type: 'PUBLISH',
      request: 1,
      options: { enc_algo: 'cryptobox' },
      topic: 'a.topic',
      payload: passthru,
    });
    expect(receiver.take('EVENT').payload).toMatchObject(passthru);
  });
});

describe('what one serializer can say and another cannot', () => {
  let router: Router;
  beforeEach(() => {
    router = new Router();
  });

  const halfPair = (): Peer => new Peer(router, { serializer: jsonWire() });
  const cases: [what: string, { value: unknown; from: () => Serializer; to: () => Serializer }][] = [
    ['an integer beyond 2^53, to JSON', { value: 2n ** 60n, from: msgpackWire, to: jsonWire }],
    ['an integer beyond 2^53, to JSON', { value: 2n ** 60n, from: cborWire, to: jsonWire }],
    ['text that starts with U+0000, to JSON', { value: '\u0000x', from: cborWire, to: jsonWire }],
    ['half of a surrogate pair, to MessagePack', { value: '\ud800', from: jsonWire, to: msgpackWire }],
    ['half of a surrogate pair, to CBOR', { value: '\ud800', from: jsonWire, to: cborWire }],
    ['an integer below -2^63, to MessagePack', { value: -(2n ** 64n), from: cborWire, to: msgpackWire }],
  ];

  test.each(cases)('%s: the caller is told, and may go on', (_, { value, from, to }) => {
    const caller = new Peer(router, { serializer: from() });
    const callee = new Peer(router, { serializer: to() });
    callee.request('REGISTER', { options: {}, procedure: 'a.procedure' });
    callee.take('REGISTERED');
    const request = caller.request('CALL', { options: {}, procedure: 'a.procedure' }, payload(value));
    expect(caller.take('ERROR')).toMatchObject({ requestType: 48, request, error: errorUris.invalidPayload });
    callee.channel.expectNothingSent();
    caller.request('CALL', { options: {}, procedure: 'a.procedure' }, payload(1));
    expect(callee.take('INVOCATION')).toMatchObject({ request: 1, payload: { args: [1] } });
  });

  test.each(cases)('%s: a result becomes an error', (_, { value, from, to }) => {
    const caller = new Peer(router, { serializer: to() });
    const callee = new Peer(router, { serializer: from() });
    callee.request('REGISTER', { options: {}, procedure: 'a.procedure' });
    callee.take('REGISTERED');
    const request = caller.request('CALL', { options: {}, procedure: 'a.procedure' });
    const invocation = callee.take('INVOCATION').request;
    callee.send({ type: 'YIELD', request: invocation, options: {}, payload: payload(value) });
    expect(caller.take('ERROR')).toMatchObject({ requestType: 48, request, error: errorUris.invalidPayload });
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test.each(cases)('%s: an event reaches those who can hear it', (_, { value, from, to }) => {
    const publisher = new Peer(router, { serializer: from() });
    const [deaf, hearing] = [new Peer(router, { serializer: to() }), new Peer(router, { serializer: from() })];
    for (const peer of [deaf, hearing]) {
      peer.request('SUBSCRIBE', { options: {}, topic: 'a.topic' });
      peer.take('SUBSCRIBED');
    }
    publisher.request('PUBLISH', { options: {}, topic: 'a.topic' }, payload(value));
    expect(hearing.take('EVENT').payload?.args).toEqual([value]);
    deaf.channel.expectNothingSent();
    publisher.request('PUBLISH', { options: {}, topic: 'a.topic' }, payload('clear'));
    for (const peer of [deaf, hearing]) expect(peer.take('EVENT').payload?.args).toEqual(['clear']);
  });

  test('a number that JSON has no word for becomes null', () => {
    const publisher = new Peer(router, { serializer: cborWire() });
    const subscriber = halfPair();
    subscriber.request('SUBSCRIBE', { options: {}, topic: 'a.topic' });
    subscriber.take('SUBSCRIBED');
    publisher.request('PUBLISH', { options: {}, topic: 'a.topic' }, payload(Number.NaN, Infinity));
    expect(subscriber.take('EVENT').payload?.args).toEqual([null, null]);
  });
});

describe('clients of three serializers in one realm', () => {
  let router: Router;
  let clients: Client[];
  beforeEach(async () => {
    router = new Router();
    clients = await Promise.all(
      [json(), msgpack(), cbor()].map((serializer) => connect(memory(router, { serializer }), { retry: false })),
    );
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await router.close();
  });

  test('hear one and the same event', async () => {
    const heard = Promise.all(
      clients.map(
        (client) =>
          new Promise(
            (resolve) => void client.subscribe('a.topic', (values, event) => resolve([values, event.kwargs])),
          ),
      ),
    );
    await Promise.all(clients.map((client) => client.publish('other.topic', [], { acknowledge: true })));
    for (const client of clients.slice(0, 1))
      await client.publish('a.topic', args, { kwargs: { ...kwargs }, excludeMe: false });
    for (const event of await heard) expect(event).toEqual([args, kwargs]);
  });

  test('leave somebody out by an id of more than 32 bits', async () => {
    const [first, second, third] = clients as [Client, Client, Client];
    expect(clients.map((client) => (client.session?.id ?? 0) > 2 ** 32)).toEqual([true, true, true]);
    const seen: unknown[] = [];
    await second.subscribe('a.topic', ([value]) => void seen.push(['second', value]));
    const end = new Promise<void>(
      (resolve) =>
        void third.subscribe('a.topic', ([value]) => (value === 'end' ? resolve() : void seen.push(['third', value]))),
    );
    for (const client of [first, third]) await client.publish('other.topic', [], { acknowledge: true });
    for (const [index, client] of clients.entries())
      await client.publish('a.topic', [index], { exclude: [second.session?.id as number], acknowledge: true });
    await first.publish('a.topic', ['end'], { eligible: [third.session?.id as number], acknowledge: true });
    await end;
    expect(seen).toEqual([
      ['third', 0],
      ['third', 1],
    ]);
  });
});
