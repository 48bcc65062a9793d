import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hmac, pbkdf2 } from '../../src/auth/hash.ts';
import { equalOctets, fromHex, toHex, utf8 } from '../../src/auth/octets.ts';

const octets = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, at) => first + 7 * at);
const ofHex = (hex: string): Uint8Array => fromHex(hex, hex.length / 2) as Uint8Array;

test('octets are the same when all of them are, and there are no others', () => {
  const three = octets(3);
  for (const other of [octets(2), octets(4), octets(3, 1), new Uint8Array()]) {
    expect(equalOctets(three, other)).toBe(false);
    expect(equalOctets(other, three)).toBe(false);
  }
  expect(equalOctets(three, octets(3))).toBe(true);
});

describe('HMAC-SHA256', () => {
  // RFC 4231, sections 4.2, 4.3 and 4.7.
  test.each([
    ['0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    ['4a656665', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [
      'aa'.repeat(131),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('is as in RFC 4231', (key, message, expected) => {
    expect(toHex(hmac(ofHex(key), utf8(message)))).toBe(expected);
  });

  test("is Node's, for keys and messages of all lengths", () => {
    for (let length = 0; length <= 130; length += 13) {
      const [key, message] = [octets(length, 3), octets(2 * length)];
      expect(toHex(hmac(key, message))).toBe(createHmac('sha256', key).update(message).digest('hex'));
    }
    for (const length of [63, 64, 65])
      expect(toHex(hmac(octets(length), octets(64)))).toBe(
        createHmac('sha256', octets(length)).update(octets(64)).digest('hex'),
      );
  });
});

describe('PBKDF2-HMAC-SHA256', () => {
  // RFC 7914, section 11.
  test('is as in RFC 7914', async () => {
    const key = await pbkdf2(utf8('passwd'), { salt: utf8('salt'), iterations: 1, length: 64 });
    expect(toHex(key)).toBe(
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
        '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    );
  });

  test("is Node's, for all lengths, salts and rounds", async () => {
    for (const [password, salt, iterations, length] of [
      [0, 0, 1, 1],
      [6, 16, 2, 31],
      [64, 8, 3, 32],
      [65, 70, 10, 33],
      [200, 16, 1000, 100],
      [6, 16, 1, 1024],
      [6, 16, 1, 32 * 260],
    ] as const) {
      const expected = pbkdf2Sync(octets(password), octets(salt, 9), iterations, length, 'sha256');
      const key = await pbkdf2(octets(password), { salt: octets(salt, 9), iterations, length });
      expect(toHex(key)).toBe(expected.toString('hex'));
    }
  });

  test('refuses a number of rounds that is none', async () => {
    for (const iterations of [0, -1, 1.5, Number.NaN])
      await expect(pbkdf2(octets(3), { salt: octets(8), iterations, length: 32 })).rejects.toThrow();
  });
});
