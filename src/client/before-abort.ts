import { onAbort } from '../base/index.ts';

/** What a function of the program gives, or the signal's reason: the function need not know of the signal. */
export function beforeAbort<T>(given: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([given, new Promise<never>((_, reject) => onAbort(signal, reject))]);
}
