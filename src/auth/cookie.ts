import { nothingToAnswer } from './anonymous.ts';
import type { AuthMethod } from './method.ts';

/**
 * Joins as whoever the HTTP cookie of the connection says, which the browser sends by itself. Offer it before the method
 * that the router gave the cookie for: that one is used as long as there is no cookie, and it is the one that WELCOME names.
 *
 * @example
 * const auth = [cookie(), ticket({ authid: 'alice', ticket: 's3cret' })];
 * auth.map(({ name }) => name); // => ['cookie', 'ticket']
 */
export function cookie(): AuthMethod {
  return { name: 'cookie', answer: () => nothingToAnswer('cookie') };
}
