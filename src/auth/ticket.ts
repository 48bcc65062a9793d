import type { AuthMethod } from './method.ts';
import { assertAuthid, assertSecret, reveal, type Secret } from './secret.ts';

/** What {@link ticket} takes. */
export interface TicketOptions {
  /** Who this is. */
  readonly authid: string;
  /** What proves it: a text, or a function that is called at each challenge. */
  readonly ticket: Secret;
}

/**
 * Sends a ticket in clear: anybody who can read the connection, and the router, can use it again. For `wss:` only, with
 * tickets that expire. Specification: Advanced Profile, "Ticket-based Authentication".
 *
 * @example
 * const method = ticket({ authid: 'alice', ticket: async () => 's3cret' });
 * await method.answer({}); // => { signature: 's3cret' }
 */
export function ticket({ authid, ticket: secret }: TicketOptions): AuthMethod {
  assertAuthid('ticket', authid);
  assertSecret('ticket', secret);
  return { name: 'ticket', authid, answer: async () => ({ signature: await reveal('ticket', secret) }) };
}
