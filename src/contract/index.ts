/**
 * Contracts: types for calls and events, checked by the compiler and, where there are schemas, at run time; and objects whose
 * methods are procedures.
 *
 * @module
 */
export { ContractError, type Issue } from './check.ts';
export {
  type CheckedContract,
  type ContractFrom,
  type ContractSchemas,
  defineContract,
  type ProcedureSchemas,
  type TopicSchemas,
} from './define.ts';
export { expose, proxy, type Remote } from './objects.ts';
export type { InputOf, OutputOf, SchemaIssue, SchemaOutcome, StandardSchema } from './standard-schema.ts';
export type { ClientOf, Contract, HandlerOf, ListenerOf, ProcedureUri, TopicUri, TypedClient } from './types.ts';
