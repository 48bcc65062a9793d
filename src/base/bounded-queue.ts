import { assertNumber, RocadeError } from './errors.ts';

/** How many items wait for somebody who takes them one by one, and what happens when there is one more. */
export interface QueueOptions {
  /** At least 1. Default 1,000. */
  readonly max?: number;
  /**
   * Which one to lose, the oldest that waits or the newest that comes; or to end it all with a {@link QueueFullError}.
   * What is lost is counted and reported.
   */
  readonly whenFull?: 'dropOldest' | 'dropNewest' | 'close';
}

/** More came than was taken, so that something was lost. */
export class QueueFullError extends RocadeError {
  override readonly name = 'QueueFullError';
  readonly code = 'queue_full';
}

/** @internal */
export interface QueueOwner {
  /** What it is a queue of, for the text of an error. */
  readonly queueOf: string;
  /** Told of the first item that is lost, and again of the first after something was taken. */
  readonly onDrop?: (error: QueueFullError) => void;
  /** The reader has left, or the queue was full and is to end then, with this error. */
  readonly onReaderGone?: (error?: Error) => void;
}

/** Items on their way to whoever iterates over them. What waits at the end is still handed out. */
export class BoundedQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: QueueOptions;
  readonly #owner: QueueOwner;
  readonly #items: T[] = [];
  #wake: (() => void)[] = [];
  #ended = false;
  #error: Error | undefined;
  #reported = false;
  #dropped = 0;

  /** @internal */
  constructor(options: QueueOptions, owner: QueueOwner) {
    assertNumber('queue.max', options.max, 1);
    this.#options = options;
    this.#owner = owner;
  }

  /** How many items were lost. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    const { max = 1000, whenFull = 'dropOldest' } = this.#options;
    if (this.#ended) return;
    if (this.#items.length >= max) {
      this.#dropped++;
      const { queueOf, onDrop, onReaderGone } = this.#owner;
      const error = new QueueFullError(`${queueOf}: ${max} wait already, ${whenFull}`);
      if (whenFull === 'close') {
        this.end(error);
        onReaderGone?.(error);
        return;
      }
      if (!this.#reported) onDrop?.(error);
      this.#reported = true;
      if (whenFull === 'dropNewest') return;
      this.#items.shift();
    }
    this.#items.push(item);
    this.#rouse();
  }

  /** No more items come: the iteration ends after those that wait, with this error if there is one. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#rouse();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0) {
      if (this.#error) throw this.#error;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    this.#reported = false;
    return { done: false, value: this.#items.shift() as T };
  }

  /** What `for await` calls when its loop is left. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.end();
    this.#owner.onReaderGone?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #rouse(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
