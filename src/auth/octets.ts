import { fromBase64, toBase64 } from '../base/index.ts';

/** Octets as cryptography handles them: from text, from hex, compared without telling how far they agree. */

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Octets that nobody can guess. Pages without TLS have this, too, unlike the rest of WebCrypto. */
export function randomOctets(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Takes as long for octets that differ in the first place as for those that differ in the last. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] as number) ^ (b[at] ?? 0);
  return difference === 0;
}

export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, at) => octet ^ (b[at] as number));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lower case. */
export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** The octets of hex in either case; undefined when the value is no text, no hex, or not of this length in octets. */
export function fromHex(value: unknown, length: number): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length !== 2 * length || !/^[0-9a-f]*$/i.test(value)) return undefined;
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(value.slice(2 * at, 2 * at + 2), 16));
}

/** The octets of canonical base64: no other text stands for the same octets. */
export function fromCanonicalBase64(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined;
  const octets = fromBase64(value);
  return octets && toBase64(octets) === value ? octets : undefined;
}
