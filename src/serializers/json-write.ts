import { type Dict, isDict, isEmpty, SHAPES, type Message, type Payload, withoutNulls } from '../protocol/index.ts';
import { stringify } from './json-binary.ts';

/** Writes a message as JSON, of at most `maxDepth` levels, itself included. A payload that is in wire form already is handed in as `spliced` and copied. */
export function writeMessage(message: Message, maxDepth: number, spliced?: string): string {
  const { code, fields } = SHAPES[message.type];
  const values = message as unknown as Dict;
  let text = `[${code}`;
  for (const name of fields) {
    const value = values[name];
    if (value === undefined) break;
    text += `,${typeof value === 'number' ? value : writeElement(name, value, maxDepth - 1)}`;
  }
  const payload = values['payload'] as Payload | undefined;
  if (payload) text += `,${spliced ?? writePayload(payload, maxDepth - 1)}`;
  return `${text}]`;
}

function writePayload({ args, kwargs, bare }: Payload, maxDepth: number): string {
  const text = stringify(bare ? args[0] : args, maxDepth);
  return kwargs === undefined ? text : `${text},${stringify(kwargs, maxDepth)}`;
}

/** One of the fixed places that is no number: a string, or a dictionary, which is nearly always empty. */
function writeElement(name: string, element: unknown, maxDepth: number): string {
  if (!isDict(element)) return JSON.stringify(element);
  // What goes with a login may be specified to be null.
  return isEmpty(element) ? '{}' : stringify(name === 'extra' ? element : withoutNulls(element), maxDepth);
}
