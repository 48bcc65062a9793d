import * as fc from 'fast-check';
import { isUri, MATCH_POLICIES, type MatchPolicy, matchesUri } from 'rocade/protocol';
import type { Permission } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { Permissions } from '../../src/router/permissions.ts';

const ALL = ['call', 'register', 'publish', 'subscribe'] as const;
const may = (permissions: readonly Permission[], uri: string, match?: MatchPolicy): boolean =>
  new Permissions(permissions, 'role').find('subscribe', uri, match)?.allow.includes('subscribe') === true;

describe('the permission that decides about a URI', () => {
  const permissions: readonly Permission[] = [
    { uri: 'com.', match: 'prefix', allow: ALL },
    { uri: 'com.secret.', match: 'prefix', allow: [] },
    { uri: 'com.secret.but.not.this', allow: ['subscribe'] },
    { uri: 'com.secret.open.', match: 'prefix', allow: ALL },
    { uri: 'org..open', match: 'wildcard', allow: ALL },
    { uri: 'org.closed.', match: 'wildcard', allow: [] },
  ];

  test.each([
    ['com.a', true],
    ['com', false],
    ['com.secret.x', false],
    ['com.secret.but.not.this', true],
    ['com.secret.but.not.that', false],
    ['org.a.open', true],
    ['org.closed.open', false],
    ['net.a', false],
  ])('is the most specific one: %s, %s', (uri, expected) => {
    expect(may(permissions, uri)).toBe(expected);
  });

  test.each<[string, MatchPolicy, boolean]>([
    ['com.a.', 'prefix', true],
    ['com.', 'prefix', false],
    ['com.secret.', 'prefix', false],
    ['com.s', 'prefix', false],
    // What is denied around it does not count.
    ['com.secret.open.', 'prefix', true],
    ['com.secret.open.a.', 'wildcard', true],
    ['com.t', 'prefix', true],
    ['', 'prefix', false],
    ['com.a.', 'wildcard', true],
    ['com..b', 'wildcard', false],
    ['com.a..b', 'wildcard', true],
    ['com..x.y', 'wildcard', false],
    ['org..open', 'wildcard', false],
    ['org.a.', 'wildcard', false],
    ['org.a.open', 'wildcard', true],
    ['.a.open', 'wildcard', false],
  ])('a pattern has to be allowed in all its parts: %s as %s, %s', (uri, match, expected) => {
    expect(may(permissions, uri, match)).toBe(expected);
  });

  test.each<[string, boolean]>([
    ['.a', false],
    ['.', false],
    ['b.', false],
    ['c..a', true],
    ['c.', true],
  ])('a gap takes in what is denied by its beginning: %s, %s', (pattern, expected) => {
    const all = { uri: '', match: 'prefix', allow: ALL } as const;
    const denied = { uri: 'b', match: 'prefix', allow: [] } as const;
    expect(may([all, denied], pattern, 'wildcard')).toBe(expected);
  });

  test('whoever gets a pattern gets nothing that would be denied alone', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '');
    const uri = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    const pattern = fc
      .record({ uri, match: fc.constantFrom(...MATCH_POLICIES) })
      .filter(({ uri: text, match }) => isUri(text, match));
    const permission = fc.record({ pattern, allowed: fc.boolean() });
    const uris = fc.array(
      uri.filter((text) => isUri(text)),
      { minLength: 5, maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(permission, { selector: (one) => JSON.stringify(one.pattern), maxLength: 6 }),
        pattern,
        uris,
        (given, wanted, samples) => {
          const permissions = given.map(({ pattern: of, allowed }) => ({ ...of, allow: allowed ? ALL : [] }));
          if (!may(permissions, wanted.uri, wanted.match)) return;
          for (const sample of samples) {
            if (matchesUri(sample, wanted.uri, wanted.match))
              expect([sample, may(permissions, sample)]).toEqual([sample, true]);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

test.each<[string, unknown, RegExp]>([
  ['a policy', { uri: 'a', match: 'regex', allow: [] }, /role\[0\]\.match: expected one of exact/],
  ['a URI', { uri: 'a b', allow: [] }, /role\[0\]\.uri/],
  ['what is allowed', { uri: 'a', allow: ['fly'] }, /role\[0\]\.allow: expected some of call/],
  ['a list', { uri: 'a' }, /role\[0\]\.allow/],
  ['a disclosure', { uri: 'a', allow: [], disclose: true }, /role\[0\]\.disclose/],
])('a permission with a mistake in %s is refused by name', (_, permission, text) => {
  expect(() => new Permissions([permission as Permission], 'role')).toThrow(text);
});

test('two permissions for the same are refused', () => {
  const twice = [
    { uri: 'a', allow: [] },
    { uri: 'a', allow: ALL },
  ];
  expect(() => new Permissions(twice, 'role')).toThrow(/already/);
});
