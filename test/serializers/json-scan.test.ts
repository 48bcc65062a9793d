import fc from 'fast-check';
import { ProtocolViolation } from 'rocade';
import { describe, expect, test } from 'vitest';
import { scanList } from '../../src/serializers/json-scan.ts';

// The scanner decides what a router passes on unread, so it has to take exactly what JSON.parse takes.

/** The elements of the list as JSON.parse sees them; undefined when it is not a list with something in it. */
function oracle(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function scanned(text: string, maxDepth = 1000): unknown[] | undefined {
  let bounds: number[];
  try {
    bounds = scanList(text, maxDepth);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolViolation);
    return undefined;
  }
  const elements: unknown[] = [];
  for (let at = 0; at < bounds.length; at += 2) elements.push(JSON.parse(text.slice(bounds[at], bounds[at + 1])));
  return elements;
}

const seeded = { seed: 20_260_301 };
/** What JSON is made of, so that what is put in at random is nearly right. */
const pieces = fc.constantFrom(
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '\\',
    '/',
    '0',
    '1',
    '9',
    '-',
    '+',
    '.',
    'e',
    'E',
    'u',
    'n',
    'b',
    't',
    'f',
    'a',
    'A',
    ' ',
    '\n',
    '\t',
    '\r',
  ],
  ...[
    '\u0000',
    '\u001f',
    '\u007f',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '🚲',
    '\ud800',
    '\\u',
    '\\u00',
    '\\u0000',
    '\\ud83d',
    'true',
    'null',
    'false',
    'nul',
    '""',
    '[]',
    '{}',
  ],
);
const list = fc
  .array(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), { minLength: 1, maxLength: 6 })
  .chain((value) =>
    // Written tightly and widely.
    fc.constantFrom(
      JSON.stringify(value),
      JSON.stringify(value, null, 2),
      JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n'),
    ),
  );
const mutations = fc.array(
  fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.oneof(pieces, fc.constant('')) }),
  { minLength: 1, maxLength: 3 },
);

describe('Basic Profile, JSON: the scanner', () => {
  test('finds the elements that JSON.parse finds, in any list', () => {
    fc.assert(
      fc.property(list, (text) => {
        expect(scanned(text)).toEqual(oracle(text));
      }),
      { ...seeded, numRuns: 2000 },
    );
  });

  test('takes a damaged list exactly when JSON.parse takes it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(list, mutations, (text, changes) => {
        let changed = text;
        for (const { at, remove, insert } of changes) {
          const start = at % (changed.length + 1);
          changed = changed.slice(0, start) + insert + changed.slice(start + remove);
        }
        const expected = oracle(changed);
        if (expected) accepted++;
        expect(scanned(changed)).toEqual(expected);
      }),
      { ...seeded, numRuns: 10_000 },
    );
    // Both sides of the comparison have had their share.
    expect(accepted).toBeGreaterThan(1000);
    expect(accepted).toBeLessThan(9000);
  });

  test('takes a text put together at random exactly when JSON.parse takes it', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = `[${parts.join('')}]`;
        expect(scanned(text)).toEqual(oracle(text));
      }),
      { ...seeded, numRuns: 10_000 },
    );
  });

  test('takes long strings exactly when JSON.parse takes them', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 60 }),
        fc.array(pieces, { maxLength: 3 }),
        fc.nat({ max: 60 }),
        (before, parts, after) => {
          const text = `["${'x'.repeat(before)}${parts.join('')}${'y'.repeat(after)}"]`;
          expect(scanned(text)).toEqual(oracle(text));
        },
      ),
      { ...seeded, numRuns: 10_000 },
    );
  });

  test.each([
    ...[
      '',
      ' ',
      '[',
      ']',
      '[]',
      '[ ]',
      '{}',
      '"a"',
      '1',
      'null',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '[1 2]',
      '[1]]',
      '[1] 2',
      '[[1]',
      '[}',
    ],
    ...[
      '[01]',
      '[1.]',
      '[.1]',
      '[+1]',
      '[-]',
      '[1e]',
      '[1e+]',
      '[0x1]',
      '[1_0]',
      '[NaN]',
      '[Infinity]',
      '[undefined]',
      '[tru]',
      '[True]',
    ],
    ...[
      "['a']",
      '["a]',
      '["\\x"]',
      '["\\u12"]',
      '["\\u123g"]',
      '["\n"]',
      '["\u0000"]',
      '["a""b"]',
      '[{a:1}]',
      '[{"a"}]',
      '[{"a":}]',
      '[{"a":1,}]',
      '[{1:1}]',
    ],
    ...['[1]\u00a0', '\ufeff[1]', '[1]//', '[/**/1]', '[1]\u0000'],
  ])('refuses %j, as JSON.parse does', (text) => {
    expect(oracle(text)).toBeUndefined();
    expect(() => scanList(text, 10)).toThrow(ProtocolViolation);
  });

  test.each([
    ['[1,tru]', "frame: not JSON at character 3: expected a value, got 't'"],
    ['[1,2', "frame: not JSON at character 4: expected ',' or ']', got the end"],
    ['["abc', 'frame: not JSON at character 5: expected the rest of a string, got the end'],
    ['{"a":1}', "frame: not JSON at character 0: expected '[', got '{'"],
    ['[{"a" 1}]', "frame: not JSON at character 6: expected ':', got '1'"],
    ['[1] x', "frame: not JSON at character 4: expected nothing more, got 'x'"],
    ['[]', 'frame: expected a message, got an empty list'],
  ])('%j is refused with the place and what was expected there', (text, message) => {
    expect(() => scanList(text, 10)).toThrow(message);
  });

  test.each([
    ['lists', '[', ']'],
    ['dictionaries', '{"a":', '}'],
  ])('counts %s that stand inside each other', (_, open, close) => {
    const nested = (levels: number): string => `[${open.repeat(levels - 1)}1${close.repeat(levels - 1)}]`;
    expect(() => scanList(nested(10), 10)).not.toThrow();
    expect(() => scanList(nested(11), 10)).toThrow('frame: nested too deep');
    // Far deeper than the stack of the process would bear.
    expect(() => scanList(nested(1_000_000), 64)).toThrow('frame: nested too deep');
  });

  test('counts levels and not their number', () => {
    expect(scanned(`[${'[[]],'.repeat(1000)}{"a":{}}]`, 3)).toHaveLength(1001);
  });

  test('reads a megabyte in a time that grows with its length only', () => {
    const started = performance.now();
    for (const text of [
      `["${'x'.repeat(1_000_000)}"]`,
      `[${'1,'.repeat(500_000)}1]`,
      `["${'\\u0041'.repeat(150_000)}"]`,
      `[${' '.repeat(1_000_000)}1]`,
      `["${'\\\\'.repeat(500_000)}"]`,
    ]) {
      scanList(text, 10);
    }
    // With the square of the length it would be many minutes; a busy machine is slow as well.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
