import type { Untyped } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';

/** What came with a call besides its arguments. */
export interface Invocation {
  readonly kwargs: Readonly<Record<string, Untyped>>;
  readonly procedure: string;
  /** Session id of the caller, where it is disclosed; so too the next two. */
  readonly caller: number | undefined;
  readonly callerAuthid: string | undefined;
  readonly callerAuthrole: string | undefined;
  /** How far the router trusts the caller, where it says so. */
  readonly trustLevel: number | undefined;
  /** Aborts when nobody waits for the outcome any more: the call was cancelled, its time is up, or the connection went away. */
  readonly signal: AbortSignal;
  /** What the caller sends after the arguments, value by value; of an ordinary call, nothing. */
  readonly input: AsyncIterable<Untyped>;
  readonly details: Dict;
  /** Sends a part of the result. False, and nothing is sent, when the caller wants none or is not waiting any more. */
  readonly progress: (value: unknown) => boolean;
}
