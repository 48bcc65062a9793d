import { show, UsageError } from './errors.ts';

/**
 * Throws a `UsageError` unless this is an object with no keys but these: what is misspelt would be left out without a word,
 * and with it perhaps what keeps strangers out.
 */
export function assertOptions(given: unknown, what: string, known: Readonly<Record<string, true>>): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UsageError(`${what}: expected an object, got ${show(given)}`);
  const wrong = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (wrong !== undefined)
    throw new UsageError(`${what}: there is no '${wrong}'; there are ${Object.keys(known).join(', ')}`);
}
