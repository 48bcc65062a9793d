import { type Dict, headOf, isDict, type Message, type Payload } from '../protocol/index.ts';
import { stringify } from './json-binary.ts';

/** Writes a message as JSON, of at most `maxDepth` levels, itself included. A payload that is in wire form already is handed in as `spliced` and copied. */
export function writeMessage(message: Message, maxDepth: number, spliced?: string): string {
  let text = '[';
  let separator = '';
  for (const element of headOf(message)) {
    text += separator + writeElement(element, maxDepth - 1);
    separator = ',';
  }
  const payload = 'payload' in message ? message.payload : undefined;
  return payload ? `${text},${spliced ?? writePayload(payload, maxDepth - 1)}]` : `${text}]`;
}

function writePayload({ args, kwargs, bare }: Payload, maxDepth: number): string {
  const text = stringify(bare ? args[0] : args, maxDepth);
  return kwargs === undefined ? text : `${text},${stringify(kwargs, maxDepth)}`;
}

/** Printable ASCII that JSON writes as it is: what nearly every URI is made of. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** One of the fixed places: nearly always a number, a plain string or an empty dictionary. */
function writeElement(element: unknown, maxDepth: number): string {
  if (typeof element === 'number') return String(element);
  if (typeof element === 'string' && PLAIN.test(element)) return `"${element}"`;
  return isDict(element) && isEmpty(element) ? '{}' : stringify(element, maxDepth);
}

function isEmpty(dict: Dict): boolean {
  for (const _key in dict) return false;
  return true;
}
