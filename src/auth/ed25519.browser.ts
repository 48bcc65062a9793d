import { getPublicKey, hashes, sign as signed, verify as isSigned } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { KeyPair } from './ed25519.ts';

/** Ed25519 for pages, which sign once for each login: less than half the size. */

/** Handed over at each use and not when the page loads, so that who does not sign does not bundle it. */
const handOverHash = (): void => void (hashes.sha512 = sha512);

export function keyPair(seed: Uint8Array): KeyPair {
  handOverHash();
  return { publicKey: getPublicKey(seed), secretKey: seed };
}

export function sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  handOverHash();
  return signed(message, secretKey);
}

export function verify(message: Uint8Array, signature: Uint8Array, by: Uint8Array): boolean {
  handOverHash();
  return isSigned(signature, message, by, { zip215: false });
}
