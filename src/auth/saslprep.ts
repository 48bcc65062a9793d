import { UsageError } from '../base/index.ts';

/**
 * SASLprep (RFC 4013), so that a password typed on two keyboards is the same octets. Mapping, prohibited characters and the rule
 * of directions are RFC 3454's; normalization is that of the engine's Unicode, where the RFC has version 3.2, and characters
 * that were not assigned then are let through, as RFC 4013 has it for queries. Left-to-right are here all other letters.
 */

/** Table B.1. */
const NOTHING = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200B|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;
/** Table C.1.2. */
const SPACE = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/gu;

/** What must not occur, by the tables of RFC 3454, and what an error calls it. */
const PROHIBITED: readonly (readonly [what: string, RegExp])[] = [
  // C.2.1 and C.2.2
  [
    'a control character',
    /[\0-\x1F\x7F-\x9F\u06DD\u070F\u180E\u2028\u2029\u2061-\u2063\u206A-\u206F\uFFF9-\uFFFC\u{1D173}-\u{1D17A}]/u,
  ],
  // C.3
  ['a character for private use', /\p{Co}/u],
  // C.4
  ['what is no character', /\p{Noncharacter_Code_Point}/u],
  // C.5
  ['half of a surrogate pair', /\p{Surrogate}/u],
  // C.6 and C.7
  ['a character that stands for another', /[\uFFFD\u2FF0-\u2FFB]/u],
  // C.8
  ['a character that changes how others are shown', /[\u0340\u0341\u200E\u200F\u202A-\u202E]/u],
  // C.9
  ['a tag', /[\u{E0001}\u{E0020}-\u{E007F}]/u],
];

/** Table D.1: what is written from right to left. */
const RIGHT =
  '[\\u05BE\\u05C0\\u05C3\\u05D0-\\u05EA\\u05F0-\\u05F4\\u061B\\u061F\\u0621-\\u063A\\u0640-\\u064A\\u066D-\\u066F\\u0671-\\u06D5' +
  '\\u06DD\\u06E5\\u06E6\\u06FA-\\u06FE\\u0700-\\u070D\\u0710\\u0712-\\u072C\\u0780-\\u07A5\\u07B1\\u200F\\uFB1D\\uFB1F-\\uFB28' +
  '\\uFB2A-\\uFB36\\uFB38-\\uFB3C\\uFB3E\\uFB40\\uFB41\\uFB43\\uFB44\\uFB46-\\uFBB1\\uFBD3-\\uFD3D\\uFD50-\\uFD8F\\uFD92-\\uFDC7' +
  '\\uFDF0-\\uFDFC\\uFE70-\\uFE74\\uFE76-\\uFEFC]';
const HAS_RIGHT = new RegExp(RIGHT, 'u');
const RIGHT_AT_BOTH_ENDS = new RegExp(`^${RIGHT}(?:.*${RIGHT})?$`, 'su');
const HAS_LEFT = new RegExp(`(?!${RIGHT})\\p{L}`, 'u');

/** `what` is for the error, which does not show the text. Throws a UsageError for what cannot be a name or a password. */
export function saslprep(what: string, text: string): string {
  if (/^[\x20-\x7E]*$/.test(text)) return text;
  const prepared = text.replace(NOTHING, '').replace(SPACE, ' ').normalize('NFKC');
  for (const [name, found] of PROHIBITED) {
    if (found.test(prepared)) throw new UsageError(`${what}: ${name} is not allowed (RFC 4013)`);
  }
  if (HAS_RIGHT.test(prepared) && (HAS_LEFT.test(prepared) || !RIGHT_AT_BOTH_ENDS.test(prepared)))
    throw new UsageError(`${what}: letters of both directions cannot be mixed like this (RFC 4013)`);
  return prepared;
}
