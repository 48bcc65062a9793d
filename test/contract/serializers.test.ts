import { json } from 'rocade';
import { serializerContract } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';

describe('Basic Profile, Serializers: JSON', () => {
  serializerContract({ describe, expect, test }, () => json());
});

describe('Basic Profile, Serializers: JSON that leaves payloads as they came', () => {
  serializerContract({ describe, expect, test }, () => jsonWire());
});
