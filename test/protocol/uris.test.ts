import { UsageError } from 'rocade';
import { assertUri, isReservedUri, isUri, MAX_URI_LENGTH, type MatchPolicy } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';

// Specification: Basic Profile, "URIs"; Advanced Profile, "Pattern-based Subscriptions" and "… Registrations".

const ONLY: Readonly<Record<MatchPolicy, readonly string[]>> = {
  exact: ['exact', 'prefix', 'wildcard'],
  prefix: ['prefix', 'wildcard'],
  wildcard: ['wildcard'],
};
/** URIs by the first policy that takes them; the others do not, or do so too. */
const GOOD: Readonly<Record<MatchPolicy, readonly string[]>> = {
  exact: [
    'a',
    'com.example.topic',
    'com.Example.Top-ic!',
    'größe.長い.🚲',
    'a.b.c.d.e.f',
    '0',
    'wamp.error.x',
    'a/b:c,d',
  ],
  prefix: ['', 'com.', 'com.example.'],
  wildcard: ['.', '..', '.com', 'com..topic', '..c', 'a..'],
};
const BAD = ['com example', ' a', 'a ', 'a\tb', 'a\nb', 'a\u00a0b', 'a#b', '#', 'com.exa#mple', 'a. .b'];

describe('URIs', () => {
  for (const [first, uris] of Object.entries(GOOD) as [MatchPolicy, string[]][]) {
    for (const match of ['exact', 'prefix', 'wildcard'] as const) {
      const good = ONLY[first].includes(match);
      test.each(uris)(`for ${match} matching, '%s' is ${good ? '' : 'not '}a URI`, (uri) => {
        expect(isUri(uri, match)).toBe(good);
      });
    }
  }

  test.each(BAD)('%j is none for any policy', (uri) => {
    for (const match of ['exact', 'prefix', 'wildcard'] as const) expect(isUri(uri, match)).toBe(false);
  });

  test.each([undefined, null, 1, {}, ['a']])('%j is none, as it is no string', (value) => {
    expect(isUri(value)).toBe(false);
  });

  test('its length has a limit, and checking it takes no time that grows with it', () => {
    expect(isUri('a'.repeat(MAX_URI_LENGTH))).toBe(true);
    expect(isUri('a'.repeat(MAX_URI_LENGTH + 1))).toBe(false);
    const started = performance.now();
    for (const uri of [
      'a.'.repeat(500_000),
      '.'.repeat(1_000_000),
      `${'a'.repeat(1_000_000)} `,
      `${'a.'.repeat(511)} `,
    ]) {
      for (const match of ['exact', 'prefix', 'wildcard'] as const) isUri(uri, match);
    }
    // With the square of the length it would be many minutes; a busy machine is slow as well.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("what begins with the component 'wamp' is reserved, and nothing else", () => {
    expect(['wamp.a', 'wamp.error.x', 'wamp', 'wamps.a', 'com.wamp.a', 'Wamp.a'].filter(isReservedUri)).toEqual([
      'wamp.a',
      'wamp.error.x',
      'wamp',
    ]);
  });

  test('a bad one is refused with a sentence that shows it', () => {
    expect(() => assertUri('a b', 'subscribe')).toThrow(UsageError);
    expect(() => assertUri('a b', 'subscribe')).toThrow(/^subscribe: expected a URI such as .* got "a b"$/);
    expect(() => assertUri(undefined, 'call')).toThrow(/^call: expected a URI .* got undefined$/);
    expect(() => assertUri('a'.repeat(2000), 'call')).toThrow(UsageError);
    expect(() => assertUri('com.', 'register', 'prefix')).not.toThrow();
    expect(() => assertUri('com..', 'register', 'prefix')).toThrow(/^register: expected a URI \(prefix\) such as/);
  });
});
