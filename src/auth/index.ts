/**
 * Ways to prove who one is. Each is a small object for `connect`'s `auth`; beside each stands the router's half of it.
 *
 * @module
 */
export { type AnonymousOptions, anonymous } from './anonymous.ts';
export { cookie } from './cookie.ts';
export {
  type CrossbarScramChallengeOptions,
  type CrossbarScramRecord,
  crossbarScram,
  crossbarScramChallenge,
  crossbarScramDecoy,
  crossbarScramRecord,
  verifyCrossbarScram,
} from './crossbar-scram.ts';
export {
  type ChannelBinding,
  type ChannelBindingType,
  type CryptosignChallenge,
  type CryptosignChallengeOptions,
  type CryptosignCheck,
  type CryptosignKeys,
  type CryptosignOptions,
  cryptosign,
  cryptosignChallenge,
  cryptosignKeys,
  verifyCryptosign,
} from './cryptosign.ts';
export { AuthError } from './errors.ts';
export type { AuthAnswer, AuthConnection, AuthMethod } from './method.ts';
export {
  type ScramChallenge,
  type ScramChallengeOptions,
  type ScramCheck,
  type ScramRecord,
  scram,
  scramChallenge,
  scramDecoy,
  scramRecord,
  verifyScram,
} from './scram.ts';
export type { ScramOptions } from './scram-exchange.ts';
export type { ScramCost, ScramLimits, ScramRecordOptions } from './scram-keys.ts';
export type { Secret } from './secret.ts';
export { type TicketOptions, ticket } from './ticket.ts';
export {
  type TicketCheck,
  type TicketRecord,
  type TicketRecordOptions,
  ticketDecoy,
  ticketRecord,
  verifyTicket,
  verifyTicketRecord,
} from './ticket-record.ts';
export {
  type DecoyOptions,
  verifyWampcra,
  type WampcraChallengeOptions,
  type WampcraCheck,
  type WampcraOptions,
  type WampcraRecord,
  type WampcraRecordOptions,
  wampcra,
  wampcraChallenge,
  wampcraDecoy,
  wampcraRecord,
} from './wampcra.ts';
