import { toError, UsageError } from '../base/index.ts';
import { assertUri, type MessageOf, NO_DICT, payloadOf } from '../protocol/index.ts';
import type { Line } from './line.ts';
import { type CallOptions, wireOptions } from './options.ts';
import type { Requests } from './requests.ts';
import { fromPayload, toPayload } from './result.ts';

type Call = MessageOf<'CALL'>;

const PROGRESSIVE_INPUT = 'progressive_call_invocations';

/** Makes calls: the caller's part of a session. Specification: Basic Profile, "Remote Procedure Calls". */
export type Caller = (procedure: string, args?: readonly unknown[], options?: CallOptions) => Promise<unknown>;

export function openCaller(requests: Requests, { send, room, can }: Line): Caller {
  const onTheWire = (options: CallOptions): Call['options'] => {
    const { timeout, onProgress, input } = options;
    // Some routers take one more CALL of the same id for another call, and never recover from that.
    if (input && !can(PROGRESSIVE_INPUT)) throw new UsageError(`call: the router has no ${PROGRESSIVE_INPUT}`);
    return {
      ...wireOptions(options),
      // Others take it for seconds. For ever is what there is without; routers take whole numbers only.
      timeout: timeout && timeout < 2e9 && can('call_timeout') ? Math.ceil(timeout) : undefined,
      receive_progress: onProgress && true,
      progress: input && true,
    } as Call['options'];
  };

  /** Sends what follows the arguments, as long as the call is waited for; the last message says that it is the last. */
  const feed = async (first: Call, input: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> => {
    const { request, options } = first;
    try {
      for await (const value of input) {
        if (!requests.has(request)) return;
        send({ ...first, payload: toPayload(value) });
        await room();
      }
      if (requests.has(request)) send({ ...first, options: { ...options, progress: false }, payload: undefined });
    } catch (error) {
      requests.abandon(request, toError(error));
    }
  };

  return (procedure, args, options) => {
    let sent: Call | undefined;
    const result = requests.ask(
      (request): Call => {
        assertUri(procedure, 'call');
        sent = {
          type: 'CALL',
          request,
          options: options ? onTheWire(options) : NO_DICT,
          procedure,
          payload: payloadOf(args, options?.kwargs),
        };
        return sent;
      },
      ({ payload }) => fromPayload(payload),
      options,
    );
    if (options?.input && sent) void feed(sent, options.input);
    return result;
  };
}
