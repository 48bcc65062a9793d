import { assertNumber, methodsOf, onAbort, show, systemClock, toError, UsageError } from '../base/index.ts';
import {
  type CallHandler,
  Client,
  type Connector,
  type EventHandler,
  json,
  type RegisterOptions,
  type SubscribeOptions,
} from '../index.ts';
import type {
  CheckedContract,
  ClientOf,
  Contract,
  HandlerOf,
  ListenerOf,
  ProcedureUri,
  TopicUri,
} from '../contract/index.ts';
import { assertUri } from '../protocol/index.ts';
import { hostOf } from './host.ts';
import { consoleLog, type Log } from './log.ts';
import type { AppOptions, LifeHandler, RunOptions } from './options.ts';
import { declaredParts, type Part } from './parts.ts';
import { Run, type Timer } from './run.ts';
import { onStopSignal } from './stop-signals.ts';

/**
 * A service: procedures and events, and what is needed to run them.
 *
 * @example
 * const app = new App({ url: 'ws://localhost:9000' });
 * app.procedure('math.sub', ([a, b]) => a - b);
 * void app.run();
 * await app.stop();
 */
export class App<C extends Contract = Contract> {
  readonly #options: AppOptions;
  readonly #contract: CheckedContract<C> | undefined;
  readonly #parts: Part[] = [];
  readonly #timers: Timer[] = [];
  readonly #starters: LifeHandler[] = [];
  readonly #stoppers: LifeHandler[] = [];
  #log: Log;
  #run: Run | undefined;
  /** What onStart adds: for the run that it begins, as it adds it again for the next one. */
  #extra: Extra | undefined;
  #starting = false;
  #stop: (() => void) | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** `contract` has the arguments, results and events of everything that is added checked against its schemas. */
  constructor(options: AppOptions & { readonly contract?: CheckedContract<C> } = {}) {
    const { contract, ...own } = options;
    this.#options = own;
    this.#contract = contract;
    this.#log = options.log ?? consoleLog();
  }

  /** For lines of the app: `app.log.info('…')`. Who runs the app may have put in another one. */
  get log(): Log {
    return this.#log;
  }

  /** The client of the app that runs. Throws a `UsageError` while it does not; `onStart` is when it does. */
  get client(): ClientOf<C> {
    if (!this.#run) throw new UsageError('this app has no client: it does not run');
    const { client } = this.#run;
    return this.#contract ? this.#contract.bind(client) : (client as ClientOf<C>);
  }

  /** Answers calls of a procedure. While the app runs, it is registered at once. */
  procedure<P extends ProcedureUri<C>>(uri: P, handler: HandlerOf<C, P>, options?: RegisterOptions): this {
    assertUri(uri, 'procedure', options?.match);
    assertFunction('procedure', handler);
    return this.#add({ kind: 'procedure', uri, handler: handler as CallHandler, options });
  }

  /** Calls `handler` for each event of a topic. While the app runs, it is subscribed at once. */
  event<T extends TopicUri<C>>(topic: T, handler: ListenerOf<C, T>, options?: SubscribeOptions): this {
    assertUri(topic, 'event', options?.match);
    assertFunction('event', handler);
    return this.#add({ kind: 'event', uri: topic, handler: handler as EventHandler, options });
  }

  /**
   * Registers each method of an object as `prefix.method`: a plain function, which gets the positional arguments of the
   * call. Methods whose names begin with `_` stay private. `options` are for all of them.
   *
   * @example
   * const app = new App().expose('math', { add: (a: number, b: number) => a + b });
   * await using site = await testApp(app);
   * console.log(await site.client.call('math.add', [2, 3])); // => 5
   */
  expose(prefix: string, object: object, options?: RegisterOptions): this {
    const methods = methodsOf(object);
    if (methods.length === 0) throw new UsageError(`expose: expected an object with methods, got ${show(object)}`);
    for (const [name, method] of methods) {
      const uri = `${prefix}.${name}`;
      assertUri(uri, 'expose');
      this.#add({ kind: 'procedure', uri, handler: (args: readonly unknown[]) => method(...args), options });
    }
    return this;
  }

  /** Takes in what `@procedure` and `@event` say of an object's methods. */
  add(object: object): this {
    const parts = declaredParts(object);
    if (parts.length === 0) throw new UsageError('add: expected an object with methods under @procedure or @event');
    for (const part of parts) this.#add(part);
    return this;
  }

  /**
   * Calls `act` once there is a connection, and before anything is registered; what it throws ends `run()`. What it adds to
   * the app is for this run.
   */
  onStart(act: LifeHandler): this {
    assertFunction('onStart', act);
    this.#starters.push(act);
    return this;
  }

  /** Calls `act` once no handler is at work any more; the last one added comes first. */
  onStop(act: LifeHandler): this {
    assertFunction('onStop', act);
    (this.#added?.stoppers ?? this.#stoppers).push(act);
    return this;
  }

  /** Calls `act` every `intervalMs` milliseconds while the app runs, never twice at a time. */
  every(intervalMs: number, act: () => unknown): this {
    if (typeof intervalMs !== 'number' || !(intervalMs > 0 && intervalMs < 2 ** 31))
      throw new UsageError(`every: expected a number of milliseconds above 0, got ${show(intervalMs)}`);
    assertFunction('every', act);
    const timer = { intervalMs, act };
    (this.#added?.timers ?? this.#timers).push(timer);
    if (!this.#added) this.#run?.start(timer);
    return this;
  }

  /**
   * Connects, registers, and serves until `stop()`, the signal of the options, SIGTERM or SIGINT. Then it takes back what it
   * has registered, lets handlers that are at work end, and says goodbye.
   *
   * Resolves once it has stopped. Rejects when the router refuses the session or what was to be registered, when `onStart`
   * fails, or when the connection is lost for good.
   */
  async run(options?: RunOptions): Promise<void> {
    const host = options ? undefined : hostOf();
    if (host) return host(this);
    if (this.#stop) throw new UsageError('this app runs already');
    const given: RunOptions = { ...this.#options, ...options };
    assertNumber('drainTimeout', given.drainTimeout);
    const stopped = new Promise<void>((resolve) => {
      this.#stop = resolve;
    });
    this.#log = given.log ?? consoleLog();
    const running = this.#serve(given, stopped);
    this.#ended = running.catch(() => {});
    return running;
  }

  /** Stops an app that runs, as a signal does; resolves when it has stopped. */
  stop(): Promise<void> {
    this.#stop?.();
    return this.#ended;
  }

  async #serve(options: RunOptions, stopped: Promise<void>): Promise<void> {
    const { client: shared, url, signal, onReady, drainTimeout = 10_000, clock = systemClock, ...own } = options;
    const client = shared ?? new Client(connectorOf(url), { serializers: [json()], clock, ...own });
    const run = new Run(client, this.#log, clock);
    const stop = (): void => this.#stop?.();
    const forget = [signal ? onAbort(signal, stop) : onStopSignal(stop), ...(shared ? [] : this.#listen(client))];
    if (signal?.aborted) stop();
    const over = Promise.race([stopped, client.closed]);
    try {
      const begun = (async () => {
        if (!shared) await client.open();
        await this.#begin(run);
        onReady?.(client);
        return over;
      })();
      const reason = await Promise.race([begun, over]);
      if (reason) throw reason;
    } finally {
      const end = clock.now() + drainTimeout;
      await this.#end(run, drainTimeout);
      // What a function has registered with the client itself is taken back too, in the time that is left.
      const left = end - clock.now();
      if (!shared) await (left > 0 ? client.drain(left) : client.close());
      for (const each of forget) each();
      this.#stop = undefined;
    }
  }

  async #begin(run: Run): Promise<void> {
    this.#run = run;
    const extra: Extra = { parts: [], timers: [], stoppers: [] };
    this.#extra = extra;
    this.#starting = true;
    for (const act of this.#starters) await act(run.client);
    this.#starting = false;
    await Promise.all([...this.#parts, ...extra.parts].map((part) => run.add(part)));
    for (const timer of [...this.#timers, ...extra.timers]) run.start(timer);
  }

  /** Where what is added now belongs; undefined for the app itself. */
  get #added(): Extra | undefined {
    return this.#starting ? this.#extra : undefined;
  }

  async #end(run: Run, drainTimeout: number): Promise<void> {
    await run.drain(drainTimeout);
    if (this.#run) {
      for (const act of [...this.#stoppers, ...(this.#extra?.stoppers ?? [])].toReversed()) {
        try {
          await act(run.client);
        } catch (error) {
          this.#log.error('a handler of onStop failed:', toError(error));
        }
      }
    }
    this.#run = undefined;
    this.#extra = undefined;
    this.#starting = false;
  }

  #add(given: Part): this {
    const part = this.#checked(given);
    const { parts } = this.#added ?? {};
    (parts ?? this.#parts).push(part);
    if (parts) return this;
    this.#run
      ?.add(part)
      .catch((error: unknown) => this.#log.error(`the ${part.kind} ${part.uri} is not there:`, toError(error)));
    return this;
  }

  #checked(part: Part): Part {
    const contract = this.#contract;
    if (!contract) return part;
    return part.kind === 'procedure'
      ? { ...part, handler: contract.procedure(part.uri, part.handler) }
      : { ...part, handler: contract.event(part.uri, part.handler) };
  }

  #listen(client: Client): (() => void)[] {
    let away = false;
    return [
      client.on('error', (error) => this.#log.error('error:', error)),
      // Once, and not for each attempt.
      client.on('reconnecting', ({ error }) => {
        if (!away) this.#log.warn(`${error.message}; trying again`);
        away = true;
      }),
      client.on('joined', ({ realm }) => {
        if (away) this.#log.info('connected');
        else this.#log.debug('joined', realm);
        away = false;
      }),
    ];
  }
}

/** What belongs to one run. */
interface Extra {
  readonly parts: Part[];
  readonly timers: Timer[];
  readonly stoppers: LifeHandler[];
}

function assertFunction(where: string, what: unknown): void {
  if (typeof what !== 'function') throw new UsageError(`${where}: expected a function, got ${show(what)}`);
}

/** WebSockets are loaded when one is asked for: processes of a site have another way to their router, and start sooner so. */
function connectorOf(url: AppOptions['url'] = 'ws://127.0.0.1:9000'): Connector {
  if (typeof url === 'function') return url;
  return async (options) => {
    const { webSocket } = await import('../index.ts');
    return webSocket(url)(options);
  };
}
