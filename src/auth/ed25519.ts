import nacl from 'tweetnacl';

/** Ed25519 (RFC 8032) where every login is to be verified: a router's, and whatever else runs in Node. Pages have `ed25519.browser.ts`. */

export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** What {@link sign} takes; not the seed. */
  readonly secretKey: Uint8Array;
}

export const keyPair = (seed: Uint8Array): KeyPair => nacl.sign.keyPair.fromSeed(seed);

export const sign = (message: Uint8Array, secretKey: Uint8Array): Uint8Array => nacl.sign.detached(message, secretKey);

/** Lengths are right already. */
export const verify = (message: Uint8Array, signature: Uint8Array, by: Uint8Array): boolean =>
  nacl.sign.detached.verify(message, signature, by);
