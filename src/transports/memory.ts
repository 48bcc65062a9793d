import type { Message } from '../protocol/index.ts';
import type { Frame, Serializer } from '../serializers/index.ts';
import { type Channel, type CloseInfo, type Connector, framed, type Receiver, type Transport } from './channel.ts';

export interface MemoryOptions {
  /**
   * Sends every message through this serializer, as a network would. Without one, messages pass as they are: fast, but
   * the two sides share the values, and what JSON could not carry goes unnoticed.
   */
  readonly serializer?: Serializer;
  /** How many messages may wait in each direction; one more closes the connection. Default 65,536. */
  readonly maxQueued?: number;
}

/** Anything that takes the router's end of a channel: a `Router`. */
export interface Acceptor {
  accept(channel: Channel): void;
}

/** Microtasks run before anything else, so after this many messages in a row others get their turn. */
const MESSAGES_PER_TURN = 1000;

declare const setTimeout: (run: () => void, delayMs: number) => unknown;

/**
 * Connects a client to a router in the same process: asynchronous and in order, like a network, but without one.
 *
 * @example
 * const router = new Router({ realms: ['realm1'] });
 * const client = await connect(memory(router));
 */
export function memory(router: Acceptor, options: MemoryOptions = {}): Connector {
  // Not async, so that the router has the channel before this returns.
  return () => {
    const [near, far] = memoryPair(options);
    router.accept(far);
    return Promise.resolve(near);
  };
}

/** Two channels joined back to back: what one sends, the other receives. */
export function memoryPair({ serializer, maxQueued = 65_536 }: MemoryOptions = {}): [Channel, Channel] {
  if (serializer) {
    const [near, far] = joined(maxQueued, (to: Parameters<Transport['open']>[0], frame: Frame) => to.frame(frame));
    return [framed(near, serializer), framed(far, serializer)];
  }
  return joined(maxQueued, (to: Receiver, message: Message) => to.message(message));
}

/** What both a channel and a transport are, for the items that they move and the receivers that take them. */
interface End<T, R> {
  open(receiver: R): void;
  send(item: T): void;
  close(code?: number, reason?: string): void;
  readonly bufferedAmount: number;
  readonly ping: false;
}

function joined<T, R extends { closed(info: CloseInfo): void }>(
  maxQueued: number,
  deliver: (receiver: R, item: T) => void,
): [End<T, R>, End<T, R>] {
  const near = new Queue<T>(maxQueued);
  const far = new Queue<T>(maxQueued);
  /** The end that reads from `inbox` and writes to `outbox`. */
  const end = (inbox: Queue<T>, outbox: Queue<T>): End<T, R> => ({
    open(receiver) {
      inbox.open(
        (item) => deliver(receiver, item),
        (info) => receiver.closed(info),
      );
    },
    send(item) {
      if (outbox.push(item)) return;
      const info = { code: 1013, reason: 'too many messages waiting' };
      inbox.close(info);
      outbox.close(info);
    },
    close(code = 1000, reason = '') {
      // What was sent before still arrives; what is on its way to this end does not.
      inbox.abandon();
      outbox.close({ code, reason });
    },
    get bufferedAmount() {
      return outbox.length;
    },
    ping: false,
  });
  return [end(near, far), end(far, near)];
}

/** One direction: items in order, then at most one end. */
class Queue<T> {
  readonly #max: number;
  #items: T[] = [];
  #end: CloseInfo | undefined;
  #abandoned = false;
  #scheduled = false;
  #sinceTurn = 0;
  #deliver: ((item: T) => void) | undefined;
  #closed: ((info: CloseInfo) => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#items.length;
  }

  open(deliver: (item: T) => void, closed: (info: CloseInfo) => void): void {
    this.#deliver = deliver;
    this.#closed = closed;
    this.#schedule();
  }

  /** False when there is no more room. After the end, items are dropped without a word, as on a socket. */
  push(item: T): boolean {
    if (this.#end || this.#abandoned) return true;
    if (this.#items.length >= this.#max) return false;
    this.#items.push(item);
    this.#schedule();
    return true;
  }

  close(info: CloseInfo): void {
    if (this.#end || this.#abandoned) return;
    this.#end = info;
    this.#schedule();
  }

  abandon(): void {
    this.#abandoned = true;
    this.#items = [];
  }

  #schedule(): void {
    if (this.#scheduled || !this.#deliver) return;
    this.#scheduled = true;
    if (this.#sinceTurn < MESSAGES_PER_TURN) {
      queueMicrotask(() => this.#flush());
      return;
    }
    setTimeout(() => {
      this.#sinceTurn = 0;
      this.#flush();
    }, 0);
  }

  #flush(): void {
    this.#scheduled = false;
    const items = this.#items;
    this.#items = [];
    this.#sinceTurn += items.length;
    for (const item of items) {
      if (this.#abandoned) return;
      this.#deliver?.(item);
    }
    if (this.#items.length > 0) return;
    if (this.#end && !this.#abandoned) {
      this.#abandoned = true;
      this.#closed?.(this.#end);
    }
  }
}
