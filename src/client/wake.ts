/** What is here of a browser's window, and nothing of Node's. */
interface EventSource {
  addEventListener?(event: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}

/** What a browser tells of the network, and of the page when it is looked at again. Node has no such events. */
const WAKING = ['online', 'offline', 'visibilitychange'];

/** Calls `run` when the network may have changed, until the signal is given. @internal */
export function onWake(run: () => void, signal: AbortSignal): void {
  for (const event of WAKING) (globalThis as EventSource).addEventListener?.(event, run, { signal });
}
