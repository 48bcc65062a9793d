import { isAsyncIterable, isThenable } from '../base/index.ts';

/** Counts the handlers that are at work, so that an app can let them end before it goes. */
export class InFlight {
  #count = 0;
  #idle: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Hands on what `work` returns as it is: a value, a promise, or parts of a result to come. */
  track(work: () => unknown): unknown {
    this.#count++;
    let outcome: unknown;
    try {
      outcome = work();
    } catch (error) {
      this.#ended();
      throw error;
    }
    if (isThenable(outcome)) {
      // Asked once for its outcome, as those of some libraries begin their work each time that they are.
      const later = Promise.resolve(outcome);
      const ended = (): void => this.#ended();
      later.then(ended, ended);
      return later;
    }
    if (isAsyncIterable(outcome)) return this.#parts(outcome);
    this.#ended();
    return outcome;
  }

  /** Resolves once nothing is at work. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => void this.#idle.push(resolve));
  }

  /** Not a generator of its own: one that is ended before its first step would never know. */
  #parts(parts: AsyncIterable<unknown>): AsyncIterableIterator<unknown> {
    const iterator = parts[Symbol.asyncIterator]();
    let over = false;
    const end = (): void => {
      if (!over) this.#ended();
      over = true;
    };
    const step = async (take: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> => {
      try {
        const result = await take();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    };
    return {
      next: () => step(() => iterator.next()),
      return: (value: unknown) => step(async () => (await iterator.return?.(value)) ?? { done: true, value }),
      throw: (error: unknown) => step(async () => (await iterator.throw?.(error)) ?? Promise.reject(error as Error)),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #ended(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
