import { AuthError } from './errors.ts';
import type { AuthMethod } from './method.ts';

/** What {@link anonymous} takes. */
export interface AnonymousOptions {
  /** A name to ask for; the router may give another. */
  readonly authid?: string;
}

/**
 * Joins as anybody. Useful in a list, behind the methods that are better: without any method, a client is anonymous anyway.
 * Specification: Advanced Profile, "Anonymous authentication".
 *
 * @example
 * anonymous({ authid: 'guest' }).name; // => 'anonymous'
 */
export function anonymous({ authid }: AnonymousOptions = {}): AuthMethod {
  return { name: 'anonymous', ...(authid !== undefined && { authid }), answer: () => nothingToAnswer('anonymous') };
}

/** The router asks for an answer where there is none to give. */
export function nothingToAnswer(method: string): never {
  throw new AuthError(`${method}: the router sent a challenge, and this method has no answer`);
}
