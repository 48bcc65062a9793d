import { RocadeError } from '../base/index.ts';
import { errorUris, WampError } from '../protocol/index.ts';
import type { SchemaIssue, SchemaOutcome, StandardSchema } from './standard-schema.ts';

/** One thing that is wrong with a value: a sentence, and the way to the place, such as `[0, 'name']`. */
export interface Issue {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** What came from the other side is not what the contract says. */
export class ContractError extends RocadeError {
  override readonly name = 'ContractError';
  readonly code = 'contract';
  readonly issues: readonly Issue[];

  constructor(message: string, issues: readonly Issue[]) {
    super(message);
    this.issues = issues;
  }
}

/** Arguments that do not fit: what the caller gets, from its own side or from the callee's. */
export function invalidArgument(what: string, issues: readonly Issue[]): WampError {
  return new WampError(errorUris.invalidArgument, [sentence(what, issues)], { issues });
}

/** A result or an event that does not fit. */
export function broken(what: string, issues: readonly Issue[]): ContractError {
  return new ContractError(sentence(what, issues), issues);
}

/**
 * Calls `next` with what the schema makes of a value, in the same turn unless the schema itself takes its time, so that the
 * order of messages stays. Throws, or rejects with, what `failure` makes of the issues.
 */
export function checked<T>(
  schema: StandardSchema | undefined,
  value: unknown,
  { next, failure }: { readonly next: (value: unknown) => T; readonly failure: (issues: readonly Issue[]) => Error },
): T | Promise<Awaited<T>> {
  if (!schema) return next(value);
  const settle = (outcome: SchemaOutcome<unknown>): T => {
    if (outcome.issues) throw failure(outcome.issues.map(issueOf));
    return next(outcome.value);
  };
  const outcome = schema['~standard'].validate(value);
  return outcome instanceof Promise ? (outcome.then(settle) as Promise<Awaited<T>>) : settle(outcome);
}

function issueOf({ message, path = [] }: SchemaIssue): Issue {
  return {
    message,
    path: path.map((part) => {
      const key = typeof part === 'object' ? part.key : part;
      return typeof key === 'number' ? key : String(key);
    }),
  };
}

function sentence(what: string, issues: readonly Issue[]): string {
  const [first, ...others] = issues;
  const place = first && first.path.length > 0 ? ` at ${first.path.join('.')}` : '';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${what}${place}: ${first?.message ?? 'does not fit'}${more}`;
}
