import {
  type Dict,
  hasFeature,
  type MatchPolicy,
  RequestIds,
  type Roles,
  type RouterMessage,
} from '../protocol/index.ts';
import type { Access } from './access.ts';
import type { EndedUploads } from './ended-uploads.ts';
import type { Judged } from './judged.ts';
import { PASSTHRU_FEATURE } from './passthru.ts';

/** What sessions of a realm have subscribed to, under one id. */
export interface Subscription {
  readonly id: number;
  readonly topic: string;
  readonly match: MatchPolicy;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
  readonly subscribers: Set<Member>;
}

/** Which of several callees a call goes to. Specification: Advanced Profile, "Shared Registration". */
export type InvokePolicy = 'single' | 'roundrobin' | 'random' | 'first' | 'last';

/** A procedure that sessions of the realm answer. */
export interface Registration {
  readonly id: number;
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  /** When it was made, as ISO 8601. */
  readonly created: string;
  /** Who answers it, in the order in which they have registered. */
  readonly endpoints: Endpoint[];
  /** Of a round robin: the place in `endpoints` whose turn it is; past the end means the first. */
  turn: number;
  /** Calls that wait until a callee is free, the oldest first. */
  waiting: Set<Call> | undefined;
}

/** One session's part in a registration. */
export interface Endpoint {
  readonly registration: Registration;
  readonly callee: Member;
  /** Does the callee want to be told who calls? */
  readonly discloseCaller: boolean;
  /** Does the callee want to see to time-outs itself? */
  readonly forwardTimeout: boolean;
  /** How many calls it takes at a time. */
  readonly concurrency: number;
  /** How many it has. */
  running: number;
}

/** A call on its way: from the CALL to the one answer that it gets. */
export interface Call {
  readonly caller: Member;
  /** The id of the caller's CALL. */
  readonly request: number;
  readonly registration: Registration;
  /** Who answers it; undefined while it waits for somebody who is free. */
  endpoint: Endpoint | undefined;
  /** The id of the callee's INVOCATION. */
  invocation: number;
  /**
   * Interrupted by a CANCEL that waits for the callee, who is not told twice. Abandoned when the caller has its answer
   * while a callee that counts its calls goes on: it has its place until it has finished.
   */
  state: 'running' | 'interrupted' | 'abandoned';
  /** What only calls with options or with several possible callees have. */
  more: MoreOfCall | undefined;
}

/** What is kept of a call that may be sent again, or in parts, or that has a time-out. */
export interface MoreOfCall {
  /** The CALL that began it, without its payload once it is bound. Its options hold for all of its parts. */
  message: Judged<'CALL'>;
  /** Octets that count as kept for the caller: of the options, and of the payload where that is kept to be sent again. */
  bytes: number;
  kept: boolean;
  /** Milliseconds from the call to its result, or to the first part of it and from part to part; 0 for no limit. */
  readonly timeoutMs: number;
  /** When that time is over, by the router's clock; 0 while nobody here watches it. */
  expires: number;
  /** What the callee was told with the first part. */
  details: Dict;
  /** Are more parts of the call to come? */
  uploading: boolean;
  /**
   * Is it for its callee alone? Where nobody else could take it, once anything was passed on that cannot be taken back (a part
   * of the result, or a second part of the call), and when too much would have to be kept.
   */
  bound: boolean;
  /** Who cannot take this call, or did not. */
  tried: Set<Endpoint> | undefined;
  /** Was one of those without a feature that it needs? */
  unsupported: boolean;
}

/** Who a session is, as authentication found. */
export interface Identity {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
}

/** Of what sessions announce, all that the router ever asks about. The rest is not kept: it may be as long as a message. */
const ASKED = {
  publisher: [PASSTHRU_FEATURE],
  subscriber: ['subscription_revocation'],
  caller: ['progressive_call_invocations', PASSTHRU_FEATURE],
  callee: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_cancelling',
    'call_timeout',
    'registration_revocation',
    PASSTHRU_FEATURE,
  ],
} as const;

type Asked = typeof ASKED;

/** Each combination once, for all sessions that announce it: there are few. */
const combinations = new Map<string, Roles>();

function keptOf(announced: Roles): Roles {
  const entries = Object.entries(ASKED).map(([role, features]) => {
    const those = features.filter((feature) => hasFeature(announced, role as keyof Asked, feature));
    return [role, { features: Object.fromEntries(those.map((feature) => [feature, true])) }] as const;
  });
  const key = JSON.stringify(entries);
  const kept = combinations.get(key) ?? Object.fromEntries(entries);
  combinations.set(key, kept);
  return kept;
}

/** A session that has joined a realm: how to reach it, who it is, and what it holds there. */
export class Member {
  readonly id: number;
  readonly identity: Identity;
  readonly #roles: Roles;
  /** Sends a message; throws a `PayloadError` when it cannot be written for this peer. */
  readonly send: (message: RouterMessage) => void;
  /** Ends the session: it leaves its realm at once, and is given a time to answer. */
  readonly goodbye: (reason: string, message?: string) => void;
  /** What it may do; undefined for everything. */
  readonly access: Access | undefined;

  // What leaves with the session, so that leaving costs as much as it held and not as much as the realm holds.
  readonly subscriptions = new Set<Subscription>();
  /** By the ids of the registrations. */
  readonly registrations = new Map<number, Endpoint>();
  /** Calls that this session waits for, by the ids of its CALLs. */
  readonly calls = new Map<number, Call>();
  /** Calls that this session is answering, by the ids of the INVOCATIONs. */
  readonly invocations = new Map<number, Call>();
  readonly invocationIds = new RequestIds();
  /** Octets that are kept of the calls that it waits for. */
  keptBytes = 0;
  /** Calls of which parts may still come although they have ended. */
  endedUploads: EndedUploads | undefined;

  constructor(
    id: number,
    identity: Identity,
    // One without a connection has nothing to end.
    {
      roles,
      send,
      goodbye = () => {},
      access,
    }: { readonly roles: Roles } & Pick<Member, 'send'> & Partial<Pick<Member, 'goodbye' | 'access'>>,
  ) {
    this.id = id;
    this.identity = identity;
    this.#roles = keptOf(roles);
    this.send = send;
    this.goodbye = goodbye;
    this.access = access;
  }

  /** Did it announce this feature for this role? */
  has<R extends keyof Asked>(role: R, feature: Asked[R][number]): boolean {
    return hasFeature(this.#roles, role, feature);
  }
}

export const NO_DETAILS: Dict = Object.freeze({});
