import { json, ProtocolViolation, type Serializer } from 'rocade';
import {
  type AttributeTable,
  type Field,
  MESSAGES,
  type Message,
  type MessageSpec,
  type MessageType,
} from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';
import { plain, sampleMessages } from '../../src/testing/sample-messages.ts';
import { valuesOf } from './kinds.ts';

// Code, name, who sends it and its places, as the specification has them. Basic and Advanced Profile, "Messages".
const SPECIFICATION = `
   1 HELLO          client realm details
   2 WELCOME        router session details
   3 ABORT          both   details reason *
   4 CHALLENGE      router authmethod extra
   5 AUTHENTICATE   client signature extra
   6 GOODBYE        both   details reason
   8 ERROR          both   requestType request details error *
  16 PUBLISH        client request options topic *
  17 PUBLISHED      router request publication
  32 SUBSCRIBE      client request options topic
  33 SUBSCRIBED     router request subscription
  34 UNSUBSCRIBE    client request subscription
  35 UNSUBSCRIBED   router request details?
  36 EVENT          router subscription publication details *
  48 CALL           client request options procedure *
  49 CANCEL         client request options
  50 RESULT         router request details *
  64 REGISTER       client request options procedure
  65 REGISTERED     router request registration
  66 UNREGISTER     client request registration
  67 UNREGISTERED   router request details?
  68 INVOCATION     router request registration details *
  69 INTERRUPT      router request options
  70 YIELD          client request options *
 337 EVENT_RECEIVED client publication`;

const types = Object.keys(MESSAGES) as MessageType[];
const specOf = (type: MessageType): MessageSpec => MESSAGES[type];
const frameOf = (message: Message): unknown[] => JSON.parse(json().encode(message) as string) as unknown[];
/** What both readers of JSON make of a frame; they have to agree. */
function read(frame: readonly unknown[]): Message {
  const text = JSON.stringify(frame);
  const [message] = json().decode(text) as [Message];
  expect(plain((jsonWire().decode(text) as [Message])[0])).toEqual(plain(message));
  return message;
}
function verdict(frame: unknown, serializer: Serializer): string {
  try {
    serializer.decode(JSON.stringify(frame));
    return 'no violation';
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolViolation);
    return (error as ProtocolViolation).message;
  }
}
/** The violation that both readers see, in the same words; the router's names a kind more exactly. */
function violationOf(frame: unknown): string {
  const text = verdict(frame, jsonWire());
  expect(verdict(frame, json())).toBe(text);
  return text;
}
const replaced = (frame: readonly unknown[], at: number, value: unknown): unknown[] =>
  frame.map((element, index) => (index === at ? value : element));
const picture = (value: unknown): string => JSON.stringify(value);

test('the table has the messages of the specification, with their codes, senders and places', () => {
  const lines = types.map((type) => {
    const { code, from, fields, payload } = specOf(type);
    const places = fields.map(({ name, optional }) => (optional ? `${name}?` : name));
    return [code, type, from, ...places, ...(payload ? ['*'] : [])].join(' ');
  });
  expect(lines).toEqual(
    SPECIFICATION.trim()
      .split('\n')
      .map((line) => line.trim().replace(/ +/g, ' ')),
  );
});

/** Of what a router sends; `roles` is read too, role by role when one is looked for. */
const READ_BY_CLIENTS = [
  ...['realm', 'agent', 'authid', 'authrole', 'authmethod', 'authprovider', 'authextra', 'message', 'reason'],
  ...['topic', 'publisher', 'publisher_authid', 'publisher_authrole', 'retained', 'trustlevel'],
  ...['procedure', 'caller', 'caller_authid', 'caller_authrole', 'progress', 'receive_progress', 'timeout'],
  ...['subscription', 'registration'],
];

describe.each(types)('%s', (type) => {
  const { code, fields, payload, from } = specOf(type);
  const fromRouter = from !== 'client';
  const sample = frameOf(sampleMessages[type]);
  const places = fields.length + 1;

  test('is written as its code and its places in order, and read back', () => {
    expect(sample[0]).toBe(code);
    expect(plain(read(sample))).toEqual(plain(sampleMessages[type]));
  });

  test('says which place is missing', () => {
    for (const [index, { name, optional }] of fields.entries()) {
      const text = optional ? undefined : violationOf(sample.slice(0, index + 1));
      if (text !== undefined) expect(text).toMatch(new RegExp(`^${type}\\.${name}: expected .*, got nothing`));
    }
  });

  test('does not take one element too many', () => {
    const full = [...sample.slice(0, places), ...(payload ? [[1], { a: 1 }] : [])];
    if (full.length === places + (payload ? 2 : 0)) {
      expect(violationOf([...full, 1])).toBe(
        `${type}: expected at most ${full.length} elements, got ${full.length + 1}`,
      );
    }
  });

  test.each((fields as readonly Field[]).map((field, index) => [field.name, field, index + 1] as const))(
    '%s is of its kind, or the text says what came',
    (name, { kind, required }, at) => {
      // Where it is optional it may not be in the sample yet.
      const frame = sample.length > at ? sample : [...sample, {}];
      const { right, wrong } = valuesOf(kind);
      // A required attribute is missing in any other dictionary.
      if (required === undefined)
        for (const value of right) expect(read(replaced(frame, at, value))).toHaveProperty(name, value);
      for (const value of wrong) {
        const text = violationOf(replaced(frame, at, value));
        expect(text).toMatch(new RegExp(`^${type}\\.${name}: expected `));
        expect(text.endsWith(`, got ${picture(value)}`)).toBe(true);
      }
    },
  );

  const attributes = (fields as readonly Field[]).flatMap(({ name: field, attributes: table = {} }, index) =>
    Object.entries(table satisfies AttributeTable).map(
      ([name, kind]) => [`${field}.${name}`, { field, name, kind, at: index + 1 }] as const,
    ),
  );
  test.each(attributes)('%s is of its kind, or the text says what came', (_, { field, name, kind, at }) => {
    const { right, wrong } = valuesOf(kind);
    const dict = (sample[at] ?? {}) as object;
    // Where the dictionary is optional it may not be in the sample yet.
    const frame = sample.length > at ? sample : [...sample, {}];
    for (const value of right)
      expect(read(replaced(frame, at, { ...dict, [name]: value }))).toHaveProperty([field, name], value);
    for (const value of wrong) {
      const changed = replaced(frame, at, { ...dict, [name]: value });
      const text = verdict(changed, jsonWire());
      expect(text).toMatch(new RegExp(`^${type}\\.${field}\\.${name}: expected `));
      expect(text).toContain(', got ');
      // The client looks at what it reads; of a role it believes nothing before it is needed.
      const clients = verdict(changed, json());
      if (fromRouter && READ_BY_CLIENTS.includes(name)) expect(clients).toBe(text);
      else expect(['no violation', text, text.replace(' of roles,', ',')]).toContain(clients);
    }
  });

  test('attributes that nobody has defined are kept', () => {
    for (const [index, { name, kind }] of fields.entries()) {
      if (kind !== 'dictionary' || sample.length <= index + 1) continue;
      const dict = { ...(sample[index + 1] as object), x_own: [null, { deep: 1 }], hasOwnProperty: 'data' };
      expect(read(replaced(sample, index + 1, dict))).toHaveProperty(name, dict);
    }
  });

  if (!payload) return;

  test('carries arguments and keyword arguments, either alone, or neither', () => {
    const head = sample.slice(0, places);
    expect(read(head)).not.toHaveProperty('payload');
    expect(plain(read([...head, [1]]))).toHaveProperty('payload', { args: [1], kwargs: undefined, bare: false });
    expect(plain(read([...head, [], { a: 1 }]))).toHaveProperty('payload', { args: [], kwargs: { a: 1 }, bare: false });
  });

  test('null in the place of arguments or keyword arguments counts as absent', () => {
    const head = sample.slice(0, places);
    expect(read([...head, null, null])).not.toHaveProperty('payload');
    expect(plain(read([...head, null, { a: 1 }]))).toHaveProperty('payload.args', []);
    expect(plain(read([...head, [1], null]))).toHaveProperty('payload.kwargs', undefined);
  });

  test('arguments are a list and keyword arguments a dictionary, or the text says what came', () => {
    const head = sample.slice(0, places);
    for (const value of [1, 'text', true, { a: 1 }])
      expect(violationOf([...head, value])).toMatch(new RegExp(`^${type}.args: expected (a )?list, got `));
    for (const value of [1, 'text', true, [1]]) {
      expect(violationOf([...head, [], value])).toMatch(new RegExp(`^${type}.kwargs: expected (a )?dictionary, got `));
    }
  });
});

describe('Protocol violations: what is no message at all', () => {
  test.each([
    ['nothing known', 0],
    ['a reserved code', 7],
    ['a fraction', 1.5],
    ['a string', '48'],
    ['a list', [1]],
    ['null', null],
    ['too much', 1e300],
  ])('the type is %s', (_, code) => {
    expect(violationOf([code, 1, {}])).toBe(`message type: expected the code of a WAMP message, got ${picture(code)}`);
  });

  test.each(['{}', '"text"', '1', 'null', 'true'])('it is %s and not a list', (text) => {
    expect(() => json().decode(text)).toThrow(ProtocolViolation);
    expect(() => jsonWire().decode(text)).toThrow(ProtocolViolation);
  });

  test('it is an empty list', () => {
    expect(() => json().decode('[]')).toThrow(ProtocolViolation);
    expect(() => jsonWire().decode('[]')).toThrow(ProtocolViolation);
  });

  test('a long value is shown in part', () => {
    const text = violationOf([48, 1, 'x'.repeat(10_000), 'a.b']);
    expect(text.length).toBeLessThan(150);
    expect(text).toMatch(/^CALL\.options: expected (a )?dictionary, got "xxx.*\.\.\.$/);
  });
});
