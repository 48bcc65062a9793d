import { batched, json, ProtocolViolation, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import type { Message } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { plain, sampleMessages } from '../../src/testing/sample-messages.ts';
import { fromHex, toHex } from './codecs.ts';

const goodbye: Message = { type: 'GOODBYE', details: {}, reason: 'a.b' };
const published = sampleMessages.PUBLISHED;

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (...frames: Uint8Array[]): Uint8Array => Uint8Array.from(frames.flatMap((frame) => [...frame]));

describe('Advanced Profile, Batched WebSocket Transport: JSON', () => {
  test('a message is written with the octet 30 behind it', () => {
    expect(batched(json()).id).toBe('json.batched');
    expect(batched(json()).binary).toBe(false);
    expect(batched(json()).encode(goodbye)).toBe('[6,{},"a.b"]\u001e');
    expect(batched(json(), { separator: '\u0018' }).encode(goodbye)).toBe('[6,{},"a.b"]\u0018');
  });

  test.each(['\u001e', '\u0018'])(
    'several messages in one frame are read in their order, each with %j behind it',
    (end) => {
      const frame = `[6,{},"a.b"]${end}[17,1,2]${end} [17,1,3] ${end}`;
      expect(batched(json()).decode(frame).map(plain)).toEqual([
        goodbye,
        { type: 'PUBLISHED', request: 1, publication: 2 },
        { type: 'PUBLISHED', request: 1, publication: 3 },
      ]);
    },
  );

  test.each([
    ['nothing', '', 'frame: not a batch of messages: expected a message, got nothing'],
    ['a message without an end', '[17,1,2]', 'frame: not a batch of messages: expected U+001E after the last message'],
    ['a last message without an end', '[17,1,2]\u001e[17,1,3]', 'expected U+001E after the last message, got the end'],
    ['an end without a message', '\u001e', 'frame: not JSON'],
    ['an end after an end', '[17,1,2]\u001e\u001e', 'frame: not JSON'],
    ['octets', octets('[17,1,2]\u001e'), 'expected text, got 9 octets of binary'],
  ])('%s is a violation', (_, frame, message) => {
    for (const make of [json, jsonWire]) {
      expect(() => batched(make()).decode(frame)).toThrow(ProtocolViolation);
      expect(() => batched(make()).decode(frame)).toThrow(message);
    }
  });
});

describe.each([
  ['msgpack', msgpack, '9306 80 a3612e62'],
  ['msgpack, payloads left as they came', msgpackWire, '9306 80 a3612e62'],
  ['cbor', cbor, '8306 a0 63612e62'],
] as const)('Advanced Profile, Batched WebSocket Transport: %s', (_, make, hex) => {
  test('a message is written with its length before it, in four octets', () => {
    expect(batched(make()).id).toBe(`${make().id}.batched`);
    expect(batched(make()).binary).toBe(true);
    expect(toHex(batched(make()).encode(goodbye) as Uint8Array)).toBe(`00000007${hex.replaceAll(' ', '')}`);
  });

  test('several messages in one frame are read in their order', () => {
    const serializer = batched(make());
    const frame = joined(...Object.values(sampleMessages).map((message) => serializer.encode(message) as Uint8Array));
    expect(serializer.decode(frame).map(plain)).toEqual(Object.values(sampleMessages).map(plain));
  });

  test.each([
    ['nothing', '', 'frame: not a batch of messages: expected a message, got nothing'],
    ['less than a length', '000000', 'expected the length of a message at octet 0, got the end'],
    ['a length without a message', '00000007', '7 octets announced at octet 0, 0 octets left'],
    ['a length that is a lie', 'ffffffff', '4294967295 octets announced at octet 0, 0 octets left'],
    ['a message of no octets', '00000000', 'at octet 0: expected a value, got the end'],
    [
      'a length that leaves something over',
      `00000006${hex}`,
      'expected the length of a message at octet 10, got the end',
    ],
    [
      'something after the last message',
      `00000007${hex}00`,
      'expected the length of a message at octet 11, got the end',
    ],
  ])('%s is a violation', (_what, frame, message) => {
    expect(() => batched(make()).decode(fromHex(frame))).toThrow(ProtocolViolation);
    expect(() => batched(make()).decode(fromHex(frame))).toThrow(message);
  });

  test('text is a violation', () => {
    expect(() => batched(make()).decode('[17,1,2]\u001e')).toThrow('frame: expected binary');
  });
});

describe('Advanced Profile, Batched WebSocket Transport: events', () => {
  test.each<[string, () => Serializer]>([
    ['JSON', jsonWire],
    ['MessagePack', msgpackWire],
  ])('an event in %s is put in a batch once for all its receivers', (_, make) => {
    const serializer = batched(make());
    const event = sampleMessages.EVENT;
    const frames = [serializer.encode(event), serializer.encode(event)];
    expect(frames[0]).toBe(frames[1]);
    expect(serializer.encode(published)).not.toEqual(frames[0]);
    expect(serializer.encode({ ...event, subscription: 1 })).not.toEqual(frames[0]);
  });
});
