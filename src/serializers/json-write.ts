import {
  type Dict,
  isDict,
  MESSAGES,
  type Message,
  type MessageSpec,
  type Payload,
  withoutNulls,
} from '../protocol/index.ts';
import { stringify } from './json-binary.ts';

/** Writes a message as JSON, of at most `maxDepth` levels, itself included. A payload that is in wire form already is handed in as `spliced` and copied. */
export function writeMessage(message: Message, maxDepth: number, spliced?: string): string {
  const { code, fields }: MessageSpec = MESSAGES[message.type];
  const values = message as unknown as Dict;
  let text = `[${code}`;
  for (const { name } of fields) {
    const value = values[name];
    if (value === undefined) break;
    text += `,${writeElement(value, maxDepth - 1)}`;
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
  if (!isDict(element)) return stringify(element, maxDepth);
  return isEmpty(element) ? '{}' : stringify(withoutNulls(element), maxDepth);
}

function isEmpty(dict: Dict): boolean {
  for (const _key in dict) return false;
  return true;
}
