/** What a publication, a call or an error carries. */
export interface Payload {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/**
 * What a procedure of the tests does: give back what it got; fail with the URI in its first argument and the rest;
 * throw the language's own kind of error, with its first argument as the message; never answer.
 */
export type Behaviour = 'echo' | 'fail' | 'throw' | 'hang';

export interface PublishOptions {
  readonly acknowledge: boolean;
  readonly excludeMe: boolean;
}

export interface PartySubscription {
  /** Events in the order in which they came. */
  readonly events: Inbox<Payload>;
  unsubscribe(): Promise<void>;
}

export interface PartyRegistration {
  readonly invocations: Inbox<Payload>;
  unregister(): Promise<void>;
}

/** One WAMP client of whatever make, on some router. */
export interface Party {
  readonly traits: Traits;
  readonly session: number;
  /** What its process printed; empty for a client in the tests' own process. */
  readonly output: string;
  subscribe(topic: string): Promise<PartySubscription>;
  publish(topic: string, payload: Payload, options: PublishOptions): Promise<void>;
  register(procedure: string, behaviour: Behaviour): Promise<PartyRegistration>;
  /** Rejects with a PartyError when the answer is an error. */
  call(procedure: string, payload: Payload): Promise<Payload>;
  /** Says goodbye, waits for the answer. */
  leave(): Promise<void>;
  /** Resolves when the session is over, with the reason where the client tells it. */
  readonly closed: Promise<string | undefined>;
  /** Frees what is left; ends the process of a client that has one. */
  dispose(): Promise<void>;
}

/** What is particular to a client; the tests assert it by name instead of looking away. */
export interface Traits {
  readonly name: string;
  /** Whether WAMP's binary values in JSON come out as bytes; otherwise the text arrives as it is on the wire. */
  readonly readsBinary: boolean;
  /** What a `Uint8Array` or `bytes` becomes in its JSON. */
  readonly writesBinary: 'binary' | 'object' | 'refused';
  /** Whether its codec leaves a key `__proto__` out, or gives it another name. */
  readonly losesProto?: boolean;
  /** Whether `exclude_me: false` can be asked for. */
  readonly hearsItself: boolean;
  /** Whether an error that its procedure raises keeps its keyword arguments. */
  readonly errorKwargs: boolean;
  /** What the caller sees when its procedure throws the language's own error with this message. */
  nativeError(message: string): Failure;
  /** Whether it tells its user why a session ended. */
  readonly tellsReason: boolean;
  /** Whether it answers a router's GOODBYE. */
  readonly answersGoodbye: boolean;
}

export interface Failure extends Payload {
  readonly uri: string;
}

/** A WAMP error as the party's library gave it to its user. */
export class PartyError extends Error implements Failure {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor({ uri, args, kwargs }: Failure) {
    super(`${uri} ${JSON.stringify(args)} ${JSON.stringify(kwargs)}`);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** Things that come, for one reader that takes them one by one. */
export class Inbox<T> {
  #things: T[] = [];
  #readers: ((thing: T) => void)[] = [];

  push(thing: T): void {
    const reader = this.#readers.shift();
    if (reader) reader(thing);
    else this.#things.push(thing);
  }

  next(): Promise<T> {
    const thing = this.#things.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** How many have come that nobody has taken. */
  get waiting(): number {
    return this.#things.length;
  }
}
