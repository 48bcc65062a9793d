import { toError, UsageError } from '../base/index.ts';
import { assertUri, type ClientMessage, type MessageOf, NO_DICT, payloadOf } from '../protocol/index.ts';
import { type CallOptions, wireOptions } from './options.ts';
import type { Requests } from './requests.ts';
import { fromPayload, toPayload } from './result.ts';

const PROGRESSIVE_INPUT = 'progressive_call_invocations';

export interface CallerOptions {
  readonly send: (message: ClientMessage) => void;
  /** Resolves as soon as not much waits to be sent. */
  readonly room: () => Promise<void> | undefined;
  /** Did the router announce this feature of its dealer? */
  readonly can: (feature: string) => boolean;
}

/** The caller's part of a session. Specification: Basic Profile, "Remote Procedure Calls". */
export class Caller {
  readonly #requests: Requests;
  readonly #options: CallerOptions;

  constructor(requests: Requests, options: CallerOptions) {
    this.#requests = requests;
    this.#options = options;
  }

  call(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown> {
    const { input } = options ?? {};
    let sent: MessageOf<'CALL'> | undefined;
    const result = this.#requests.ask(
      (request): MessageOf<'CALL'> => {
        assertUri(procedure, 'call');
        sent = {
          type: 'CALL',
          request,
          options: options ? this.#wire(options) : NO_DICT,
          procedure,
          payload: payloadOf(args, options?.kwargs),
        };
        return sent;
      },
      ({ payload }) => fromPayload(payload),
      options,
    );
    if (input && sent) void this.#feed(sent, input);
    return result;
  }

  #wire(options: CallOptions): MessageOf<'CALL'>['options'] {
    const { timeout, onProgress, input } = options;
    const { can } = this.#options;
    // Some routers take one more CALL of the same id for another call, and never recover from that.
    if (input && !can(PROGRESSIVE_INPUT))
      throw new UsageError(`call: the router does not announce ${PROGRESSIVE_INPUT}`);
    return {
      ...wireOptions(options),
      // Others take it for seconds.
      timeout: timeout && can('call_timeout') ? timeout : undefined,
      receive_progress: onProgress && true,
      progress: input && true,
    } as MessageOf<'CALL'>['options'];
  }

  /** Sends what follows the arguments, as long as the call is waited for; the last message says that it is the last. */
  async #feed(first: MessageOf<'CALL'>, input: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const { request, options } = first;
    try {
      for await (const value of input) {
        if (!this.#requests.has(request)) return;
        this.#options.send({ ...first, payload: toPayload(value) });
        await this.#options.room();
      }
      if (this.#requests.has(request))
        this.#options.send({ ...first, options: { ...options, progress: false }, payload: undefined });
    } catch (error) {
      this.#requests.abandon(request, toError(error));
    }
  }

  /** Tells the router that nobody waits for a call any more. Not every router knows how to be told. */
  cancel(request: number, mode: MessageOf<'CANCEL'>['options']['mode'] = 'killnowait'): void {
    if (this.#options.can('call_canceling')) this.#options.send({ type: 'CANCEL', request, options: { mode } });
  }
}
