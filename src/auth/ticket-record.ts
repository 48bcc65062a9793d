// Apart from the client's half, which needs no cryptography, so that who only logs in does not load any.
import { toBase64, UsageError } from '../base/index.ts';
import { equalTexts, hmac, pbkdf2 } from './hash.ts';
import { fromCanonicalBase64, randomOctets, utf8 } from './octets.ts';
import type { DecoyOptions } from './wampcra.ts';

const HASH_LENGTH = 32;

/** What {@link verifyTicket} compares. */
export interface TicketCheck {
  /** What the router knows. */
  readonly ticket: string;
  /** Of AUTHENTICATE. */
  readonly signature: string;
}

/**
 * The router's half of `ticket`: compares in constant time.
 *
 * @example
 * verifyTicket({ ticket: 's3cret', signature: 's3cret' }); // => true
 */
export function verifyTicket({ ticket: expected, signature }: TicketCheck): boolean {
  return equalTexts(expected, signature);
}

/** What a router keeps of a ticket: it opens nothing, here or elsewhere. Hash and salt are base64. */
export interface TicketRecord {
  readonly hash: string;
  readonly salt: string;
  /** Rounds of PBKDF2-HMAC-SHA256. */
  readonly iterations: number;
}

/** What {@link ticketRecord} takes. */
export interface TicketRecordOptions {
  readonly ticket: string;
  /** Rounds of PBKDF2, which each login costs the router. Default 10,000; 1 is enough for a ticket that is long and random. */
  readonly iterations?: number;
  /** Default: 16 random octets. */
  readonly salt?: Uint8Array;
}

/**
 * Hashes a ticket for a router to keep. Throws a `UsageError` when `iterations` is no positive integer.
 *
 * @example
 * const record = await ticketRecord({ ticket: 's3cret', iterations: 1000 });
 * console.log(await verifyTicketRecord({ record, signature: 's3cret' })); // => true
 */
export async function ticketRecord({
  ticket: text,
  iterations = 10_000,
  salt = randomOctets(16),
}: TicketRecordOptions): Promise<TicketRecord> {
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new UsageError('ticket: iterations has to be a positive integer');
  const hash = await pbkdf2(utf8(text), { salt, iterations, length: HASH_LENGTH });
  return { hash: toBase64(hash), salt: toBase64(salt), iterations };
}

/** The router's half of `ticket`, for what {@link ticketRecord} has made: compares in constant time. */
export async function verifyTicketRecord({
  record,
  signature,
}: {
  readonly record: TicketRecord;
  readonly signature: string;
}): Promise<boolean> {
  const salt = fromCanonicalBase64(record.salt);
  if (!salt) throw new UsageError('ticket: the salt of a record has to be base64');
  const given = await ticketRecord({ ticket: signature, iterations: record.iterations, salt });
  return equalTexts(record.hash, given.hash);
}

/** A record for somebody who does not exist: no ticket fits it. */
export function ticketDecoy({ authid, seed, like }: DecoyOptions<TicketRecord>): TicketRecord {
  const part = (name: string): Uint8Array => hmac(seed, utf8(`${name} ${authid}`));
  return { ...like, hash: toBase64(part('ticket')), salt: toBase64(part('salt').subarray(0, 16)) };
}
