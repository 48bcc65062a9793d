import { show, toBase64 } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import { Fields } from './challenge.ts';
import { AuthError } from './errors.ts';
import { hmac, sha256 } from './hash.ts';
import type { AuthAnswer, AuthMethod } from './method.ts';
import { equalOctets, fromCanonicalBase64, randomOctets, utf8, xor } from './octets.ts';
import { readCost, type ScramCost, type ScramKeys, type ScramLimits, saltedPassword, scramKeys } from './scram-keys.ts';
import { assertAuthid, assertSecret, reveal, type Secret } from './secret.ts';

/** What {@link scram} and {@link crossbarScram} take. */
export interface ScramOptions extends ScramLimits {
  /** Who this is. */
  readonly authid: string;
  /** A text, or a function that is called at each challenge. */
  readonly password: Secret;
}

/** What differs between SCRAM as WAMP specifies it and as Crossbar.io has it. */
export interface Dialect {
  readonly name: string;
  /** Its name for Argon2id. */
  readonly argon2: string;
  /** In the signed text: that there is no channel binding. */
  readonly unbound: string;
  /** What `HELLO.authid` becomes in the signed text. */
  user(authid: string): string;
  password(text: string): string;
  /** What the keys are made from. */
  secretOf(salted: Uint8Array, cost: ScramCost): Uint8Array;
  /** The router's signature in `WELCOME.authextra`. */
  verifier(authextra: Dict): unknown;
}

/** A multiple of three, so that the base64 of this and more octets starts with the base64 of this. */
const NONCE_LENGTH = 24;
/** Octets; RFC 8018, section 4.1. */
const MIN_SALT_LENGTH = 8;

export const newNonce = (): string => toBase64(randomOctets(NONCE_LENGTH));

/** What both sides sign. Specification: RFC 5802, section 3. */
export interface Signed {
  readonly authid: string;
  readonly clientNonce: string;
  /** Both nonces, as the router sent them. */
  readonly nonce: string;
  readonly salt: string;
  readonly iterations: number;
}

export function signedText(dialect: Dialect, { authid, clientNonce, nonce, salt, iterations }: Signed): Uint8Array {
  const first = `n=${dialect.user(authid)},r=${clientNonce}`;
  return utf8(`${first},r=${nonce},s=${salt},i=${iterations},c=${dialect.unbound},r=${nonce}`);
}

interface Salting {
  readonly salt: Uint8Array;
  readonly cost: ScramCost;
}

export async function keysOf(dialect: Dialect, text: string, { salt, cost }: Salting): Promise<ScramKeys> {
  const salted = await saltedPassword(utf8(dialect.password(text)), salt, cost);
  return scramKeys(dialect.secretOf(salted, cost));
}

/**
 * Derives keys, and remembers the last ones, so that only the first of many connections costs what a login costs. The
 * password is remembered as a hash that means nothing elsewhere.
 */
function remembering(dialect: Dialect): (text: string, salting: Salting) => Promise<ScramKeys> {
  const secret = randomOctets(32);
  let last: { readonly of: Uint8Array; readonly keys: ScramKeys } | undefined;
  return async (text, salting) => {
    const of = hmac(secret, utf8(JSON.stringify([text, toBase64(salting.salt), salting.cost])));
    if (!last || !equalOctets(last.of, of)) last = { of, keys: await keysOf(dialect, text, salting) };
    return last.keys;
  };
}

/** The client's half. What it knows of one login lasts from HELLO to WELCOME and is good for one challenge. */
export function scramMethod(dialect: Dialect, { authid, password, ...limits }: ScramOptions): AuthMethod {
  const { name } = dialect;
  assertAuthid(name, authid);
  assertSecret(`${name}: password`, password);
  const derive = remembering(dialect);
  let clientNonce: string | undefined;
  let expected: Uint8Array | undefined;
  return {
    name,
    authid,
    authextra() {
      expected = undefined;
      clientNonce = newNonce();
      return { nonce: clientNonce };
    },
    async answer(extra) {
      const mine = clientNonce;
      clientNonce = undefined;
      const fields = new Fields(`${name}: challenge`, extra);
      const nonce = fields.text('nonce');
      if (mine === undefined) throw new AuthError(`${name}: a challenge without a HELLO before it`);
      if (!nonce.startsWith(mine) || nonce.length === mine.length)
        throw new AuthError(
          `${name}: challenge.nonce: does not continue the one in HELLO; this may be another's challenge`,
        );
      if (/[^\x21-\x2B\x2D-\x7E]/.test(nonce)) throw new AuthError(`${name}: challenge.nonce: not printable`);
      const saltOctets = fields.base64('salt');
      if (saltOctets.length < MIN_SALT_LENGTH)
        throw new AuthError(`${name}: challenge.salt: expected at least ${MIN_SALT_LENGTH} octets`);
      const cost = readCost(fields, dialect.argon2, limits);
      const text = await reveal(`${name}: password`, password);
      const keys = await derive(text, { salt: saltOctets, cost });
      const { iterations } = cost;
      const message = signedText(dialect, { authid, clientNonce: mine, nonce, salt: fields.text('salt'), iterations });
      expected = hmac(keys.serverKey, message);
      const signature = toBase64(xor(keys.clientKey, hmac(keys.storedKey, message)));
      return { signature, extra: { nonce, channel_binding: null, cbind_data: null } };
    },
    verify({ authextra }) {
      const wanted = expected;
      expected = undefined;
      const given = fromCanonicalBase64(dialect.verifier((authextra ?? {}) as Dict));
      if (!wanted || !given || !equalOctets(wanted, given))
        throw new AuthError(`${name}: the router has not proved that it knows this user; it may be somebody else`);
    },
  };
}

/** What a router holds of one login, and what came for it. */
export interface Exchange extends Signed {
  readonly storedKey: Uint8Array | undefined;
  readonly serverKey: Uint8Array | undefined;
  readonly answer: AuthAnswer;
}

/** The router's half: its own signature when the client's is right, otherwise undefined. */
export function serverSignature(dialect: Dialect, exchange: Exchange): string | undefined {
  const { storedKey, serverKey, answer, nonce } = exchange;
  const proof = fromCanonicalBase64(answer.signature);
  const { nonce: returned = nonce, channel_binding: binding, cbind_data: data } = answer.extra ?? {};
  if (!storedKey || !serverKey || proof?.length !== 32 || returned !== nonce || binding != null || data != null)
    return undefined;
  const message = signedText(dialect, exchange);
  const clientKey = xor(proof, hmac(storedKey, message));
  return equalOctets(sha256(clientKey), storedKey) ? toBase64(hmac(serverKey, message)) : undefined;
}

/** The client's nonce in `HELLO.authextra`. Throws an {@link AuthError} for what is none. */
export function nonceOf(name: string, authextra: Dict | undefined): string {
  const nonce = authextra?.['nonce'];
  if (typeof nonce === 'string' && nonce.length <= 256 && fromCanonicalBase64(nonce)?.length) return nonce;
  throw new AuthError(`${name}: authextra.nonce: expected base64, got ${show(nonce)}`);
}
