import { PayloadError } from '../protocol/index.ts';

/** What a program may hand over as octets. */
export type Binary = ArrayBufferView | ArrayBuffer;

export const isBinary = (value: unknown): value is Binary => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

/** The octets of any view, as they are in memory. */
export function toBytes(view: Binary): Uint8Array {
  return ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
}

export const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

/** Says no to a payload; `what` goes on after "cannot send". */
export function refuse(what: string): never {
  throw new PayloadError(`cannot send ${what}`);
}

export const TOO_DEEP = 'what is nested too deep or in itself';
/** A Map or a Set would arrive as an empty dictionary. */
export const NO_LIST = 'a collection that is not a list';
