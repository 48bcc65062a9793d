import {
  AbortedError,
  batched,
  type Client,
  ClosedError,
  connect,
  json,
  Result,
  type Serializer,
  WampError,
} from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { rawSocket } from 'rocade/node';
import {
  type Behaviour,
  Inbox,
  type Party,
  PartyError,
  type PartyRegistration,
  type PartySubscription,
  type Payload,
  type PublishOptions,
  type Traits,
} from './party.ts';

export const rocadeTraits: Traits = {
  name: 'rocade',
  readsBinary: true,
  writesBinary: 'binary',
  hearsItself: true,
  errorKwargs: true,
  nativeError: (message) => ({ uri: 'wamp.error.runtime_error', args: [message], kwargs: {} }),
  tellsReason: true,
  answersGoodbye: true,
};

/** This project's client, as a make of client. */
export const rocade = { traits: rocadeTraits, join: (url: string, realm: string) => RocadeParty.join(url, realm) };

const serializers: Readonly<Record<string, () => Serializer>> = {
  json,
  msgpack,
  cbor,
  // As Autobahn and Crossbar.io have it.
  'json.batched': () => batched(json(), { separator: '\u0018' }),
  'msgpack.batched': () => batched(msgpack()),
  'cbor.batched': () => batched(cbor()),
};

/** The same with another serializer than JSON, by the name of its subprotocol. */
export function rocadeIn(id: string): typeof rocade {
  const serializer = serializers[id]?.();
  if (!serializer) throw new Error(`no serializer is called ${id}`);
  const traits = { ...rocadeTraits, name: `rocade in ${id}` };
  return { traits, join: (url, realm) => RocadeParty.join(url, realm, { traits, serializers: [serializer] }) };
}

/** This project's client, as one party among others. */
export class RocadeParty implements Party {
  readonly traits: Traits;
  readonly closed: Promise<string | undefined>;
  readonly session: number;
  readonly output = '';
  /** What the client told of on its `error` event. */
  readonly reported: Error[] = [];
  #client: Client;

  private constructor(client: Client, traits: Traits) {
    this.#client = client;
    this.traits = traits;
    this.session = client.session?.id ?? 0;
    this.closed = client.closed.then((reason) => (reason instanceof ClosedError ? reason.uri : undefined));
    client.on('error', (error) => this.reported.push(error));
  }

  /** Rejects with a PartyError when the router does not take it. */
  static async join(
    url: string,
    realm: string,
    { traits, serializers: offered }: { traits: Traits; serializers: readonly Serializer[] } = {
      traits: rocadeTraits,
      serializers: [json()],
    },
  ): Promise<RocadeParty> {
    const target = url.startsWith('ws') ? url : rawSocket(url);
    return new RocadeParty(await wamp(connect(target, { realm, retry: false, serializers: offered })), traits);
  }

  async subscribe(topic: string): Promise<PartySubscription> {
    const events = new Inbox<Payload>();
    const subscription = await wamp(
      this.#client.subscribe(topic, (args, { kwargs }) => events.push({ args, kwargs: kwargs ?? {} })),
    );
    return { events, unsubscribe: () => wamp(subscription.unsubscribe()) };
  }

  async publish(topic: string, { args, kwargs }: Payload, options: PublishOptions): Promise<void> {
    await wamp(this.#client.publish(topic, args, { kwargs, ...options }));
  }

  async register(procedure: string, behaviour: Behaviour): Promise<PartyRegistration> {
    const invocations = new Inbox<Payload>();
    const registration = await wamp(
      this.#client.register(procedure, (args, { kwargs }) => {
        invocations.push({ args, kwargs });
        return behave(behaviour, args, kwargs);
      }),
    );
    return { invocations, unregister: () => wamp(registration.unregister()) };
  }

  async call(procedure: string, { args, kwargs }: Payload): Promise<Payload> {
    const result: unknown = await wamp(this.#client.call<unknown>(procedure, args, { kwargs }));
    if (result instanceof Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === undefined ? [] : [result], kwargs: {} };
  }

  leave(): Promise<void> {
    return this.#client.close();
  }

  dispose(): Promise<void> {
    return this.#client.close();
  }
}

function behave(behaviour: Behaviour, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): unknown {
  switch (behaviour) {
    case 'echo':
      return new Result(args, kwargs);
    case 'fail':
      throw new WampError(String(args[0]), args.slice(1), kwargs);
    case 'throw':
      throw new RangeError(String(args[0]));
    case 'hang':
      return new Promise(() => {});
  }
}

async function wamp<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof WampError) throw new PartyError(error);
    if (error instanceof AbortedError) throw new PartyError({ uri: error.uri, args: [], kwargs: {} });
    throw error;
  }
}
