import { isAsyncIterable, isThenable, type Untyped } from '../base/index.ts';
import type {
  CallHandler,
  CallOptions,
  Client,
  EventHandler,
  PublishOptions,
  RegisterOptions,
  StreamOptions,
  SubscribeOptions,
  Subscription,
} from '../client/index.ts';
import { broken, checked, invalidArgument } from './check.ts';
import { checkEntries } from './entries.ts';
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts';
import type { ClientOf, Contract } from './types.ts';

/** The schemas of a procedure; each is optional, and what has none is not looked at. */
export interface ProcedureSchemas {
  /** Of the list of positional arguments: a tuple. */
  readonly args?: StandardSchema<Untyped, Untyped>;
  readonly kwargs?: StandardSchema<Untyped, Untyped>;
  readonly result?: StandardSchema<Untyped, Untyped>;
}

/** The schemas of a topic. */
export type TopicSchemas = Omit<ProcedureSchemas, 'result'>;

/** What {@link defineContract} takes: schemas by URI. */
export interface ContractSchemas {
  readonly procedures?: { readonly [uri: string]: ProcedureSchemas };
  readonly topics?: { readonly [uri: string]: TopicSchemas };
}

type EntryFrom<S> = (S extends { readonly args: infer A }
  ? { readonly args: OutputOf<A>; readonly given: InputOf<A> }
  : { readonly args: readonly Untyped[] }) &
  (S extends { readonly kwargs: infer K } ? { readonly kwargs: OutputOf<K> } : unknown) & {
    readonly result: S extends { readonly result: infer R } ? OutputOf<R> : Untyped;
  };

/** The types that follow from schemas. */
export interface ContractFrom<S extends ContractSchemas> extends Contract {
  readonly procedures: { readonly [uri in keyof S['procedures']]: EntryFrom<S['procedures'][uri]> };
  readonly topics: { readonly [uri in keyof S['topics']]: EntryFrom<S['topics'][uri]> };
}

/** A contract that is checked while a program runs: for the option `contract` of `connect` and of `App`. */
export interface CheckedContract<C extends Contract> {
  /** The same client, which checks what it sends and what it gets. */
  bind(client: Client): ClientOf<C>;
  /** The same handler, which gets only arguments that fit, and gives only results that do. */
  procedure(uri: string, handler: CallHandler): CallHandler;
  /** The same handler, which gets only events that fit; others go to the client's `error` event. */
  event(topic: string, handler: EventHandler): EventHandler;
  /** Not there at run time: it carries the types. */
  readonly types?: C;
}

/**
 * Makes a contract of schemas, from any library that follows Standard Schema: zod, valibot, arktype.
 *
 * Arguments that do not fit are `wamp.error.invalid_argument`, with `issues` among the keyword arguments, on the caller's
 * side before anything is sent and on the callee's before the handler runs. Results and events that do not fit are a
 * {@link ContractError}. Keyword arguments that have no schema, and URIs that are not in it, are not looked at.
 *
 * @example
 * import * as v from 'valibot';
 * const math = defineContract({ procedures: { 'math.neg': { args: v.tuple([v.number()]), result: v.number() } } });
 * const typed = await connect('ws://localhost:9000', { contract: math });
 * await typed.register('math.neg', ([a]) => -a);
 * console.log(await typed.call('math.neg', [2])); // => -2
 */
export function defineContract<const S extends ContractSchemas>(schemas: S): CheckedContract<ContractFrom<S>> {
  // Maps, since URIs come from outside.
  const procedures = new Map(Object.entries(schemas.procedures ?? {}));
  const topics = new Map(Object.entries(schemas.topics ?? {}));

  const procedure = (uri: string, handler: CallHandler): CallHandler => {
    const rules = procedures.get(uri);
    // What is no function is refused by who gets it.
    if (!rules || typeof handler !== 'function') return handler;
    return (args, invocation) =>
      whenFit(rules, uri, {
        args,
        kwargs: invocation.kwargs,
        next: (fitArgs, fitKwargs) =>
          settled(handler(fitArgs, withKwargs(invocation, fitKwargs)), (result) =>
            // The caller cannot help it: for it this is a mistake in the callee, like any other.
            checked(rules.result, result, {
              next: () => result,
              failure: (issues) => broken(`the result of ${uri}`, issues),
            }),
          ),
      });
  };

  const event = (topic: string, handler: EventHandler): EventHandler => {
    const rules = topics.get(topic);
    if (!rules || typeof handler !== 'function') return handler;
    return (args, heard) =>
      checked(rules.args, args, {
        failure: (issues) => broken(`the event of ${topic}`, issues),
        next: (fitArgs) =>
          checked(rules.kwargs, heard.kwargs, {
            failure: (issues) => broken(`the keyword arguments of the event of ${topic}`, issues),
            next: (fitKwargs) => handler(fitArgs as Untyped[], withKwargs(heard, fitKwargs)),
          }),
      });
  };

  const bind = (client: Client): unknown => {
    const own = {
      async call(uri: string, args: readonly unknown[] = [], options: CallOptions = {}): Promise<unknown> {
        const rules = procedures.get(uri);
        if (!rules) return client.call<unknown>(uri, args, options);
        // What is checked is sent as it was given: the callee makes of it what its schema makes of it.
        const result = await whenFit(rules, uri, {
          args,
          kwargs: options.kwargs ?? {},
          next: () => client.call<unknown>(uri, args, options),
        });
        return checked(rules.result, result, {
          next: (fit) => fit,
          failure: (issues) => broken(`the result of ${uri}`, issues),
        });
      },
      async publish(
        topic: string,
        args: readonly unknown[] = [],
        options: PublishOptions = {},
      ): Promise<number | undefined> {
        const next = (): Promise<number | undefined> => client.publish(topic, args, options);
        const rules = topics.get(topic) ?? {};
        return whenFit(rules, topic, { args, kwargs: options.kwargs ?? {}, next }) as ReturnType<typeof next>;
      },
      stream: (uri: string, args: readonly unknown[] = [], options: StreamOptions = {}) =>
        client.stream(uri, args, options, (given) => own.call(uri, args, given)),
      register: (uri: string, handler: CallHandler, options?: RegisterOptions) =>
        client.register(uri, procedure(uri, handler), options),
      async subscribe(topic: string, handler?: EventHandler, options?: SubscribeOptions): Promise<Subscription> {
        const subscription = await client.subscribe(topic, handler && event(topic, handler), options);
        if (!handler && topics.has(topic))
          checkEntries(
            subscription,
            event(topic, (...entry) => entry),
          );
        return subscription;
      },
    };
    const bound = new Map<PropertyKey, unknown>(Object.entries(own));
    return new Proxy(client, {
      get(target, key) {
        if (bound.has(key)) return bound.get(key);
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        // Methods look into the client itself.
        const method = (value as (...args: unknown[]) => unknown).bind(target);
        bound.set(key, method);
        return method;
      },
    });
  };

  return { procedure, event, bind: bind as CheckedContract<ContractFrom<S>>['bind'] };
}

interface Fitting<T> {
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
  readonly next: (args: readonly Untyped[], kwargs: unknown) => T;
}

function whenFit<T>(rules: ProcedureSchemas, uri: string, { args, kwargs, next }: Fitting<T>): unknown {
  return checked(rules.args, args, {
    failure: (issues) => invalidArgument(`the arguments of ${uri}`, issues),
    next: (fitArgs) =>
      checked(rules.kwargs, kwargs, {
        failure: (issues) => invalidArgument(`the keyword arguments of ${uri}`, issues),
        next: (fitKwargs) => next(fitArgs as Untyped[], fitKwargs),
      }),
  });
}

/** The same context with other keyword arguments, its getters left alone until somebody asks. */
function withKwargs<T extends { readonly kwargs: unknown }>(context: T, kwargs: unknown): T {
  if (kwargs === context.kwargs) return context;
  return new Proxy(context, {
    get: (target, key) => (key === 'kwargs' ? kwargs : (Reflect.get(target, key, target) as unknown)),
  });
}

/** What comes of a handler at last: a value, that of a promise, or what follows the parts of a result. */
function settled<T>(outcome: unknown, next: (value: unknown) => T): unknown {
  if (isAsyncIterable(outcome)) return parts(outcome, next);
  return isThenable(outcome) ? Promise.resolve(outcome).then(next) : next(outcome);
}

async function* parts<T>(
  given: AsyncIterable<unknown>,
  next: (value: unknown) => T,
): AsyncGenerator<unknown, Awaited<T>> {
  return await next(yield* given as AsyncGenerator<unknown, unknown>);
}
