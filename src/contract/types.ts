import type { Untyped } from '../base/index.ts';
import type {
  CallOptions,
  CallStream,
  Client,
  Event,
  EventHandler,
  Invocation,
  PublishOptions,
  RegisterOptions,
  Registration,
  Result,
  StreamOptions,
  SubscribeOptions,
  Subscription,
} from '../client/index.ts';

/**
 * What can be called and heard in a realm. A procedure is a function type, or `{ args, kwargs, result }` where there are
 * keyword arguments; a topic is a tuple type, or `{ args, kwargs }`.
 */
export interface Contract {
  readonly procedures?: object;
  readonly topics?: object;
}

type Kind = keyof Contract;
type Section<C extends Contract, K extends Kind> = C extends { readonly [kind in K]: infer S extends object }
  ? S
  : object;
/** True for a contract that says nothing, so that anything goes. */
type IsOpen<C extends Contract> = Contract extends C ? true : false;
type UriOf<C extends Contract, K extends Kind> = IsOpen<C> extends true ? string : keyof Section<C, K> & string;
type EntryOf<C extends Contract, K extends Kind, U> = U extends keyof Section<C, K> ? Section<C, K>[U] : never;

/** The arguments of a function type, of a tuple, or of `{ args }`. */
type ArgsIn<E> = E extends (...args: infer A) => unknown
  ? A
  : E extends readonly unknown[]
    ? E
    : E extends { readonly args: infer A extends readonly unknown[] }
      ? A
      : readonly [];
type KwargsIn<E> = E extends { readonly kwargs: infer K } ? K : Readonly<Record<string, Untyped>>;
type ResultIn<E> = E extends (...args: never) => infer R
  ? Awaited<R>
  : E extends { readonly result: infer R }
    ? R
    : undefined;
/** What is given, where a schema makes something else of it. */
type GivenIn<E> = E extends { readonly given: infer A extends readonly unknown[] } ? A : ArgsIn<E>;

/** The URIs of a contract's procedures; any, when it says nothing. */
export type ProcedureUri<C extends Contract> = UriOf<C, 'procedures'>;
/** The URIs of a contract's topics; any, when it says nothing. */
export type TopicUri<C extends Contract> = UriOf<C, 'topics'>;

type WithKwargs<T, E> = Omit<T, 'kwargs'> & { readonly kwargs: KwargsIn<E> };

/** Who answers a procedure of a contract. */
export type HandlerOf<C extends Contract, P> =
  IsOpen<C> extends true
    ? (args: readonly Untyped[], invocation: Invocation) => unknown
    : TypedHandler<EntryOf<C, 'procedures', P>>;
type TypedHandler<E> = (
  args: ArgsIn<E>,
  invocation: WithKwargs<Invocation, E>,
) => ResultIn<E> | Promise<ResultIn<E>> | Result | Promise<Result> | AsyncGenerator<unknown, ResultIn<E>>;

/** A subscription to a topic of a contract, to be iterated over. */
type SubscriptionOf<C extends Contract, T> =
  IsOpen<C> extends true ? Subscription : TypedSubscription<EntryOf<C, 'topics', T>>;
type TypedSubscription<E> = Subscription<ArgsIn<E>, WithKwargs<Event, E>>;

/** Who hears a topic of a contract. */
export type ListenerOf<C extends Contract, T> =
  IsOpen<C> extends true ? EventHandler : TypedListener<EntryOf<C, 'topics', T>>;
type TypedListener<E> = (args: ArgsIn<E>, event: WithKwargs<Event, E>) => unknown;

type OptionsWith<O, E> = Omit<O, 'kwargs'> & { readonly kwargs?: KwargsIn<E> };
/** Arguments may be left out where there are none. */
type Rest<A extends readonly unknown[], O> = [] extends A
  ? [args?: Readonly<A>, options?: O]
  : [args: Readonly<A>, options?: O];

interface TypedMethods<C extends Contract> {
  /** As {@link Client.call}, for the procedures of the contract. */
  call<P extends ProcedureUri<C>>(
    procedure: P,
    ...rest: Rest<GivenIn<EntryOf<C, 'procedures', P>>, OptionsWith<CallOptions, EntryOf<C, 'procedures', P>>>
  ): Promise<ResultIn<EntryOf<C, 'procedures', P>>>;
  /** What the router itself answers is in no contract. */
  call<R = Untyped>(procedure: `wamp.${string}`, args?: readonly unknown[], options?: CallOptions): Promise<R>;
  /** As {@link Client.publish}, for the topics of the contract. */
  publish<T extends TopicUri<C>>(
    topic: T,
    ...rest: Rest<GivenIn<EntryOf<C, 'topics', T>>, OptionsWith<PublishOptions, EntryOf<C, 'topics', T>>>
  ): Promise<number | undefined>;
  /** As {@link Client.subscribe}, for the topics of the contract. */
  subscribe<T extends TopicUri<C>>(
    topic: T,
    handler?: ListenerOf<C, T>,
    options?: SubscribeOptions,
  ): Promise<SubscriptionOf<C, T>>;
  /** What the router itself tells is in no contract. */
  subscribe(topic: `wamp.${string}`, handler?: EventHandler, options?: SubscribeOptions): Promise<Subscription>;
  /** As {@link Client.register}, for the procedures of the contract. */
  register<P extends ProcedureUri<C>>(
    procedure: P,
    handler: HandlerOf<C, P>,
    options?: RegisterOptions,
  ): Promise<Registration>;
  /** As {@link Client.stream}, for the procedures of the contract, whose parts are of any type. */
  stream<P extends ProcedureUri<C>>(
    procedure: P,
    ...rest: Rest<GivenIn<EntryOf<C, 'procedures', P>>, OptionsWith<StreamOptions, EntryOf<C, 'procedures', P>>>
  ): CallStream<Untyped, ResultIn<EntryOf<C, 'procedures', P>>>;
}

/** A client whose calls and events a contract describes. */
export type TypedClient<C extends Contract> = Omit<Client, keyof TypedMethods<C>> & TypedMethods<C>;

/** What `connect<C>` gives: a {@link TypedClient}, or a plain one where there is no contract. */
export type ClientOf<C extends Contract> = IsOpen<C> extends true ? Client : TypedClient<C>;
