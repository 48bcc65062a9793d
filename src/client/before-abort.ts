/** What a function of the program gives, or the signal's reason: the function need not know of the signal. */
export function beforeAbort<T>(given: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  return Promise.race([given, aborted]);
}
