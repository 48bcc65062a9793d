import { show, UsageError } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import { keyPair, sign, verify } from './ed25519.ts';
import { AuthError } from './errors.ts';
import type { AuthConnection, AuthMethod } from './method.ts';
import { equalOctets, fromHex, joined, randomOctets, toHex, xor } from './octets.ts';

/** A key pair for {@link cryptosign}, in hex. The private key is Ed25519's seed, 32 octets. */
export interface CryptosignKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** `tls-exporter` is for TLS 1.3 (RFC 9266), `tls-unique` what Crossbar.io and autobahn have (RFC 5929). */
export type ChannelBindingType = 'tls-unique' | 'tls-exporter';

/** The TLS connection below, as both of its ends see it. */
export interface ChannelBinding {
  readonly type: ChannelBindingType;
  /** Its 32 octets; a function is called at each challenge. */
  readonly id: Uint8Array | (() => Uint8Array);
}

/** What {@link cryptosign} takes. */
export interface CryptosignOptions {
  /** The name to ask for. Without one, the router knows it from the key. */
  readonly authid?: string;
  /** 32 octets, or their hex. */
  readonly privateKey: string | Uint8Array;
  /** The router's public key, in hex: then it has to prove that it has the private one. */
  readonly routerKey?: string;
  /**
   * Ties the login to this one TLS connection: by its type where the connection can tell, which those of `rocade/node` can, and
   * browsers cannot; or with the id.
   */
  readonly channelBinding?: ChannelBindingType | ChannelBinding;
  /** Whose certificates these are: an Ethereum address, or a name that stands for one. Sent as it is. */
  readonly trustroot?: string;
  /** For routers that do not know the key: a chain of certificates for it, as the router wants them. Sent as they are. */
  readonly certificates?: readonly unknown[];
}

const LENGTH = 32;
const SIGNATURE_LENGTH = 64;
/** What Crossbar.io takes for one: an Ethereum address, or an ENS name. */
const TRUSTROOT = /^0x[0-9a-f]{40}$|.\.eth$/i;

/**
 * Makes a key pair, or completes the one of a private key.
 *
 * @example
 * const { publicKey } = cryptosignKeys('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
 * console.log(publicKey); // => 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
 */
export function cryptosignKeys(privateKey: string | Uint8Array = randomOctets(LENGTH)): CryptosignKeys {
  const seed = seedOf(privateKey);
  return { privateKey: toHex(seed), publicKey: toHex(keyPair(seed).publicKey) };
}

/** The text of the error must not show what was given. */
function seedOf(privateKey: string | Uint8Array): Uint8Array {
  const seed = privateKey instanceof Uint8Array ? privateKey : fromHex(privateKey, LENGTH);
  if (seed?.length !== LENGTH) throw new UsageError('cryptosign: privateKey has to be 32 octets, or 64 digits of hex');
  return seed;
}

/**
 * Signs the router's challenge with a private key (Ed25519), and checks the router's own signature when its public key is
 * given. Nothing secret is sent, and the router keeps nothing secret. Certificates (`trustroot`, `certificates`) are carried, not
 * made or checked.
 *
 * An {@link AuthError} says what is wrong with a challenge. Specification: Advanced Profile, "Cryptosign-based Authentication".
 *
 * @example
 * const { privateKey, publicKey } = cryptosignKeys();
 * console.log(cryptosign({ privateKey }).authextra?.()['pubkey'] === publicKey); // => true
 */
export function cryptosign(options: CryptosignOptions): AuthMethod {
  const { authid, privateKey, routerKey, trustroot, certificates } = options;
  const { publicKey, secretKey } = keyPair(seedOf(privateKey));
  const pubkey = toHex(publicKey);
  const router = routerKey === undefined ? undefined : fromHex(routerKey, LENGTH);
  if (routerKey !== undefined && !router) throw new UsageError('cryptosign: routerKey has to be 64 digits of hex');
  if (trustroot !== undefined && !TRUSTROOT.test(trustroot))
    throw wrong('trustroot', '0x… or a name in .eth', trustroot);
  if (certificates !== undefined && !Array.isArray(certificates)) throw wrong('certificates', 'a list', certificates);
  const bindingOver = bindingOf(options.channelBinding);
  let asked: Uint8Array | undefined;
  let proved = false;
  return {
    name: 'cryptosign',
    ...(authid !== undefined && { authid }),
    authextra(connection) {
      const binding = bindingOver(connection);
      asked = router && randomOctets(LENGTH);
      proved = false;
      return {
        pubkey,
        ...(binding && { channel_binding: binding.type }),
        ...(asked && { challenge: toHex(asked) }),
        ...(trustroot !== undefined && { trustroot }),
        ...(certificates && { certificates }),
      };
    },
    answer(extra, connection) {
      const challenge = fromHex(extra['challenge'], LENGTH);
      if (!challenge) throw new AuthError('cryptosign: challenge: expected 64 digits of hex');
      const bound = bind(extra['channel_binding'], bindingOver(connection));
      if (router) {
        const wanted = asked;
        asked = undefined;
        if (!wanted || !isSigned({ by: router, message: bound(wanted), signature: extra['signature'] }))
          throw new AuthError('cryptosign: the router has not signed with the key that is expected of it');
        proved = true;
      }
      return { signature: signed(bound(challenge), secretKey) };
    },
    verify() {
      if (router && !proved) throw new AuthError('cryptosign: the router has not proved who it is');
    },
  };
}

/** The binding that is wanted, over a connection. Throws where it is not to be had: a login without would be less than was asked for. */
function bindingOf(
  wanted: ChannelBindingType | ChannelBinding | undefined,
): (connection: AuthConnection | undefined) => ChannelBinding | undefined {
  if (typeof wanted !== 'string') return () => wanted;
  const needs = NEEDS[wanted];
  if (!needs) throw wrong('channelBinding', 'tls-exporter or tls-unique', wanted);
  return (connection) => {
    const id = connection?.channelBinding?.(wanted);
    if (id) return { type: wanted, id };
    throw new AuthError(
      `cryptosign: this connection has no ${wanted}: expected ${needs}, by a connector of rocade/node`,
    );
  };
}

/** What has to be there for each. */
const NEEDS: Readonly<Record<string, string | undefined>> = {
  'tls-exporter': 'TLS 1.3',
  'tls-unique': 'TLS that resumes no session',
};

function wrong(option: string, expected: string, got: unknown): UsageError {
  return new UsageError(`cryptosign: ${option}: expected ${expected}, got ${show(got)}`);
}

/** What happens to a challenge before it is signed. A binding that is not there when asked for, or there when not, is refused. */
function bind(used: unknown, wanted: ChannelBinding | undefined): (challenge: Uint8Array) => Uint8Array {
  if ((used ?? undefined) !== wanted?.type) {
    const asked = wanted ? `${wanted.type} was asked for` : 'none was asked for';
    throw new AuthError(`cryptosign: the router has another channel binding in mind: ${asked}`);
  }
  if (!wanted) return (challenge) => challenge;
  const id = typeof wanted.id === 'function' ? wanted.id() : wanted.id;
  if (id.length !== LENGTH) throw new UsageError('cryptosign: the id of a channel binding has to be 32 octets');
  return (challenge) => xor(challenge, id);
}

/** The signature, and behind it what was signed. */
function signed(message: Uint8Array, secretKey: Uint8Array): string {
  return toHex(joined(sign(message, secretKey), message));
}

interface Signature {
  readonly by: Uint8Array;
  readonly message: Uint8Array;
  /** As in AUTHENTICATE or CHALLENGE. */
  readonly signature: unknown;
}

/** What was signed has to be what was sent: else an old signature would do. */
function isSigned({ by, message, signature }: Signature): boolean {
  const octets = fromHex(signature, SIGNATURE_LENGTH + LENGTH);
  if (!octets || !equalOctets(octets.subarray(SIGNATURE_LENGTH), message)) return false;
  return verify(message, octets.subarray(0, SIGNATURE_LENGTH), by);
}

/** What {@link cryptosignChallenge} takes. */
export interface CryptosignChallengeOptions {
  /** Of HELLO. */
  readonly authextra: Dict | undefined;
  /** The router's own, to answer a client that wants it to prove itself. */
  readonly privateKey?: string | Uint8Array;
  /** The connection, if the router can tell. */
  readonly channelBinding?: ChannelBinding;
}

/** `CHALLENGE.extra`. */
export interface CryptosignChallenge extends Dict {
  readonly challenge: string;
  readonly channel_binding: string | null;
  readonly pubkey?: string;
  readonly signature?: string;
}

/**
 * The router's half of {@link cryptosign}: `CHALLENGE.extra` for one login. Throws an {@link AuthError} when HELLO asks for
 * a channel binding that is not there, or for a proof by what is no challenge.
 */
export function cryptosignChallenge(options: CryptosignChallengeOptions): CryptosignChallenge {
  const { authextra = {}, privateKey, channelBinding } = options;
  const { channel_binding: wanted, challenge: asked } = authextra;
  const binding = wanted == null ? undefined : channelBinding;
  if ((wanted ?? undefined) !== binding?.type) throw new AuthError('cryptosign: this channel binding is not there');
  const bound = bind(wanted, binding);
  const challenge = { challenge: toHex(randomOctets(LENGTH)), channel_binding: binding?.type ?? null };
  if (asked == null || privateKey === undefined) return challenge;
  const message = fromHex(asked, LENGTH);
  if (!message) throw new AuthError('cryptosign: authextra.challenge: expected 64 digits of hex');
  const { publicKey, secretKey } = keyPair(seedOf(privateKey));
  return { ...challenge, pubkey: toHex(publicKey), signature: signed(bound(message), secretKey) };
}

/** What {@link verifyCryptosign} compares. */
export interface CryptosignCheck {
  /** Hex, as in `HELLO.authextra.pubkey`; whose it is, is for the router to know. */
  readonly publicKey: string;
  /** What the router sent. */
  readonly challenge: CryptosignChallenge;
  /** Of AUTHENTICATE. */
  readonly signature: string;
  readonly channelBinding?: ChannelBinding;
}

/**
 * The router's half of {@link cryptosign}: is this the signature of this very challenge?
 *
 * @example
 * const client = cryptosign({ privateKey: cryptosignKeys().privateKey });
 *
 * const authextra = client.authextra?.(); // goes with HELLO
 * const challenge = cryptosignChallenge({ authextra }); // CHALLENGE
 * const { signature } = await client.answer(challenge); // AUTHENTICATE
 * verifyCryptosign({ publicKey: String(authextra?.['pubkey']), challenge, signature }); // => true
 */
export function verifyCryptosign({ publicKey, challenge, signature, channelBinding }: CryptosignCheck): boolean {
  const by = fromHex(publicKey, LENGTH);
  const sent = fromHex(challenge.challenge, LENGTH);
  if (!by || !sent) return false;
  const bound = bind(challenge.channel_binding, challenge.channel_binding === null ? undefined : channelBinding);
  return isSigned({ by, message: bound(sent), signature });
}
