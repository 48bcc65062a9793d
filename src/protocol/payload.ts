import { assertList, notExpected } from '../base/index.ts';

/** A dictionary as it travels: string keys, any values. */
export type Dict = Readonly<Record<string, unknown>>;

export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/**
 * The application's part of a message: positional and keyword arguments.
 *
 * A serializer hands out payloads that stay in wire form until `args` or `kwargs` is read, so that a router between two
 * peers with the same serializer copies bytes and never looks at them.
 */
export interface Payload {
  readonly args: readonly unknown[];
  readonly kwargs: Dict | undefined;
  /**
   * True for the older form of payload passthru, where one binary stands in the place of the argument list.
   * `args` is then that one binary.
   */
  readonly bare?: boolean;
  /** Octets, or characters, of what came; absent where nothing was written. */
  readonly size?: number;
  /** A copy to be kept, which does not hold on to the frame that this came in; absent where there is no frame. */
  detach?(): Payload;
}

/** What is there when nothing came: shared, and never changed. */
export const NO_ARGS: readonly unknown[] = Object.freeze([]);
export const NO_DICT: Dict = Object.freeze({});

export function isEmpty(dict: Dict): boolean {
  for (const _key in dict) return false;
  return true;
}

/** A payload of plain values; undefined when there is nothing to send, as the specification wants empty ones left out. */
export function payloadOf(args = NO_ARGS, kwargs = NO_DICT): Payload | undefined {
  // In a program without types: either would be left out, or end the session.
  assertList('args', args);
  if (!isDict(kwargs)) throw notExpected('kwargs', 'an object', kwargs);
  if (!isEmpty(kwargs)) return { args, kwargs };
  return args.length > 0 ? { args, kwargs: undefined } : undefined;
}
