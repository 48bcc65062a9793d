import {
  type CallHandler,
  type Client,
  connect,
  type Registration,
  Result,
  RocadeError,
  type Subscription,
  WampError,
} from 'rocade';
import type { Message } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { breakable, type Wire } from './breakable.ts';
import { pseudoRandom } from './pseudo-random.ts';

const PROCEDURES = ['a.procedure', 'b.procedure', 'c.procedure'];
const TOPICS = ['a.topic', 'b.topic'];
/** What a client may not send once it has joined, or not about nothing. */
const FORGED: readonly Message[] = [
  { type: 'HELLO', realm: 'realm1', details: { roles: { caller: {} } } },
  { type: 'YIELD', request: 4711, options: {} },
  { type: 'WELCOME', session: 1, details: { roles: {} } },
  { type: 'ABORT', details: {}, reason: 'com.example.enough' },
];

interface Party {
  readonly name: number;
  readonly client: Client;
  readonly subscriptions: Subscription[];
  readonly registrations: Registration[];
}

/** What is wrong after an interleaving: nothing, if all is well. */
export interface Findings {
  readonly problems: readonly string[];
  readonly operations: readonly string[];
  /** How many promises were fulfilled and rejected. */
  readonly fulfilled: number;
  readonly rejected: number;
}

/** One random interleaving of what clients, routers and networks do. */
export class Interleaving {
  readonly #random: (below: number) => number;
  readonly #clock = fakeClock();
  readonly #router = new Router({ clock: this.#clock });
  readonly #wires: Wire[] = [];
  readonly #parties: Party[] = [];
  readonly #aborts: AbortController[] = [];
  /** For those who have not joined yet, and would try for ever. */
  readonly #giveUp = new AbortController();
  readonly #problems: string[] = [];
  readonly #operations: string[] = [];
  #pending = 0;
  #fulfilled = 0;
  #rejected = 0;
  #published = 0;
  #joins = 0;

  constructor(seed: number) {
    this.#random = pseudoRandom(seed);
  }

  async run(): Promise<Findings> {
    for (let count = 0; count < 3; count++) this.#join();
    await this.#pause();
    for (let count = 5 + this.#random(15); count > 0; count--) {
      try {
        this.#operate();
      } catch (error) {
        this.#problems.push(`thrown: ${String(error)}`);
      }
      for (let ticks = this.#random(6); ticks > 0; ticks--) await Promise.resolve();
      if (this.#random(6) === 0) await this.#pause();
    }
    await this.#finish();
    return {
      problems: this.#problems,
      operations: this.#operations,
      fulfilled: this.#fulfilled,
      rejected: this.#rejected,
    };
  }

  /** Everybody leaves; then nothing may be left. */
  async #finish(): Promise<void> {
    // Those that are just joining get there, or not.
    await this.#pause();
    this.#giveUp.abort(new Error('as it happens'));
    await this.#pause();
    for (const { client } of this.#parties) this.#watch('close', client.close());
    this.#watch('router.close', this.#router.close());
    for (let turns = 0; turns < 3; turns++) await this.#pause();
    const { sessions = -1, subscriptions = -1, registrations = -1, calls = -1 } = this.#router.counts('realm1') ?? {};
    if (this.#pending > 0) this.#problems.push(`${this.#pending} promises are pending`);
    if (sessions + subscriptions + registrations + calls !== 0) {
      this.#problems.push(`left in the router: ${JSON.stringify({ sessions, subscriptions, registrations, calls })}`);
    }
    if (this.#clock.pending > 0) this.#problems.push(`${this.#clock.pending} timers are left`);
    if (this.#wires.some(({ closed }) => !closed)) this.#problems.push('a connection is left open');
  }

  /** One turn of the event loop: all that is on its way in memory arrives. */
  #pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random(list.length)];
  }

  #watch<T>(what: string, promise: Promise<T>): void {
    this.#pending++;
    promise.then(
      () => {
        this.#pending--;
        this.#fulfilled++;
      },
      (error: unknown) => {
        this.#pending--;
        this.#rejected++;
        this.#judge(what, error);
      },
    );
  }

  /** Errors of ours that say what happened, and those that handlers threw, are what may come. */
  #judge(what: string, error: unknown): void {
    const expected = error instanceof RocadeError || (error instanceof Error && error.message === 'as it happens');
    if (!expected) this.#problems.push(`${what}: ${String(error)}`);
  }

  #join(): void {
    const name = this.#joins++;
    const connector = breakable(
      (channel) => this.#router.accept(channel),
      (wire) => this.#wires.push(wire),
    );
    const opening = connect(connector, {
      clock: this.#clock,
      timeout: 100,
      retry: this.#random(2) === 0 ? false : { initialDelay: 20 },
      offline: this.#random(3) === 0 ? 'reject' : { limit: 3, timeout: 60 },
      signal: this.#giveUp.signal,
      on: { reconnecting: () => {}, closed: () => {} },
    });
    this.#watch(
      'connect',
      opening.then((client) => {
        client.on('error', (error) => this.#judge('error', error));
        this.#parties.push({ name, client, subscriptions: [], registrations: [] });
      }),
    );
  }

  #operate(): void {
    const party = this.#pick(this.#parties);
    const kinds = [
      'call',
      'call',
      'call',
      'publish',
      'publish',
      'subscribe',
      'subscribe',
      'register',
      'register',
    ] as const;
    const all = [
      ...kinds,
      'unsubscribe',
      'unregister',
      'abort',
      'advance',
      'cut',
      'forge',
      'join',
      'reconnect',
      'drain',
      'close',
      'rarely',
    ] as const;
    const kind = this.#pick(all) as (typeof all)[number];
    this.#operations.push(`${party?.name} ${kind}`);
    if (!party) return;
    const { client, subscriptions, registrations } = party;
    switch (kind) {
      case 'call':
        return this.#call(client);
      case 'publish':
        return this.#publish(party);
      case 'subscribe':
        return this.#subscribe(party);
      case 'register':
        return this.#register(party);
      case 'unsubscribe':
        return this.#watchEach(kind, subscriptions, (subscription) => subscription.unsubscribe());
      case 'unregister':
        return this.#watchEach(kind, registrations, (registration) => registration.unregister());
      case 'abort':
        return this.#pick(this.#aborts)?.abort(new Error('as it happens'));
      case 'advance':
        return this.#clock.advance(this.#random(120));
      case 'cut':
        return this.#pick(this.#wires)?.cut();
      case 'forge':
        return this.#pick(this.#wires)?.forge(this.#pick(FORGED) as Message);
      case 'join':
        return this.#join();
      case 'reconnect':
        return client.reconnect();
      case 'drain':
        return this.#watch(kind, client.drain(50));
      case 'close':
        return this.#watch(kind, client.close());
      case 'rarely':
        if (this.#random(3) === 0) this.#watch('router.close', this.#router.close());
        return;
    }
  }

  #watchEach<T>(what: string, list: readonly T[], act: (one: T) => Promise<void>): void {
    const one = this.#pick(list);
    if (one) this.#watch(what, act(one));
  }

  #call(client: Client): void {
    const controller = new AbortController();
    this.#aborts.push(controller);
    const value = this.#random(1e9);
    const options = {
      ...(this.#random(2) === 0 && { signal: controller.signal }),
      ...(this.#random(3) === 0 && { timeout: 30 }),
      ...(this.#random(3) === 0 && { idempotent: true }),
    };
    const call = client.call(this.#pick(PROCEDURES) as string, [value], options);
    const checked = call.then((result) => {
      if (result !== value) this.#problems.push(`a call of ${value} came to ${JSON.stringify(result)}`);
    });
    this.#watch('call', checked);
  }

  #publish({ name, client }: Party): void {
    const options = { acknowledge: this.#random(2) === 0, excludeMe: this.#random(2) === 0 };
    this.#watch('publish', client.publish(this.#pick(TOPICS) as string, [name, ++this.#published], options));
  }

  #subscribe({ client, subscriptions }: Party): void {
    const last = new Map<number, number>();
    const fails = this.#random(4) === 0;
    const handler = ([publisher, number]: readonly number[]): unknown => {
      // Of each publisher's events none comes twice, and none before an older one.
      if ((last.get(publisher as number) ?? 0) >= (number as number))
        this.#problems.push(`event ${number} of ${publisher} comes late`);
      last.set(publisher as number, number as number);
      if (fails) throw new Error('as it happens');
      return undefined;
    };
    const subscribing = client.subscribe(
      this.#pick(TOPICS) as string,
      handler as (args: readonly unknown[]) => unknown,
    );
    this.#watch(
      'subscribe',
      subscribing.then((subscription) => subscriptions.push(subscription)),
    );
  }

  #register({ client, registrations }: Party): void {
    const handlers: CallHandler[] = [
      ([value]) => value,
      async ([value]) => value,
      ([value]) => new Result([value]),
      async ([value]) => {
        await Promise.resolve();
        return value;
      },
      () => {
        throw new Error('as it happens');
      },
      () => Promise.reject(new WampError('com.example.denied')),
      (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      () => new Promise(() => {}),
      () => Promise.reject(new WampError('wamp.error.unavailable')),
      async function* ([value]) {
        yield 'part';
        await Promise.resolve();
        yield 'part';
        return value;
      },
      async ([value]) => {
        await client.close();
        return value;
      },
    ];
    const procedure = this.#pick(PROCEDURES) as string;
    // Calls on, but never in a circle.
    if (procedure !== PROCEDURES[0]) handlers.push(([value]) => client.call(PROCEDURES[0] as string, [value]));
    const options = {
      ...(this.#random(2) === 0 && {
        invoke: this.#pick(['roundrobin', 'random', 'first', 'last'] as const) as 'first',
      }),
      ...(this.#random(4) === 0 && { concurrency: 1 }),
    };
    const registering = client.register(procedure, this.#pick(handlers) as CallHandler, options);
    this.#watch(
      'register',
      registering.then((registration) => registrations.push(registration)),
    );
  }
}
