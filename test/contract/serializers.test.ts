import { batched, json, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { serializerContract } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { cborWire, jsonWire, msgpackWire } from '../../src/serializers/index.ts';

const makers: Readonly<Record<string, () => Serializer>> = {
  JSON: () => json(),
  'JSON that leaves payloads as they came': () => jsonWire(),
  MessagePack: () => msgpack(),
  'MessagePack that leaves payloads as they came': () => msgpackWire(),
  CBOR: () => cbor(),
  'CBOR that leaves payloads as they came': () => cborWire(),
  'JSON, batched': () => batched(json()),
  'JSON, batched as Crossbar.io does': () => batched(jsonWire(), { separator: '\u0018' }),
  'MessagePack, batched': () => batched(msgpack()),
  'CBOR, batched, payloads left as they came': () => batched(cborWire()),
};

for (const [name, make] of Object.entries(makers)) {
  describe(`Basic Profile, Serializers: ${name}`, () => {
    serializerContract({ describe, expect, test }, make);
  });
}
