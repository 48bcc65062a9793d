import { toError } from './errors.ts';

/** What is used of an `AbortSignal`: this folder is compiled without the types of any runtime. */
interface Signal {
  readonly reason: unknown;
  addEventListener(event: 'abort', listener: () => void): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}

/** Calls `run` with the reason when the signal aborts; the function returned ends that. Without a signal nothing happens. */
export function onAbort(signal: Signal | undefined, run: (reason: Error) => void): () => void {
  const abort = (): void => run(toError(signal?.reason));
  signal?.addEventListener('abort', abort);
  return () => signal?.removeEventListener('abort', abort);
}
