import { json } from 'rocade';
import { serializerContract } from 'rocade/testing';
import { describe, expect, test } from 'vitest';

describe('Basic Profile, Serializers: JSON', () => {
  serializerContract({ describe, expect, test }, () => json());
});
