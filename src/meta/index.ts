/**
 * The meta API for clients: who is there, what is registered, who subscribes, what happened before, and what to say when
 * this session ends.
 *
 * @module
 */
import type { MetaClient } from './meta-client.ts';
import { RegistrationMeta } from './registrations.ts';
import { SessionMeta } from './sessions.ts';
import { SubscriptionMeta } from './subscriptions.ts';
import { TestamentMeta } from './testaments.ts';

/** What {@link metaApi} gives. */
export interface MetaApi {
  readonly sessions: SessionMeta;
  readonly registrations: RegistrationMeta;
  readonly subscriptions: SubscriptionMeta;
  readonly testaments: TestamentMeta;
}

/**
 * The router's meta procedures and events as methods of a client's own, over whatever shapes the router uses for them.
 *
 * What the router does not offer, or does not allow, rejects with its `WampError`: `wamp.error.no_such_procedure`, as it
 * did not announce the feature, or `wamp.error.not_authorized`. An answer that cannot be understood rejects with
 * `wamp.error.invalid_payload`. Specification: Advanced Profile, "Meta API".
 *
 * @example
 * const meta = metaApi(client);
 * console.log(typeof meta.sessions.count); // => 'function'
 */
export function metaApi(client: MetaClient): MetaApi {
  return {
    sessions: new SessionMeta(client),
    registrations: new RegistrationMeta(client),
    subscriptions: new SubscriptionMeta(client),
    testaments: new TestamentMeta(client),
  };
}

export type { HistoryEvent, HistoryFilter } from './history.ts';
export type { MetaClient, MetaHandler } from './meta-client.ts';
export type { Change, Created, IdsByMatch, Observation } from './observations.ts';
export type { RegistrationInfo, RegistrationMeta } from './registrations.ts';
export type { KillOptions, LeftSession, SessionInfo, SessionMeta } from './sessions.ts';
export type { SubscriptionInfo, SubscriptionMeta } from './subscriptions.ts';
export type { TestamentMeta, TestamentOptions, TestamentScope } from './testaments.ts';
