import { type Dict, isEmpty, NO_ARGS, NO_DICT, type Payload, payloadOf } from '../protocol/index.ts';

/**
 * Several positional values, or keyword values, as the outcome of a call. One value alone travels bare.
 *
 * @example
 * await client.register('divmod', ([a, b]) => new Result([Math.floor(a / b), a % b]));
 * const { args } = await client.call('divmod', [7, 2]);
 * console.log(args); // => [3, 1]
 */
export class Result {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;

  constructor(args: readonly unknown[] = NO_ARGS, kwargs: Dict = NO_DICT) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** What a caller gets: the one value bare, undefined for none, a {@link Result} for anything more. */
export function fromPayload(payload: Payload | undefined): unknown {
  if (!payload) return undefined;
  const { args, kwargs } = payload;
  if (kwargs && !isEmpty(kwargs)) return new Result(args, kwargs);
  return args.length > 1 ? new Result(args) : args[0];
}

/** What a handler's return value travels as. */
export function toPayload(value: unknown): Payload | undefined {
  if (value === undefined) return undefined;
  return value instanceof Result ? payloadOf(value.args, value.kwargs) : { args: [value], kwargs: undefined };
}
