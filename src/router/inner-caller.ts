import type { Clock } from '../base/index.ts';
import {
  type ClientMessage,
  type MessageOf,
  type Payload,
  payloadOf,
  RequestIds,
  type RouterMessage,
  WampError,
} from '../protocol/index.ts';
import { Member } from './member.ts';

/** What a caller within the router needs of it. */
export interface InnerHost {
  readonly clock: Clock;
  readonly newId: () => number;
  /** Gives a message to the realm. */
  readonly receive: (member: Member, message: ClientMessage) => void;
}

/** How long a procedure that authenticates, or whatever authorizes, may take. */
export const ANSWER_TIMEOUT_MS = 10_000;
const IDENTITY = { authid: 'router', authrole: 'trusted', authmethod: 'trusted', authprovider: 'static' };

type Settle = { readonly resolve: (payload: Payload | undefined) => void; readonly reject: (error: Error) => void };

/** Calls procedures of a realm for the router itself, without a session that others could see. */
export class InnerCaller {
  readonly #host: InnerHost;
  readonly #member: Member;
  readonly #ids = new RequestIds();
  readonly #pending = new Map<number, Settle>();

  constructor(host: InnerHost) {
    this.#host = host;
    this.#member = new Member(host.newId(), IDENTITY, {
      roles: { caller: { features: { call_canceling: true } } },
      send: (message) => this.#receive(message),
    });
  }

  /** Rejects with a `WampError`, also when nobody answers in time. */
  call(procedure: string, args: readonly unknown[]): Promise<Payload | undefined> {
    const request = this.#ids.next();
    const { clock, receive } = this.#host;
    return new Promise((resolve, reject) => {
      const stop = clock.after(ANSWER_TIMEOUT_MS, () =>
        receive(this.#member, { type: 'CANCEL', request, options: { mode: 'killnowait' } }),
      );
      this.#pending.set(request, {
        resolve(payload) {
          stop();
          resolve(payload);
        },
        reject(error) {
          stop();
          reject(error);
        },
      });
      receive(this.#member, { type: 'CALL', request, options: {}, procedure, payload: payloadOf(args) });
    });
  }

  #receive(message: RouterMessage): void {
    if (message.type === 'RESULT') this.#settle(message.request)?.resolve(message.payload);
    else if (message.type === 'ERROR') this.#settle(message.request)?.reject(errorOf(message));
  }

  #settle(request: number): Settle | undefined {
    const settle = this.#pending.get(request);
    this.#pending.delete(request);
    return settle;
  }
}

function errorOf({ error, payload }: MessageOf<'ERROR'>): WampError {
  return new WampError(error, [...(payload?.args ?? [])], payload?.kwargs);
}
