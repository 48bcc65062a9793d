import { onAbort } from '../base/index.ts';

// Every runtime has it.
declare const setTimeout: <T>(run: (value: T) => void, delayMs: number, value: T) => unknown;

/**
 * What a function of the program gives, or the signal's reason: the function need not know of the signal. One that does has
 * its turn before, since it may have more to say, such as where it was connecting to.
 */
export function beforeAbort<T>(given: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    given,
    new Promise<never>((_, reject) => onAbort(signal, (reason) => setTimeout(reject, 0, reason))),
  ]);
}
