import type { Event, EventHandler, Subscription } from '../client/index.ts';
import type { Dict } from '../protocol/index.ts';
import { asCount, asIds, bare, expected } from './shapes.ts';

/** What the meta API needs of a client; every `Client` has it. */
export interface MetaClient {
  call(procedure: string, args?: readonly unknown[], options?: { readonly kwargs?: Dict }): Promise<unknown>;
  subscribe(topic: string, handler: EventHandler): Promise<Subscription>;
  readonly session?: { readonly id: number | undefined } | undefined;
}

/** Called for each event of the meta API. What it throws goes to the client's `error` event. */
export type MetaHandler<T> = (what: T, event: Event) => unknown;

/** Meta procedures and events of one kind: sessions, registrations or subscriptions. */
export class MetaCalls {
  readonly #client: MetaClient;
  readonly #prefix: string;

  constructor(client: MetaClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  /** As it came, one value alone bare. */
  raw(name: string, args: readonly unknown[] = [], kwargs?: Dict): Promise<unknown> {
    return this.#client.call(this.#prefix + name, args, kwargs && { kwargs });
  }

  async one(name: string, args?: readonly unknown[], kwargs?: Dict): Promise<unknown> {
    return bare(await this.raw(name, args, kwargs));
  }

  async count(name: string, args?: readonly unknown[]): Promise<number> {
    const answer = await this.one(name, args);
    return expected(asCount(answer), [this.#prefix + name, 'a number', answer]);
  }

  async ids(name: string, args?: readonly unknown[]): Promise<readonly number[]> {
    return asIds(await this.raw(name, args));
  }

  /** `read` makes of the arguments what the handler gets; nothing, and the handler is not called. */
  on<T>(
    name: string,
    read: (args: readonly unknown[], kwargs: Dict) => T | undefined,
    handler: MetaHandler<T>,
  ): Promise<Subscription> {
    return this.#client.subscribe(this.#prefix + name, (args, event) => {
      const what = read(args, event.kwargs);
      return what === undefined ? undefined : handler(what, event);
    });
  }
}
