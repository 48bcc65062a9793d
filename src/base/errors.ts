/**
 * Root of every error that rocade throws or rejects with.
 *
 * Match on `code`, which is stable; the message is for people and may change. `cause` keeps what lay beneath.
 *
 * @example
 * try {
 *   await client.call('nobody.answers');
 * } catch (error) {
 *   if (error instanceof RocadeError) console.log(error.code); // => 'wamp_error'
 * }
 */
export abstract class RocadeError extends Error {
  abstract readonly code: string;
}

/** What was handed to a function of this library is not usable: a malformed URI, an option out of range. Nothing was sent. */
export class UsageError extends RocadeError {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** The error of what was handed in under this name, and should be something else. */
export function notExpected(name: string, expected: string, got: unknown): UsageError {
  return new UsageError(`${name}: expected ${expected}, got ${show(got)}`);
}

/** Throws a {@link UsageError} for what should be a list and is none; undefined is one not given. */
export function assertList(name: string, value: unknown = []): void {
  if (!Array.isArray(value)) throw notExpected(name, 'a list', value);
}

/** Throws a {@link UsageError} for an option that should be a number and is none, or is less than `min`; undefined is one not given. */
export function assertNumber(name: string, value: unknown, min = 0): void {
  if (value !== undefined && !(typeof value === 'number' && value >= min))
    throw notExpected(name, `a number from ${min}`, value);
}

/** The same for each of several options; `of` stands before their names. */
export function assertNumbers(of: string, options: object | false | undefined, min?: number): void {
  for (const [name, value] of Object.entries(options || {})) assertNumber(of + name, value, min);
}

/** Any thrown value as an `Error`: what is one already stays itself, so that stacks survive. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : `thrown: ${show(thrown)}`);
}

/** A short, one-line picture of any value for an error text. Never throws, never longer than 60 characters. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    // JSON has no NaN and no infinities.
    text = (typeof value !== 'number' && JSON.stringify(value)) || String(value);
  } catch {
    // Cyclic, a bigint, or a getter that throws.
    text = `a ${typeof value}`;
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
