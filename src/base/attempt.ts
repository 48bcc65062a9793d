import { isThenable } from './thenable.ts';

/** Calls what is the program's. What it throws, or rejects with, goes to `onFailure`: nobody else hears of it. */
export function attempt<A extends readonly unknown[]>(
  run: (...args: A) => unknown,
  args: A,
  onFailure: (error: unknown) => void,
): void {
  try {
    const outcome = run(...args);
    if (isThenable(outcome)) Promise.resolve(outcome).catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
