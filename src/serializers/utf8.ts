/** Text as octets, in neither direction with a replacement for what is malformed. */

const encoder = new TextEncoder();
/** A byte order mark at the beginning is text too. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Below this, a loop beats the call into the engine. */
const SHORT = 24;

interface Modern {
  isWellFormed?(): boolean;
}

/** Has a text no half of a surrogate pair, which UTF-8 cannot carry? */
export function isWellFormed(text: string): boolean {
  return (text as Modern).isWellFormed?.() ?? !/\p{Surrogate}/u.test(text);
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes a well-formed text into a buffer with room for three octets per character; returns where it ends. */
export function writeText(text: string, into: Uint8Array, at: number): number {
  return at + encoder.encodeInto(text, into.subarray(at)).written;
}

/** The text of octets that are UTF-8. */
export function readText(octets: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = '';
    let at = start;
    for (; at < end; at++) {
      const octet = octets[at] as number;
      if (octet >= 0x80) break;
      text += String.fromCharCode(octet);
    }
    if (at === end) return text;
  }
  return decoder.decode(octets.subarray(start, end));
}

/** Where octets cease to be UTF-8 (RFC 3629), or `end` when they are it to the end. */
export function endOfText(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const first = octets[at] as number;
    if (first < 0x80) {
      at++;
      continue;
    }
    const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || at + size > end) return at;
    const second = octets[at + 1] as number;
    // Beyond this, the shortest form would have been shorter, or it is half of a surrogate pair, or above U+10FFFF.
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return at;
    for (let next = at + 2; next < at + size; next++) if (((octets[next] as number) & 0xc0) !== 0x80) return at;
    at += size;
  }
  return end;
}
