import { errorUris, MESSAGES } from 'rocade/protocol';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';
import { featuresWithout, Peer, payload } from './peer.ts';

const { CALL, INVOCATION } = MESSAGES;
const PPT = {
  ppt_scheme: 'wamp',
  ppt_serializer: 'cbor',
  ppt_cipher: 'xsalsa20poly1305',
  ppt_keyid: 'GTtQ37XGJO2O4R8Dvx4AUo8pe61D9evIWpKGQAPdOh0=',
};
const OCTETS = new Uint8Array([0, 255, 128, 1, 0x18, 0xc1]);
const FEATURE = 'payload_passthru_mode';

function pair(made: { caller?: object; callee?: object } = {}) {
  const router = new Router();
  const [caller, callee] = [new Peer(router, made.caller), new Peer(router, made.callee)];
  callee.register('a.procedure');
  return { router, caller, callee };
}

describe('Advanced Profile, Payload Passthru Mode', () => {
  test('the attributes of a CALL go on with the INVOCATION, and those of a YIELD with the RESULT', () => {
    const { caller, callee } = pair();
    caller.callWith(PPT, 'a.procedure', OCTETS);
    const { request, details, payload: given } = callee.take('INVOCATION');
    expect([details, given?.args]).toEqual([PPT, [OCTETS]]);
    const options = { ppt_scheme: 'x_my_ppt', ppt_serializer: 'custom' };
    callee.send({ type: 'YIELD', request, options, payload: payload(OCTETS) });
    const result = caller.take('RESULT');
    expect([result.details, result.payload?.args]).toEqual([options, [OCTETS]]);
  });

  test('also with the parts of a call and of a result', () => {
    const { caller, callee } = pair();
    const message = { type: 'CALL', request: 1, procedure: 'a.procedure', payload: payload(OCTETS) } as const;
    caller.send({ ...message, options: { ...PPT, progress: true, receive_progress: true } });
    caller.send({ ...message, options: {} });
    const { request, details } = callee.take('INVOCATION');
    expect(details).toEqual({ ...PPT, progress: true, receive_progress: true });
    expect(callee.take('INVOCATION').details).toEqual({ ...PPT, receive_progress: true });
    callee.send({ type: 'YIELD', request, options: { ...PPT, progress: true }, payload: payload(OCTETS) });
    expect(caller.take('RESULT').details).toEqual({ ...PPT, progress: true });
  });

  test('those of an ERROR go on, too', () => {
    const { caller, callee } = pair();
    caller.callWith(PPT, 'a.procedure', OCTETS);
    const { request } = callee.take('INVOCATION');
    const requestType = INVOCATION.code;
    callee.send({
      type: 'ERROR',
      requestType,
      request,
      details: PPT,
      error: 'com.example.error',
      payload: payload(OCTETS),
    });
    const error = caller.take('ERROR');
    expect([error.details, error.error, error.payload?.args]).toEqual([PPT, 'com.example.error', [OCTETS]]);
  });

  test('those of a PUBLISH go on with the EVENT, also beside other details', () => {
    const router = new Router();
    const [publisher, subscriber] = [new Peer(router), new Peer(router)];
    subscriber.subscribe('a.', 'prefix');
    publisher.publish('a.topic', [OCTETS], { ...PPT, disclose_me: true });
    const { details, payload: given } = subscriber.take('EVENT');
    expect(details).toMatchObject({ ...PPT, topic: 'a.topic', publisher: publisher.session });
    expect(given?.args).toEqual([OCTETS]);
  });

  test('an attribute that is none of these does not go on, nor do any without a scheme', () => {
    const { caller, callee } = pair();
    caller.callWith({ ...PPT, x_mine: 1 }, 'a.procedure', OCTETS);
    caller.callWith({ ...PPT, ppt_scheme: '' }, 'a.procedure', OCTETS);
    expect([callee.take('INVOCATION').details, callee.take('INVOCATION').details]).toEqual([PPT, {}]);
  });

  const serializers = { json: jsonWire, msgpack, cbor };
  const names = Object.keys(serializers) as (keyof typeof serializers)[];
  test.each(names.flatMap((from) => names.map((to) => [from, to] as const)))(
    'between %s and %s octets stay octets, both ways',
    (from, to) => {
      const { caller, callee } = pair({
        caller: { serializer: serializers[from]() },
        callee: { serializer: serializers[to]() },
      });
      caller.callWith(PPT, 'a.procedure', OCTETS);
      const { request, details, payload: given } = callee.take('INVOCATION');
      expect([details, given?.args]).toEqual([PPT, [OCTETS]]);
      callee.send({ type: 'YIELD', request, options: PPT, payload: payload(OCTETS) });
      const result = caller.take('RESULT');
      expect([result.details, result.payload?.args]).toEqual([PPT, [OCTETS]]);
    },
  );

  test.each(names.flatMap((from) => names.map((to) => [from, to] as const)))(
    'the older form, octets in the place of the arguments, stays what it is between %s and %s',
    (from, to) => {
      const { caller, callee } = pair({
        caller: { serializer: serializers[from]() },
        callee: { serializer: serializers[to]() },
      });
      const options = { enc_algo: 'cryptobox', enc_serializer: 'json', enc_key: 'abc' } as const;
      const bare = { args: [OCTETS], kwargs: undefined, bare: true };
      caller.request('CALL', { options, procedure: 'a.procedure' }, bare);
      const { details, payload: given } = callee.take('INVOCATION');
      expect([details, given?.bare, given?.args]).toEqual([options, true, [OCTETS]]);
    },
  );
});

describe('Payload Passthru Mode: who has not announced it', () => {
  test('a caller violates the protocol', () => {
    const { caller, callee } = pair({ caller: { roles: featuresWithout('caller', FEATURE) } });
    caller.callWith(PPT, 'a.procedure', OCTETS);
    expect(caller.takeAbort()).toMatchObject({
      reason: errorUris.protocolViolation,
      text: expect.stringContaining(FEATURE) as unknown,
    });
    callee.expectNothing();
  });

  test('a publisher violates the protocol', () => {
    const publisher = new Peer(new Router(), { roles: featuresWithout('publisher', FEATURE) });
    publisher.publish('a.topic', [OCTETS], PPT);
    expect(publisher.takeAbort().reason).toBe(errorUris.protocolViolation);
  });

  test('a callee that answers like this violates the protocol, and its caller is told that the call is over', () => {
    const { caller, callee } = pair({ callee: { roles: featuresWithout('callee', FEATURE) } });
    const request = caller.call('a.procedure');
    const invocation = callee.take('INVOCATION').request;
    callee.send({ type: 'YIELD', request: invocation, options: PPT, payload: payload(OCTETS) });
    expect(callee.takeAbort().reason).toBe(errorUris.protocolViolation);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.canceled);
  });

  test('a callee cannot be called like this: feature_not_supported', () => {
    const { router, caller, callee } = pair({ callee: { roles: featuresWithout('callee', FEATURE) } });
    const request = caller.callWith(PPT, 'a.procedure', OCTETS);
    expect(caller.takeError(CALL.code, request)).toBe(errorUris.featureNotSupported);
    callee.expectNothing();
    expect(router.counts('realm1')?.calls).toBe(0);
  });

  test('of callees that share a procedure, one that can is chosen', () => {
    const router = new Router();
    const unable = new Peer(router, { roles: featuresWithout('callee', FEATURE) });
    const able = new Peer(router);
    for (const callee of [unable, able]) callee.register('a.procedure', { invoke: 'first' });
    new Peer(router).callWith(PPT, 'a.procedure', OCTETS);
    able.take('INVOCATION');
    unable.expectNothing();
  });

  test.each([false, true])(
    'a caller cannot be answered like this: both are told, once (a part of the result: %s)',
    (progress) => {
      const { router, caller, callee } = pair({ caller: { roles: featuresWithout('caller', FEATURE) } });
      const request = caller.callWith({ receive_progress: true }, 'a.procedure');
      const invocation = callee.take('INVOCATION').request;
      const options = { ...PPT, ...(progress && { progress }) };
      callee.send({ type: 'YIELD', request: invocation, options, payload: payload(OCTETS) });
      expect(caller.takeError(CALL.code, request)).toBe(errorUris.featureNotSupported);
      if (progress) expect(callee.take('INTERRUPT').request).toBe(invocation);
      expect(callee.takeError(INVOCATION.code, invocation)).toBe(errorUris.featureNotSupported);
      callee.yield(invocation, 'late');
      for (const peer of [caller, callee]) peer.expectNothing();
      expect(router.counts('realm1')?.calls).toBe(0);
    },
  );
});
