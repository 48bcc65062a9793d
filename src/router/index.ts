export type { Disclosure } from './disclosure.ts';
export type { HistoryOptions } from './history.ts';
export type { HistoryEvent, HistoryLog, HistoryLogOptions, HistoryStore, HistoryTopic } from './history-store.ts';
export { type MemoryHistory, memoryHistory, type MemoryLog } from './memory-history.ts';
export type { RealmCounts } from './realm.ts';
export type { RealmOptions } from './realm-options.ts';
export type { RetentionOptions } from './retention.ts';
export { Router, type RouterOptions } from './router.ts';
export type { TrustRule } from './trust.ts';
export type { ClientCertificate, ConnectionInfo, TrustedIdentity } from './connection.ts';
export type {
  AuthMethodName,
  AuthOptions,
  ChallengedMethod,
  Login,
  Principal,
  PrincipalFunction,
  PrincipalProcedure,
  PrincipalSource,
} from './principals.ts';
export type {
  AuthorizationAnswer,
  AuthorizationRequest,
  AuthorizerFunction,
  AuthorizerProcedure,
  RoleOptions,
  Roles,
} from './authorization.ts';
export type { LimitName, Limits } from './limits.ts';
export type { SlowPolicy } from './outbox.ts';
export type { Action } from './actions.ts';
export type { Permission } from './permissions.ts';
export type { RouterStats } from './stats.ts';
