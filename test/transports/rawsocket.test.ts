import fc from 'fast-check';
import { json, type Serializer, UsageError } from 'rocade';
import { describe, expect, test } from 'vitest';
import {
  announcedBytes,
  MAX_RAWSOCKET_BYTES,
  RawSocketReader,
  rawSocketFrames,
  rawSocketHead,
  readAnswer,
  receiveHandshake,
  writeHandshake,
} from '../../src/transports/index.ts';

const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const named = (id: string): Serializer => ({ ...json(), id });
const options = {
  serializers: [named('json'), named('cbor')],
  maxReceiveBytes: MAX_RAWSOCKET_BYTES,
  minSendBytes: 1024,
};

describe('Advanced Profile, RawSocket Transport: the handshake', () => {
  test.each([
    [512, 1, '7f010000'],
    [1024, 2, '7f120000'],
    [2 ** 20, 3, '7fb30000'],
    [2 ** 24, 1, '7ff10000'],
  ])('a side that takes %i octets and speaks serializer %i says so', (maxBytes, serializerCode, expected) => {
    expect(hex(writeHandshake({ maxBytes, serializerCode }))).toBe(expected);
  });

  test('announces no more than it takes, and no more than there is', () => {
    expect([512, 513, 1023, 1024, 1_000_000, 2 ** 24, 2 ** 24 + 1, 2 ** 40, Infinity].map(announcedBytes)).toEqual([
      512,
      512,
      512,
      1024,
      2 ** 19,
      2 ** 24,
      2 ** 24,
      2 ** 24,
      2 ** 24,
    ]);
    for (const bytes of [511, 0, -1, Number.NaN]) expect(() => announcedBytes(bytes)).toThrow(UsageError);
  });

  test('a router takes what it can serve, and repeats the serializer', () => {
    const reception = receiveHandshake(octets('7f b3 00 00'), options);
    expect(reception).toMatchObject({ accepted: true, serializer: { id: 'cbor' }, maxSendBytes: 2 ** 20 });
    expect(hex(reception.answer)).toBe('7ff30000');
  });

  test.each([
    ['no serializer', '7f f0 00 00', '7f100000'],
    ['a serializer that is not spoken', '7f f2 00 00', '7f100000'],
    ['a serializer that nobody has', '7f ff 00 00', '7f100000'],
    ['too short messages', '7f 01 00 00', '7f200000'],
    ['the third octet', '7f f1 01 00', '7f300000'],
    ['the fourth octet', '7f f1 00 80', '7f300000'],
    ['another first octet', '47 45 54 20', ''],
    ['nothing at all', '', ''],
  ])('a router turns %s away, with the reason where RawSocket is spoken', (_, offer, answer) => {
    const reception = receiveHandshake(octets(offer), options);
    expect([reception.accepted, hex(reception.answer)]).toEqual([false, answer]);
  });

  test('a client reads how much the router takes', () => {
    expect(readAnswer(octets('7f 51 00 00'), 1)).toEqual({ accepted: true, maxSendBytes: 2 ** 14 });
  });

  test.each([
    ['7f 10 00 00', true, /does not speak this serializer/],
    ['7f 20 00 00', false, /maximum length/],
    ['7f 30 00 00', false, /reserved bits/],
    ['7f 40 00 00', false, /as many connections as it takes/],
    ['7f 00 00 00', false, /no reason/],
    ['7f 50 00 00', false, /the reason 5/],
    ['7f f2 00 00', false, /serializer 2, which was not offered/],
    ['7f f1 00 01', false, /reserved/],
    ['48 54 54 50', false, /no.* like a WAMP router: expected the octet 7F of RawSocket first, got "HTTP"$/],
    ['00 00 00 00', false, /no.* like a WAMP router: expected the octet 7F of RawSocket first, got "(\\u0000){4}"$/],
  ])('a client understands the refusal %s', (answer, unsupportedSerializer, why) => {
    expect(readAnswer(octets(answer), 1)).toEqual({
      accepted: false,
      unsupportedSerializer,
      why: expect.stringMatching(why) as string,
    });
  });

  test('the two halves understand each other, whatever is offered', () => {
    const limits = fc.integer({ min: 9, max: 24 }).map((bits) => 2 ** bits);
    fc.assert(
      fc.property(limits, limits, fc.constantFrom(1, 3), (theirs, ours, serializerCode) => {
        const offer = writeHandshake({ maxBytes: theirs, serializerCode });
        const reception = receiveHandshake(offer, { ...options, maxReceiveBytes: ours, minSendBytes: 0 });
        expect(reception).toMatchObject({ accepted: true, maxSendBytes: theirs });
        expect(readAnswer(reception.answer ?? new Uint8Array(0), serializerCode)).toEqual({
          accepted: true,
          maxSendBytes: ours,
        });
      }),
    );
  });
});

type Frame = readonly [type: 'message' | 'ping' | 'pong', octets: Uint8Array];

/** A reader and what it delivers. */
function reading(maxBytes = MAX_RAWSOCKET_BYTES): { reader: RawSocketReader; frames: Frame[] } {
  const frames: Frame[] = [];
  const reader = new RawSocketReader(
    {
      message: (bytes) => frames.push(['message', bytes]),
      ping: (bytes) => frames.push(['ping', bytes]),
      pong: () => frames.push(['pong', new Uint8Array(0)]),
    },
    maxBytes,
  );
  return { reader, frames };
}

const written = ([type, body]: Frame): Buffer =>
  Buffer.concat([Buffer.from(rawSocketHead(body.length, rawSocketFrames[type]), 'latin1'), body]);

describe('Advanced Profile, RawSocket Transport: frames', () => {
  test.each([
    [0, 'message', '00000000'],
    [1, 'ping', '01000001'],
    [0x12_34_56, 'pong', '02123456'],
    [2 ** 24 - 1, 'message', '00ffffff'],
    [2 ** 24, 'message', '08000000'],
    [2 ** 24, 'ping', '09000000'],
  ] as const)('the head of %i octets of %s', (length, type, expected) => {
    expect(hex(Buffer.from(rawSocketHead(length, rawSocketFrames[type]), 'latin1'))).toBe(expected);
  });

  const body = fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 20 }) }, fc.uint8Array({ maxLength: 3000 }));
  const frame = fc
    .tuple(fc.constantFrom<Frame[0][]>('message', 'ping', 'pong'), body)
    .map(([type, bytes]): Frame => [type, type === 'pong' ? new Uint8Array(0) : bytes]);

  test('every way to cut the octets into pieces gives the same frames', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
        (sent, cuts) => {
          const stream = Buffer.concat(sent.map(written));
          const { reader, frames } = reading();
          for (let at = 0; at < stream.length; ) {
            const end = at + (cuts.next().value as number);
            expect(reader.push(stream.subarray(at, end))).toBeUndefined();
            at = end;
          }
          expect(frames).toEqual(sent.map(([type, bytes]) => [type, new Uint8Array(bytes)]));
          expect(reader.withinFrame).toBe(false);
        },
      ),
    );
  });

  test('so do all cuts into three pieces, and into single octets', () => {
    const sent: Frame[] = [
      ['message', octets('5b5d')],
      ['ping', octets('')],
      ['message', octets('')],
      ['pong', octets('')],
      ['message', octets('0102030405')],
    ];
    const stream = Buffer.concat(sent.map(written));
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        const { reader, frames } = reading();
        for (const piece of [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)])
          reader.push(piece);
        expect(frames).toEqual(sent);
      }
    }
    const { reader, frames } = reading();
    for (const octet of stream) reader.push(Uint8Array.of(octet));
    expect(frames).toEqual(sent);
  });

  test('a frame of exactly 16 MiB, in one piece and in many', () => {
    const bytes = new Uint8Array(MAX_RAWSOCKET_BYTES).fill(7);
    const stream = written(['message', bytes]);
    for (const size of [stream.length, 65_536]) {
      const { reader, frames } = reading();
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
      expect(frames.length).toBe(1);
      expect(Buffer.compare((frames[0] as Frame)[1], bytes)).toBe(0);
    }
  });

  test('knows whether it stands within a frame', () => {
    const { reader } = reading();
    expect(reader.withinFrame).toBe(false);
    reader.push(octets('00'));
    expect(reader.withinFrame).toBe(true);
    reader.push(octets('00 00 01'));
    expect(reader.withinFrame).toBe(true);
    reader.push(octets('ff'));
    expect(reader.withinFrame).toBe(false);
  });

  test.each([
    ['reserved bits', '10 00 00 00', '1002 a frame with reserved bits set'],
    ['all reserved bits', 'f0 00 00 00', '1002 a frame with reserved bits set'],
    ['type 3', '03 00 00 00', '1002 a frame of unknown type 3'],
    ['type 7', '07 00 00 00', '1002 a frame of unknown type 7'],
    ['17 MiB', '08 10 00 00', '1002 a frame longer than 16 MiB'],
    ['more than was agreed', '00 00 04 01', '1009 a frame of 1025 octets; the limit is 1024'],
    ['16 MiB where less was agreed', '08 00 00 00', '1009 a frame of 16777216 octets; the limit is 1024'],
    ['a PING of more than was agreed', '01 00 04 01', '1009 a frame of 1025 octets; the limit is 1024'],
  ])('a frame with %s is refused at its head', (_, head, expected) => {
    const { reader, frames } = reading(1024);
    const failure = reader.push(octets(`00 00 00 01 2a ${head}`));
    expect(`${failure?.code} ${failure?.reason}`).toBe(expected);
    expect(frames).toEqual([['message', octets('2a')]]);
  });

  test('what was announced costs no memory before it comes', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 1000 }, () => reading().reader);
    for (const reader of readers) reader.push(octets('00 ff ff ff 00'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('nothing more is delivered once it was stopped, even from within a delivery', () => {
    const frames: string[] = [];
    const reader: RawSocketReader = new RawSocketReader(
      {
        message: (bytes) => {
          frames.push(hex(bytes));
          reader.stop();
        },
        ping: () => frames.push('ping'),
        pong: () => frames.push('pong'),
      },
      1024,
    );
    expect(reader.push(octets('00 00 00 01 2a 01 00 00 00 ff'))).toBeUndefined();
    expect(reader.push(octets('01 00 00 00'))).toBeUndefined();
    expect(frames).toEqual(['2a']);
  });

  test('does not hand out octets of a kind that only Node has', () => {
    const { reader, frames } = reading();
    reader.push(Buffer.from('00000002abcd', 'hex'));
    expect((frames[0] as Frame)[1].constructor).toBe(Uint8Array);
  });
});
