import { BoundedQueue, type Untyped } from '../base/index.ts';
import type { CallOptions, StreamOptions } from './options.ts';

/** What a stream is made from. @internal */
export interface StreamStart<R> extends StreamOptions {
  readonly procedure: string;
  readonly call: (options: CallOptions) => Promise<R>;
  /** Hears of parts that are dropped. */
  readonly report: (error: Error) => void;
}

/**
 * A call whose result comes in parts: iterate over them, and have the outcome from `result`. Leaving the loop cancels the
 * call. Specification: Advanced Profile, "Progressive Call Results".
 *
 * @example
 * await client.register('count.to', async function* ([end]) {
 *   for (let value = 1; value <= end; value++) yield value;
 *   return 'done';
 * });
 * const stream = client.stream('count.to', [2]);
 * const values = [];
 * for await (const value of stream) values.push(value);
 * console.log(values, await stream.result); // => [1, 2], 'done'
 */
export class CallStream<P = Untyped, R = Untyped> implements AsyncIterable<P> {
  /** Settles as the promise of `client.call` does. May be left alone: the iteration ends with the same error. */
  readonly result: Promise<R>;
  readonly #parts: BoundedQueue<P>;

  /** @internal */
  constructor({ procedure, call, report, queue, signal, ...options }: StreamStart<R>) {
    const leaving = new AbortController();
    const parts = new BoundedQueue<P>(
      { whenFull: 'close', ...queue },
      { queueOf: `parts from ${procedure}`, onDrop: report, onReaderGone: (error) => leaving.abort(error) },
    );
    this.#parts = parts;
    this.result = call({
      ...options,
      signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
      onProgress: (part) => parts.push(part as P),
    });
    this.result.then(
      () => parts.end(),
      (error: Error) => parts.end(error),
    );
  }

  /** How many parts were lost because nobody took them. */
  get dropped(): number {
    return this.#parts.dropped;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<P, undefined> {
    return this.#parts;
  }
}
