import { fromBase64, show, toBase64 } from '../base/index.ts';
import { hasToJson, isBinary, NO_LIST, refuse, toBytes, TOO_DEEP } from './values.ts';

/**
 * WAMP's convention for octets in JSON: a string that starts with U+0000 is the base64 of a binary value.
 * Specification: Basic Profile, "Binary conversion of JSON Strings".
 */
const MARK = '\u0000';
/** How JSON.stringify writes the mark; where it does not occur, there is nothing to convert. */
const MARK_IN_JSON = '\\u0000';

/** Writes any value as JSON, binary ones by the convention. Throws a `PayloadError` for what JSON cannot carry. */
export function stringify(value: unknown, maxDepth: number): string {
  // JSON.stringify is several times slower with a replacer, so it gets one only when there is something to replace.
  return JSON.stringify(value, needsReplacer(value, maxDepth) ? replacer : undefined) ?? 'null';
}

/** Reads JSON, binary values by the convention. The text is well-formed already. */
export function parse(text: string): unknown {
  return JSON.parse(text, text.includes(MARK_IN_JSON) ? revive : undefined);
}

/** Also refuses what would be lost or misread on the other side, which JSON.stringify would let pass. */
function needsReplacer(value: unknown, room: number): boolean {
  switch (typeof value) {
    case 'string':
      if (value.startsWith(MARK)) refuse(`${show(value)} as JSON: U+0000 at the start means binary`);
      return false;
    case 'bigint':
      return (
        Number.isSafeInteger(Number(value)) ||
        refuse(`${show(value)} as JSON: beyond 2^53 digits are lost; send a string`)
      );
    case 'function':
    case 'symbol':
      return refuse(`a ${typeof value}`);
    case 'object': {
      if (value === null) return false;
      if (isBinary(value)) return true;
      if (room === 0) refuse(TOO_DEEP);
      if (hasToJson(value)) return needsReplacer(value.toJSON(), room - 1);
      let needed = false;
      if (Array.isArray(value)) {
        for (const item of value) if (needsReplacer(item, room - 1)) needed = true;
        return needed;
      }
      if (Symbol.iterator in value) refuse(NO_LIST);
      for (const key in value) if (needsReplacer((value as Record<string, unknown>)[key], room - 1)) needed = true;
      return needed;
    }
    default:
      return false;
  }
}

function replacer(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // Some binary classes have a toJSON of their own, which has run by now: look at the original.
  const original = this[key];
  if (isBinary(original)) return MARK + toBase64(toBytes(original));
  return typeof value === 'bigint' ? Number(value) : value;
}

/**
 * What is no base64 stays text. An error here would come up at each receiver and let one publisher end the sessions of all
 * subscribers.
 */
function revive(_key: string, value: unknown): unknown {
  return (typeof value === 'string' && value.startsWith(MARK) && fromBase64(value.slice(1))) || value;
}
