import type { RouterConfig } from '../config/index.ts';

/** Somebody who may join: made for one process, and void when that has ended. */
export interface Admission {
  readonly authid: string;
  readonly ticket: string;
  readonly realm: string;
  /** Undefined for one that may do anything. */
  readonly role: string | undefined;
}

/** Does the event loop turn? */
interface Ping {
  readonly type: 'ping';
}

/** What the manager tells the process of the router. */
export type ToRouter =
  | {
      readonly type: 'start';
      readonly config: RouterConfig;
      readonly directory: string;
      /** Where processes of this site find it, besides the addresses of its configuration. */
      readonly socket: string;
      readonly admissions: readonly Admission[];
    }
  | { readonly type: 'admit'; readonly admission: Admission }
  | { readonly type: 'revoke'; readonly authid: string }
  | { readonly type: 'renew-tls' }
  | Ping;

/** What the process of a worker is told first. */
export interface WorkerStart {
  readonly type: 'start';
  /** As paths. */
  readonly modules: readonly string[];
  readonly url: string;
  readonly admission: Admission;
  /** Whether others answer the same procedures, so that they have to be shared. */
  readonly shared: boolean;
  /** Milliseconds that handlers at work have to end. */
  readonly drainTimeout: number;
}

/** What the manager tells the process of a worker. */
export type ToWorker =
  | WorkerStart
  /** Others will answer the same procedures. */
  | { readonly type: 'share' }
  | Ping;

/** What both answer. */
export type FromChild =
  | { readonly type: 'ready'; readonly urls?: readonly string[] }
  | { readonly type: 'admitted'; readonly authid: string }
  /** What is registered is shared from now on. */
  | { readonly type: 'shared' }
  /** The event loop turns. */
  | { readonly type: 'pong' }
  /** The last words of one that ends, for people. */
  | { readonly type: 'failed'; readonly message: string };
