import type { ClientMessage, Dict, MatchPolicy } from '../protocol/index.ts';
import { WampError } from '../protocol/index.ts';
import { wireOptions } from './options.ts';
import type { ReplyTo, Requests } from './requests.ts';

/** Who made a subscription or a registration and takes it back: the client. */
export interface Holder {
  readonly release: (held: Held) => Promise<void>;
  /** Hears of what goes wrong outside of any promise. */
  readonly report: (error: Error) => void;
}

/** What is wanted of every session: a subscription or a registration. */
export abstract class Held {
  /** @internal */
  readonly uri: string;
  /** As they travel. @internal */
  readonly options: Dict;
  /** The URI and how it is matched: what an id of the router stands for. @internal */
  readonly key: string;
  /** @internal */
  readonly holder: Holder;

  constructor(uri: string, holder: Holder, options: { readonly match?: MatchPolicy }) {
    this.uri = uri;
    this.key = `${options.match ?? 'exact'} ${uri}`;
    this.options = wireOptions(options);
    this.holder = holder;
  }

  /** There will be no more of it, for this reason if that was not wanted here. @internal */
  over(_reason?: Error): void {}
}

/** How the router is told of what is wanted, and that it no longer is. */
export interface Wire<H extends Held, A extends ClientMessage> {
  readonly ask: (request: number, wanted: H) => A;
  readonly id: (reply: ReplyTo<A>) => number;
  readonly release: (request: number, id: number) => ClientMessage;
  /** Does the router give several of one session the same id? */
  readonly shared: boolean;
}

/** Those that share an id of the router. */
interface Shared<H> {
  readonly held: Set<H>;
  readonly key: string;
  /** The last one confirmed that asked for retained events: they follow at once, and are for it alone. */
  retainedFor: H | undefined;
}

/** What a session has subscribed to, or registered: wanted here, confirmed by the router, or both. */
export class Holdings<H extends Held, A extends ClientMessage> {
  readonly #requests: Requests;
  readonly #onError: (error: Error) => void;
  readonly #wire: Wire<H, A>;
  readonly #byId = new Map<number, Shared<H>>();
  /** Asked for and not yet confirmed. */
  readonly #asking = new Set<H>();

  constructor(requests: Requests, onError: (error: Error) => void, wire: Wire<H, A>) {
    this.#requests = requests;
    this.#onError = onError;
    this.#wire = wire;
  }

  get(id: number): Shared<H> | undefined {
    return this.#byId.get(id);
  }

  /** Resolves once the router has confirmed; from then on it is served. */
  async add(wanted: H): Promise<void> {
    this.#asking.add(wanted);
    try {
      await this.#requests.ask(
        (request) => this.#wire.ask(request, wanted),
        // Entered at once and not after the promise: the first event or call may follow in the same frame.
        (reply) => this.#confirmed(this.#wire.id(reply), wanted),
      );
    } catch (error) {
      this.#asking.delete(wanted);
      // What was held back for the sake of this one.
      if (error instanceof WampError) for (const id of this.#byId.keys()) this.#drop(this.#releaseUnused(id));
      throw error;
    }
  }

  /** Resolves when the router knows too. Calls that come before that are still answered; events are not wanted any more. */
  async remove(unwanted: H): Promise<void> {
    this.#asking.delete(unwanted);
    for (const [id, { held }] of this.#byId) {
      if (!held.has(unwanted)) continue;
      if (this.#wire.shared) {
        held.delete(unwanted);
        await this.#releaseUnused(id);
      } else {
        await this.#release(id);
        this.#byId.delete(id);
      }
    }
  }

  /** Confirmed after the time was up: nobody here wants it any more, unless it was asked for again meanwhile. */
  late(id: number): void {
    if (!this.#byId.has(id) && !(this.#wire.shared && this.#asking.size > 0)) this.#drop(this.#release(id));
  }

  /** The router ended it of its own accord. */
  revoked(id: number): Iterable<H> {
    const held = this.#byId.get(id)?.held ?? [];
    this.#byId.delete(id);
    return held;
  }

  #confirmed(id: number, wanted: H): void {
    const shared = this.#byId.get(id) ?? { held: new Set(), key: wanted.key, retainedFor: undefined };
    this.#byId.set(id, shared);
    if (this.#asking.delete(wanted)) {
      shared.held.add(wanted);
      if (wanted.options['get_retained']) shared.retainedFor = wanted;
    } else this.#drop(this.#releaseUnused(id));
  }

  /** To release it would also end what a request that is still under way asks for, so that is left to its answer. */
  async #releaseUnused(id: number): Promise<void> {
    const { held, key } = this.#byId.get(id) as Shared<H>;
    if (held.size > 0) return;
    if (this.#wire.shared) for (const asked of this.#asking) if (asked.key === key) return;
    this.#byId.delete(id);
    await this.#release(id);
  }

  #release(id: number): Promise<void> {
    return this.#requests.ask(
      (request) => this.#wire.release(request, id),
      () => {},
    );
  }

  /** Nobody waits for it, so its failure is told. */
  #drop(done: Promise<void>): void {
    done.catch(this.#onError);
  }
}
