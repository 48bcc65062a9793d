import { describe, expect, test } from 'vitest';
import * as page from '../../src/auth/ed25519.browser.ts';
import * as node from '../../src/auth/ed25519.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

// RFC 8032, section 7.1: tests 1 to 3.
const VECTORS = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

describe.each([
  { where: 'Node', ed25519: node },
  { where: 'pages', ed25519: { keyPair: page.keyPair, sign: page.sign, verify: page.verify } },
])('Ed25519 for $where', ({ ed25519 }) => {
  test.each(VECTORS)('signs and verifies as RFC 8032 has it: $message', ({ seed, publicKey, message, signature }) => {
    const pair = ed25519.keyPair(hex(seed));
    expect(toHex(pair.publicKey)).toBe(publicKey);
    expect(toHex(ed25519.sign(hex(message), pair.secretKey))).toBe(signature);
    expect(ed25519.verify(hex(message), hex(signature), hex(publicKey))).toBe(true);
  });

  test('takes no signature of another message, of another key, or that is none', () => {
    const [one, two] = VECTORS as [(typeof VECTORS)[0], (typeof VECTORS)[0]];
    expect(ed25519.verify(hex('73'), hex(two.signature), hex(two.publicKey))).toBe(false);
    expect(ed25519.verify(hex(two.message), hex(two.signature), hex(one.publicKey))).toBe(false);
    expect(ed25519.verify(hex(two.message), new Uint8Array(64).fill(255), hex(two.publicKey))).toBe(false);
    expect(ed25519.verify(hex(two.message), hex(two.signature), new Uint8Array(32).fill(255))).toBe(false);
  });
});
