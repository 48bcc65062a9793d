import { ProtocolViolation } from '../protocol/index.ts';

/**
 * Checks a text to be JSON and finds the elements of its outermost list, in one pass and without building a value.
 *
 * A router reads the first few elements of a message and passes the rest on as it came, so the rest has to be proved
 * harmless without being parsed: well-formed, so that no receiver chokes on it, and not nested deeper than `maxDepth`.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;
const LOWER_U = 0x75;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;

function fail(text: string, at: number, expected: string): never {
  const got = at < text.length ? `'${text.charAt(at)}'` : 'the end';
  throw new ProtocolViolation(`frame: not JSON at character ${at}: expected ${expected}, got ${got}`);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** A string longer than this is worth starting the regular expression, which then takes a quarter of the time. */
const SHORT_STRING = 24;
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;

/** From behind the opening quote to behind the closing one. */
function skipString(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (at - from > SHORT_STRING) {
      PLAIN_CHARACTERS.lastIndex = at;
      PLAIN_CHARACTERS.test(text);
      at = PLAIN_CHARACTERS.lastIndex;
    }
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at = skipEscape(text, at + 1);
    else if (code >= 0x20) at++;
    // Also the end, where the code is NaN.
    else return fail(text, at, 'the rest of a string');
  }
}

function skipEscape(text: string, at: number): number {
  if (text.charCodeAt(at) !== LOWER_U) {
    if (at < text.length && '"\\/bfnrt'.includes(text.charAt(at))) return at + 1;
    return fail(text, at, 'an escape');
  }
  for (let digit = at + 1; digit <= at + 4; digit++) {
    const code = text.charCodeAt(digit) | 0x20;
    if (!isDigit(text.charCodeAt(digit)) && !(code >= 0x61 && code <= 0x66)) fail(text, digit, 'a hexadecimal digit');
  }
  return at + 5;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at > from ? at : fail(text, at, 'a digit');
}

function skipNumber(text: string, from: number): number {
  let at = text.charCodeAt(from) === MINUS ? from + 1 : from;
  at = text.charCodeAt(at) === ZERO ? at + 1 : skipDigits(text, at);
  if (text.charAt(at) === '.') at = skipDigits(text, at + 1);
  if ((text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charAt(at + 1);
    at = skipDigits(text, sign === '+' || sign === '-' ? at + 2 : at + 1);
  }
  return at;
}

function skipWord(text: string, at: number): number {
  for (const word of ['true', 'false', 'null']) if (text.startsWith(word, at)) return at + word.length;
  return fail(text, at, 'a value');
}

/** From the first character of a value to behind its last. `room` is how many levels may still open. */
function skipValue(text: string, at: number, room: number): number {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return skipString(text, at + 1);
  if (code === OPEN_LIST) return skipList(text, at + 1, room);
  if (code === OPEN_DICT) return skipDict(text, at + 1, room);
  if (code === MINUS || isDigit(code)) return skipNumber(text, at);
  return skipWord(text, at);
}

function tooDeep(): never {
  throw new ProtocolViolation('frame: nested too deep');
}

function skipList(text: string, from: number, room: number): number {
  if (room === 0) tooDeep();
  let at = skipSpace(text, from);
  if (text.charCodeAt(at) === CLOSE_LIST) return at + 1;
  for (;;) {
    at = skipSpace(text, skipValue(text, at, room - 1));
    const code = text.charCodeAt(at);
    if (code === CLOSE_LIST) return at + 1;
    if (code !== COMMA) fail(text, at, "',' or ']'");
    at = skipSpace(text, at + 1);
  }
}

function skipDict(text: string, from: number, room: number): number {
  if (room === 0) tooDeep();
  let at = skipSpace(text, from);
  if (text.charCodeAt(at) === CLOSE_DICT) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) fail(text, at, 'a key in quotes');
    at = skipSpace(text, skipString(text, at + 1));
    if (text.charCodeAt(at) !== COLON) fail(text, at, "':'");
    at = skipSpace(text, skipValue(text, skipSpace(text, at + 1), room - 1));
    const code = text.charCodeAt(at);
    if (code === CLOSE_DICT) return at + 1;
    if (code !== COMMA) fail(text, at, "',' or '}'");
    at = skipSpace(text, at + 1);
  }
}

/**
 * Where the elements of the outermost list stand: start and end of the first, start and end of the second, and so on.
 * Throws a {@link ProtocolViolation} that names the place when the text is not one JSON list.
 */
export function scanList(text: string, maxDepth: number): number[] {
  const bounds: number[] = [];
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_LIST) fail(text, at, "'['");
  at = skipSpace(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_LIST) throw new ProtocolViolation('frame: expected a message, got an empty list');
  for (;;) {
    const end = skipValue(text, at, maxDepth - 1);
    bounds.push(at, end);
    at = skipSpace(text, end);
    const code = text.charCodeAt(at);
    if (code === CLOSE_LIST) break;
    if (code !== COMMA) fail(text, at, "',' or ']'");
    at = skipSpace(text, at + 1);
  }
  at = skipSpace(text, at + 1);
  if (at < text.length) fail(text, at, 'nothing more');
  return bounds;
}
