import { scram, scramRecord } from 'rocade/auth';
import { describe, expect, test } from 'vitest';

const prepared = (authid: string) => scram({ authid, password: 'x' }).authid;

describe('RFC 4013, SASLprep: names and passwords', () => {
  test.each([
    ['I\u00ADX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00AA', 'a'],
    ['\u2168', 'IX'],
    ['no\u00A0break\u3000space', 'no break space'],
    ['e\u0301', 'é'],
    ['\u0627\u0031\u0628', '\u0627\u0031\u0628'],
    ['日本語', '日本語'],
    ['😀', '😀'],
  ])('%j becomes %j', (text, expected) => {
    expect(prepared(text)).toBe(expected);
  });

  test.each([
    ['\u0007', /control/],
    ['a\u0000b', /control/],
    ['\u0627\u0031', /directions/],
    ['\u05D0a\u05D0', /directions/],
    ['\uE000', /private use/],
    ['\uFDD0', /no character/],
    ['\uD800', /surrogate/],
    ['\u200Ex', /how others are shown/],
    ['\u{E0041}', /tag/],
    ['\uFFFD', /stands for another/],
  ])('%j is refused', (text, message) => {
    expect(() => prepared(text)).toThrow(message);
  });

  test('a password is treated so, and an error does not show it', async () => {
    const [salt, iterations] = [new Uint8Array(16), 1];
    const record = (password: string) => scramRecord({ password, kdf: 'pbkdf2', iterations, salt });
    expect(await record('I\u00ADX')).toEqual(await record('IX'));
    const error: Error = await record('hunter2\u0007').catch((reason) => reason);
    expect(error.message).toBe('wamp-scram: password: a control character is not allowed (RFC 4013)');
  });
});
