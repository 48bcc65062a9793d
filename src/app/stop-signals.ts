/** What is used of Node's `process`, where there is one. */
interface Signals {
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
}

const SIGNALS = ['SIGTERM', 'SIGINT'];

/**
 * Calls `stop` at the first SIGTERM or SIGINT, where there are signals. After that they mean again what they mean without
 * this, so that a second Ctrl-C ends a program that does not end. The function returned ends it all.
 */
export function onStopSignal(stop: () => void): () => void {
  const { process } = globalThis as { readonly process?: Signals };
  // Some bundlers put in a process that is none.
  if (typeof process?.on !== 'function' || typeof process.off !== 'function') return () => {};
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
  const heard = (): void => {
    forget();
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return forget;
}
