import { UsageError } from '../base/index.ts';
import { AuthError } from './errors.ts';

/** A text that nobody else may know, or a function that gets it, called at each challenge. */
export type Secret = string | (() => string | Promise<string>);

/** Refuses at once what can never be a secret, such as an environment variable that is not set. */
export function assertSecret(what: string, secret: Secret): void {
  if (typeof secret !== 'string' && typeof secret !== 'function')
    throw new UsageError(`${what}: expected a string or a function, got ${typeof secret}`);
}

/** What the function throws becomes the cause, for this program only: the error's text goes to the router, with ABORT. */
export async function reveal(what: string, secret: Secret): Promise<string> {
  let text: unknown = secret;
  try {
    if (typeof secret === 'function') text = await secret();
  } catch (cause) {
    throw new AuthError(`${what}: the function that gives it failed`, { cause });
  }
  if (typeof text !== 'string')
    throw new UsageError(`${what}: expected the function to give a string, got ${typeof text}`);
  return text;
}

/** The same for a name, which is no secret. */
export function assertAuthid(method: string, authid: string): void {
  if (typeof authid !== 'string' || authid === '') throw new UsageError(`${method}: authid has to be a text`);
}
