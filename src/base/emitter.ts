import { attempt } from './attempt.ts';

/** Events by name, and what the listeners of each are called with. */
export type EventTable<E> = { readonly [name in keyof E]: readonly unknown[] };

/**
 * Tells listeners of events. One that throws keeps neither the others from hearing nor the caller from going on: what it
 * throws, or rejects with, goes to `onFailure`.
 */
export class Emitter<E extends EventTable<E>> {
  readonly #listeners = new Map<keyof E, Set<(...args: never) => unknown>>();
  readonly #onFailure: (error: unknown) => void;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls `listener` on each such event; the function returned ends that. */
  on<N extends keyof E>(name: N, listener: (...args: E[N]) => unknown): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** False when nobody listens. */
  emit<N extends keyof E>(name: N, ...args: E[N]): boolean {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    for (const listener of listeners) attempt(listener, args as never, this.#onFailure);
    return listeners.length > 0;
  }
}
