import { type Client, connect, type RocadeError, type Serializer } from 'rocade';
import { cbor } from 'rocade/cbor';
import { msgpack } from 'rocade/msgpack';
import { json } from 'rocade';

// Runs in Node and in a browser: nothing of either is used here.

/** What has become of a client, in values that cross into another process. */
export interface Outcome {
  /** The code of the error with which the opening ended; undefined when the session was open. */
  readonly refused: string | undefined;
  /** The code of the reason for which it was closed. */
  readonly closed: string | undefined;
  /** What became of each promise: `resolved`, or the code of the error. */
  readonly promises: Readonly<Record<string, string>>;
  /** It still heard an event after all that. */
  readonly alive: boolean;
  /** Every object there is has got a property. */
  readonly polluted: boolean;
}

const serializers: Readonly<Record<string, () => Serializer>> = { json, msgpack, cbor };

const codeOf = (error: unknown): string =>
  error instanceof Error ? ((error as Partial<RocadeError>).code ?? error.name) : `a ${typeof error}`;

/** Connects, has much under way, waits for the end of it all, and says how it went. */
export async function suffer(url: string, serializer: string, timeout: number): Promise<Outcome> {
  const make = serializers[serializer];
  if (!make) throw new Error(`no serializer ${serializer}`);
  let client: Client;
  try {
    client = await connect(url, {
      serializers: [make()],
      retry: false,
      timeout,
      // Offered only so that a router may ask again and again.
      ...(url.endsWith('?slow') && { auth: [{ name: 'slow', answer: () => ({ signature: 'x' }) }] }),
    });
  } catch (error) {
    return { refused: codeOf(error), closed: undefined, promises: {}, alive: false, polluted: isPolluted() };
  }
  client.on('error', () => {});
  let alive = false;
  const onEvent = (args: readonly unknown[]): void => {
    if (args[0] === 'stumble') throw new TypeError('stumbled');
    if (args[0] === 'alive') alive = true;
  };
  const onCall = ([what]: readonly unknown[]): unknown => {
    if (what === 'stumble') throw new TypeError('stumbled');
    return what === 'wait' ? new Promise(() => {}) : what;
  };
  const pending: Record<string, Promise<unknown>> = {
    // The first two are answered before anything hostile comes.
    subscribed: client.subscribe('one.topic', onEvent),
    registered: client.register('one.procedure', onCall),
    call: client.call('other.procedure'),
    publish: client.publish('other.topic', [], { acknowledge: true }),
    subscribe: client.subscribe('other.topic', onEvent),
    register: client.register('other.procedure', onCall),
    closed: client.closed,
  };
  const settled = Object.entries(pending).map(async ([name, promise]) => [
    name,
    await promise.then(() => 'resolved', codeOf),
  ]);
  const promises = Object.fromEntries(await Promise.all(settled)) as Record<string, string>;
  return { refused: undefined, closed: codeOf(await client.closed), promises, alive, polluted: isPolluted() };
}

const isPolluted = (): boolean => 'x' in {};
