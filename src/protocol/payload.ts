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
}

const NO_ARGS: readonly unknown[] = Object.freeze([]);

/** A payload of plain values; undefined when there is nothing to send, as the specification wants empty ones left out. */
export function payloadOf(args: readonly unknown[] | undefined, kwargs?: Dict): Payload | undefined {
  const hasKwargs = kwargs !== undefined && Object.keys(kwargs).length > 0;
  if ((args === undefined || args.length === 0) && !hasKwargs) return undefined;
  return { args: args ?? NO_ARGS, kwargs: hasKwargs ? kwargs : undefined };
}
