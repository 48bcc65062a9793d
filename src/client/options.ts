import { assertList, type QueueOptions, type Untyped } from '../base/index.ts';
import { type Dict, NO_DICT } from '../protocol/index.ts';

/** Options of `client.call`. */
export interface CallOptions {
  readonly kwargs?: Dict;
  /**
   * Milliseconds to wait for the result, or for its next part; 0 waits for as long as the connection lives. Routers that
   * announce `call_timeout` are told. Default: the client's `timeout`.
   */
  readonly timeout?: number;
  /** Cancels the call: the promise rejects with the signal's reason, and the callee is told where the router can. */
  readonly signal?: AbortSignal;
  /** What becomes of the call at the callee when it is cancelled: `skip` lets it run, the others interrupt it. Default `killnowait`. */
  readonly cancelMode?: 'skip' | 'kill' | 'killnowait';
  /** The call does no harm when it is made twice: it is made again when the connection is lost before the answer. */
  readonly idempotent?: boolean;
  /** Asks the router to tell the callee who calls. */
  readonly discloseMe?: boolean;
  /** Called with each part of a progressive result, which is asked for by this; {@link Client.stream} is the same as iteration. */
  readonly onProgress?: (part: Untyped) => unknown;
  /**
   * Sent after the arguments, value by value as they come. Needs a router that announces `progressive_call_invocations`.
   * When it throws, the call is cancelled and rejects with that.
   */
  readonly input?: AsyncIterable<unknown> | Iterable<unknown>;
  /** For routers that shard procedures. */
  readonly rkey?: string;
  readonly runmode?: 'partition';
}

/** Options of `client.stream`. */
export interface StreamOptions extends Omit<CallOptions, 'onProgress'> {
  /** How many parts wait to be iterated over. Default: 1,000, then the call is cancelled. */
  readonly queue?: QueueOptions;
}

/** Options of `client.publish`. Specification: Basic Profile, "Publish and Subscribe", and "Subscriber Black- and Whitelisting". */
export interface PublishOptions {
  readonly kwargs?: Dict;
  /** Wait for the router to have accepted the event. Default false: the promise resolves at once. */
  readonly acknowledge?: boolean;
  /** Does the event not come back to this session, should it be subscribed? Default true. */
  readonly excludeMe?: boolean;
  /** Sessions, or sessions by authid or authrole, that do not get the event. */
  readonly exclude?: readonly number[];
  readonly excludeAuthid?: readonly string[];
  readonly excludeAuthrole?: readonly string[];
  /** When given, only these get the event; an empty list means nobody. */
  readonly eligible?: readonly number[];
  readonly eligibleAuthid?: readonly string[];
  readonly eligibleAuthrole?: readonly string[];
  /** Asks the router to tell the subscribers who publishes. */
  readonly discloseMe?: boolean;
  /** Asks the router to keep the event for those who subscribe later with `getRetained`. */
  readonly retain?: boolean | undefined;
  /** For routers that shard topics. */
  readonly rkey?: string;
}

/** Not for the router: they travel as something else, or stay here. So does whatever is an object or a function. */
const OURS: readonly string[] = ['timeout', 'idempotent', 'cancelMode', 'input', 'maxWaiting'];

/** Options by the names that they have on the wire: `excludeMe` is `exclude_me`. Undefined ones are left out by the serializers. */
export function wireOptions(options: object | undefined): Dict {
  if (!options) return NO_DICT;
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (/^(eligible|exclude(?!_?me))/i.test(name)) assertList(name, value ?? undefined);
    if (!OURS.includes(name) && value !== Infinity && (Array.isArray(value) || !/^[of]/.test(typeof value)))
      wire[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] =
        typeof value === 'number' ? Math.ceil(value) : value;
  }
  return wire;
}

/** An event that is for nobody: routers differ on what an empty list means, so it is not sent. */
export function reachesNobody({ eligible, eligibleAuthid, eligibleAuthrole }: PublishOptions): boolean {
  return [eligible, eligibleAuthid, eligibleAuthrole].some((list) => list?.length === 0);
}
