import { json, ProtocolViolation, type Frame, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { MESSAGES, type Message } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';
import { plain } from '../../src/testing/sample-messages.ts';
import { fromHex, written } from '../serializers/codecs.ts';
import { fileCount, present, serializationSamples, type SerializationSample, validationSamples } from './vectors.ts';

// Every sample is followed. What is wrong in the vectors themselves is put right here, and named where it is.

test.runIf(!present)('the conformance vectors are not beside this repository, so their tests are skipped', () => {
  expect(serializationSamples).toEqual([]);
});

test.skipIf(!present)('there are 26 files with 35 serialization samples and 67 validation samples', () => {
  expect([fileCount, serializationSamples.length, validationSamples.length]).toEqual([26, 35, 67]);
});

const makers: readonly [string, () => Serializer][] = [
  ['JSON', json],
  ['JSON that leaves payloads as they came', jsonWire],
  ['MessagePack', msgpack],
  ['MessagePack that leaves payloads as they came', msgpackWire],
  ['CBOR', cbor],
  ['CBOR that leaves payloads as they came', cborWire],
];
const serializers = makers.map(([name, make]) => ({ name, make, id: make().id }));

/** The frames of a sample in one serializer. */
function variantsOf({ serializers: all }: SerializationSample, id: string): Frame[] {
  return (all[id] ?? []).map(({ bytes, bytes_hex: hex }) =>
    id === 'json' ? (bytes as string) : fromHex(hex as string),
  );
}

/** A message in the vectors' terms: its fields by position, since their names differ from file to file. */
function attributesOf(message: Message): unknown[] {
  const { code, fields } = MESSAGES[message.type];
  const values = message as unknown as Record<string, unknown>;
  return [code, ...fields.map(({ name }) => values[name]).filter((value) => value !== undefined)];
}

function payloadOf(message: Message): object {
  const { payload } = plain(message) as { payload?: { args: unknown[]; kwargs?: object; bare: boolean } };
  if (payload?.bare)
    return { args: null, kwargs: null, payload: Buffer.from(payload.args[0] as Uint8Array).toString('hex') };
  return { args: payload?.args ?? null, kwargs: payload?.kwargs ?? null, payload: null };
}

function expected({
  expected_attributes: { args = null, kwargs = null, payload = null, ...rest },
}: SerializationSample) {
  // HELLO and WELCOME have `roles` where the message has details.
  const fields = Object.entries(rest).map(([name, value]) => (name === 'roles' ? { roles: value } : value));
  return { fields, payload: { args, kwargs, payload } };
}

describe.skipIf(!present).each(serializers)('serialization samples: $name', ({ make, id }) => {
  describe.each(serializationSamples)('$title', ({ sample, type, code }) => {
    const variants = variantsOf(sample, id);
    const decode = (frame: Frame): Message => make().decode(frame)[0] as Message;

    test('every variant is read as the attributes say', () => {
      expect(variants.length).toBeGreaterThan(0);
      for (const variant of variants) {
        const message = decode(variant);
        expect([message.type, MESSAGES[message.type].code]).toEqual([type, code]);
        expect(attributesOf(message)).toEqual(expected(sample).fields);
        expect(payloadOf(message)).toEqual(expected(sample).payload);
      }
    });

    test('what is written is one of the variants', () => {
      for (const variant of variants) expect(variants).toContainEqual(make().encode(decode(variant)));
    });

    test('reading, writing and reading again changes nothing', () => {
      for (const variant of variants) {
        const message = decode(variant);
        expect(plain(decode(make().encode(message)))).toEqual(plain(message));
      }
    });
  });
});

const octetsInHex = 'a1666e6f74696365';

/** Four samples have the hexadecimal digits of octets where octets belong, as JSON has none. They are made octets. */
function frameOf(wmsg: readonly unknown[], id: string): Frame {
  const octets = fromHex(octetsInHex);
  const elements = wmsg.map((element, index) => {
    if (index !== wmsg.length - 1 || element !== octetsInHex) return element;
    return id === 'json' ? `\u0000${Buffer.from(octets).toString('base64')}` : octets;
  });
  return id === 'json' ? JSON.stringify(elements) : written[id as 'msgpack' | 'cbor'](elements);
}

type Validation = (typeof validationSamples)[number];
const isEvent = ({ sample }: Validation): boolean => sample.wmsg[0] === MESSAGES.EVENT.code;
/** What stands in an event for routers, and for nobody that a client would hand it to. */
const UNREAD = ['transaction_hash', 'x_acknowledged_delivery', 'forward_for', 'enc_algo'];
const isForRouters = (sample: Validation): boolean =>
  sample.sample.expected_error !== undefined &&
  (!isEvent(sample) || UNREAD.includes(sample.sample.expected_error.contains));

const decoded = (make: () => Serializer, { sample }: Validation): Message =>
  make().decode(frameOf(sample.wmsg, make().id))[0] as Message;

function validate(make: () => Serializer, sample: Validation): void {
  const { wmsg, expected_error: error } = sample.sample;
  if (error) {
    expect(error.type).toBe('protocol_violation');
    expect(() => decoded(make, sample)).toThrow(ProtocolViolation);
    expect(() => decoded(make, sample)).toThrow(error.contains);
  } else expect(MESSAGES[decoded(make, sample).type].code).toBe(wmsg[0]);
}

const wires = [jsonWire, msgpackWire, cborWire].map((make) => ({ make, id: make().id }));
describe.skipIf(!present).each(wires)('validation samples: $id, as a router reads it', ({ make }) => {
  test.each(validationSamples)('$title', (sample) => validate(make, sample));
});

const clients = [json, msgpack, cbor].map((make) => ({ make, id: make().id }));
describe.skipIf(!present).each(clients)('validation samples: $id, as a client reads it', ({ make }) => {
  test.each(validationSamples.filter((sample) => !isForRouters(sample)))('$title', (sample) => validate(make, sample));

  test.each(validationSamples.filter((sample) => isForRouters(sample) && isEvent(sample)))(
    '$title, which is not for clients to judge',
    (sample) => {
      const [, , , details] = sample.sample.wmsg;
      expect(decoded(make, sample)).toMatchObject({ type: 'EVENT', details });
    },
  );
});
