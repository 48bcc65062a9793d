import { type Client, type ClientOptions, ClosedError, Result, TimeoutError, WampError } from 'rocade';
import { errorUris } from 'rocade/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A running router, and how to reach it. */
export interface World {
  connect(options?: ClientOptions): Promise<Client>;
  close(): Promise<void>;
}

const VALUES: Readonly<Record<string, unknown>> = {
  numbers: [0, -1, 1.5, 2 ** 53 - 1],
  'texts of any alphabet': ['', 'Straße', '長い', '🚲', 'a\u0000b', '"\\/\n'],
  'octets, wherever they stand': [new Uint8Array([0, 128, 255]), { deep: [new Uint8Array(0)] }],
  'null, true and false': [null, true, false],
  'nested lists and dictionaries': [[], {}, [[{ a: [{}] }]]],
  'a key named __proto__': JSON.parse('{"__proto__":{"admin":true},"constructor":1}'),
  'a long text': 'x'.repeat(300_000),
};

/** The main job from end to end, over whatever `start` connects clients by. */
export function endToEnd(start: () => Promise<World>): void {
  let world: World;
  let alice: Client;
  let bob: Client;
  const unexpected: Error[] = [];
  const connect = async (options: ClientOptions = {}): Promise<Client> => {
    const client = await world.connect({ retry: false, ...options });
    client.on('error', (error) => void unexpected.push(error));
    return client;
  };

  beforeEach(async () => {
    world = await start();
    [alice, bob] = await Promise.all([connect(), connect()]);
  });
  afterEach(async () => {
    await Promise.all([alice.close(), bob.close()]);
    await world.close();
    expect(unexpected.splice(0)).toEqual([]);
  });

  /** Resolves with the first `count` events that `client` gets of a topic. */
  async function listen(
    client: Client,
    topic: string,
    count: number,
  ): Promise<{ events: Promise<unknown[]>; seen: unknown[] }> {
    const seen: unknown[] = [];
    let done = (): void => {};
    const events = new Promise<unknown[]>((resolve) => {
      done = () => void (seen.length === count && resolve(seen));
    });
    await client.subscribe(topic, ([value]) => {
      seen.push(value);
      done();
    });
    return { events, seen };
  }

  describe('calls', () => {
    test('a procedure of one is called by the other', async () => {
      await bob.register('math.add', ([a, b]) => a + b);
      expect(await alice.call('math.add', [2, 3])).toBe(5);
    });

    test.each(Object.entries(VALUES))('%s arrive and come back as they were', async (_, value) => {
      await bob.register('echo', (args, { kwargs }) => new Result(args, kwargs));
      const { args, kwargs } = await alice.call<Result>('echo', [value, value], { kwargs: { value } });
      expect([args, kwargs]).toEqual([[value, value], { value }]);
      expect(await bob.call('echo', [1])).toBe(1);
    });

    test('a result may be nothing, several values or keyword values', async () => {
      await bob.register('nothing', () => undefined);
      await bob.register('several', async () => new Result([1, 2]));
      await bob.register('keywords', () => new Result([], { a: 1 }));
      expect([await alice.call('nothing'), await alice.call('several'), await alice.call('keywords')]).toEqual([
        undefined,
        new Result([1, 2]),
        new Result([], { a: 1 }),
      ]);
    });

    test('two hundred calls at once get each its own answer', async () => {
      await bob.register('square', async ([value]) => value * value);
      const values = Array.from({ length: 200 }, (_, index) => index);
      expect(await Promise.all(values.map((value) => alice.call('square', [value])))).toEqual(
        values.map((value) => value ** 2),
      );
    });

    test('calls to and fro within calls come to an end', async () => {
      const countDown =
        (self: Client, other: string) =>
        async ([value]: readonly number[]) =>
          value === 0 ? 'done' : self.call(other, [(value as number) - 1]);
      await alice.register('a.down', countDown(alice, 'b.down'));
      await bob.register('b.down', countDown(bob, 'a.down'));
      expect(await alice.call('b.down', [20])).toBe('done');
    });

    test('a client may call itself', async () => {
      await alice.register('own', () => 'mine');
      expect(await alice.call('own')).toBe('mine');
    });

    test('an error of the handler arrives as it was thrown, or as runtime_error', async () => {
      await bob.register('denied', () => {
        throw new WampError('com.example.denied', ['why'], { key: [1] });
      });
      await bob.register('broken', () => {
        throw new TypeError('x is not a function');
      });
      await expect(alice.call('denied')).rejects.toMatchObject({
        name: 'WampError',
        uri: 'com.example.denied',
        args: ['why'],
        kwargs: { key: [1] },
      });
      await expect(alice.call('broken')).rejects.toMatchObject({
        uri: errorUris.runtimeError,
        args: ['x is not a function'],
      });
      expect(unexpected.splice(0).map(({ message }) => message)).toEqual(['x is not a function']);
    });

    test('a procedure that nobody has, or two want to have, is an error', async () => {
      await expect(alice.call('nobody.has.it')).rejects.toMatchObject({ uri: errorUris.noSuchProcedure });
      const registration = await bob.register('wanted', () => 'bob');
      await expect(alice.register('wanted', () => 'alice')).rejects.toMatchObject({
        uri: errorUris.procedureAlreadyExists,
      });
      await registration.unregister();
      await alice.register('wanted', () => 'alice');
      expect(await bob.call('wanted')).toBe('alice');
    });

    test('a call that is aborted or takes too long ends at the caller, and the handler is told', async () => {
      const aborted: unknown[] = [];
      let started = (): void => {};
      let told = (): void => {};
      await bob.register('slow', (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted.push(signal.reason);
          told();
        });
        started();
        return new Promise(() => {});
      });
      const controller = new AbortController();
      const running = new Promise<void>((resolve) => (started = resolve));
      let interrupted = new Promise<void>((resolve) => (told = resolve));
      const call = alice.call('slow', [], { signal: controller.signal });
      await running;
      controller.abort(new Error('changed my mind'));
      await expect(call).rejects.toThrow('changed my mind');
      await interrupted;
      interrupted = new Promise<void>((resolve) => (told = resolve));
      await expect(alice.call('slow', [], { timeout: 20 })).rejects.toThrow(TimeoutError);
      await interrupted;
      // Caller and router both watch the time, and either may be the first to end the call.
      expect(aborted).toEqual([
        expect.objectContaining({ uri: errorUris.canceled }),
        expect.objectContaining({ uri: expect.stringMatching(/^wamp\.error\.(canceled|timeout)$/) as string }),
      ]);
    });

    test('a result comes in parts, and a caller that leaves ends the handler', async () => {
      let closed = (): void => {};
      const ended = new Promise<void>((resolve) => (closed = resolve));
      await bob.register('count', async function* ([to], { signal }) {
        try {
          for (let value = 0; value < to; value++) yield value;
          if (to > 10)
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
          return 'done';
        } finally {
          if (to > 10) closed();
        }
      });
      const stream = alice.stream<number>('count', [5]);
      const values: number[] = [];
      for await (const value of stream) values.push(value);
      expect([values, await stream.result]).toEqual([[0, 1, 2, 3, 4], 'done']);
      expect(await alice.call('count', [3])).toBe('done');
      for await (const value of alice.stream<number>('count', [11])) if (value === 7) break;
      await ended;
    });

    test('input goes out in parts, and a handler that has enough ends it', async () => {
      await bob.register('sum', async ([start, most], { input }) => {
        let sum = start as number;
        for await (const value of input) {
          sum += value as number;
          if (sum >= most) break;
        }
        return sum;
      });
      expect(await alice.call('sum', [1, 100], { input: [2, 3] })).toBe(6);
      let closed = false;
      const forever = async function* (): AsyncGenerator<number> {
        try {
          for (;;) {
            yield 1;
            // Lets the answer in.
            await alice.publish('a.topic', [], { acknowledge: true });
          }
        } finally {
          closed = true;
        }
      };
      expect(await alice.call('sum', [0, 5], { input: forever() })).toBe(5);
      await expect.poll(() => closed).toBe(true);
    });

    test('a procedure of several callees, and all that begin in one way', async () => {
      const carol = await connect();
      for (const [client, name] of [
        [bob, 'bob'],
        [carol, 'carol'],
      ] as const)
        await client.register('who', () => name, { invoke: 'roundrobin' });
      expect([await alice.call('who'), await alice.call('who'), await alice.call('who')]).toEqual([
        'bob',
        'carol',
        'bob',
      ]);
      await bob.register('files.', (_, { procedure }) => procedure, { match: 'prefix' });
      expect(await alice.call('files.open')).toBe('files.open');
      await carol.close();
    });

    test('a registration with a limit runs no more than that, and answers all', async () => {
      let [running, most] = [0, 0];
      await bob.register(
        'limited',
        async ([value]) => {
          most = Math.max(most, ++running);
          await bob.publish('a.topic', [], { acknowledge: true });
          running--;
          return value;
        },
        { concurrency: 3 },
      );
      const values = Array.from({ length: 50 }, (_, index) => index);
      expect(await Promise.all(values.map((value) => alice.call('limited', [value])))).toEqual(values);
      expect(most).toBe(3);
    });

    test('who calls is told where the callee asks for it', async () => {
      await bob.register('who.calls', (_, { caller }) => caller ?? null, { discloseCaller: true });
      expect(await alice.call('who.calls')).toBe(alice.session?.id);
    });
  });

  describe('events', () => {
    test('what one publishes the other hears, in order', async () => {
      const { events } = await listen(bob, 'a.topic', 200);
      for (let number = 0; number < 200; number++) void alice.publish('a.topic', [number]);
      expect(await events).toEqual(Array.from({ length: 200 }, (_, index) => index));
    });

    test('an event comes with its keyword arguments, its topic and the id that the publisher was told', async () => {
      const heard = new Promise<unknown>(
        (resolve) => void bob.subscribe('a.topic', (args, event) => resolve([args, event])),
      );
      // Confirmed before anything that is sent after it.
      await bob.publish('other.topic', [], { acknowledge: true });
      const publication = await alice.publish('a.topic', [1, new Uint8Array([2])], {
        kwargs: { k: 3 },
        acknowledge: true,
      });
      expect(await heard).toEqual([
        [1, new Uint8Array([2])],
        expect.objectContaining({ kwargs: { k: 3 }, topic: 'a.topic', publication, retained: false }),
      ]);
    });

    test('the publisher hears its own event only if it wants to', async () => {
      const { events } = await listen(alice, 'a.topic', 1);
      void alice.publish('a.topic', ['not for me']);
      void alice.publish('a.topic', ['for me, too'], { excludeMe: false });
      expect(await events).toEqual(['for me, too']);
    });

    test('an event may be for some, or not for some', async () => {
      const carol = await connect();
      const [atBob, atCarol] = [await listen(bob, 'a.topic', 3), await listen(carol, 'a.topic', 3)];
      void alice.publish('a.topic', ['for bob'], { eligible: [bob.session?.id as number] });
      void alice.publish('a.topic', ['not for bob'], { exclude: [bob.session?.id as number] });
      void alice.publish('a.topic', ['for nobody'], { eligible: [] });
      for (const end of ['first end', 'second end']) void alice.publish('a.topic', [end]);
      expect([await atBob.events, await atCarol.events]).toEqual([
        ['for bob', 'first end', 'second end'],
        ['not for bob', 'first end', 'second end'],
      ]);
      await carol.close();
    });

    test('several handlers hear, until each is ended', async () => {
      const seen: string[] = [];
      const first = await bob.subscribe('a.topic', ([value]) => seen.push(`first ${value}`));
      const second = await bob.subscribe('a.topic', ([value]) => seen.push(`second ${value}`));
      const round = async (value: number): Promise<void> => {
        await alice.publish('a.topic', [value], { acknowledge: true });
        // What the router answers next comes behind the event.
        await bob.publish('other.topic', [], { acknowledge: true });
      };
      await round(1);
      await first.unsubscribe();
      await round(2);
      await second.unsubscribe();
      await round(3);
      expect(seen).toEqual(['first 1', 'second 1', 'second 2']);
    });

    test('a subscription without a handler is iterated over, until its loop is left', async () => {
      const events = await bob.subscribe('a.', undefined, { match: 'prefix' });
      for (const value of [1, 2, 3]) void alice.publish(`a.topic${value}`, [value]);
      const seen: unknown[] = [];
      for await (const [args, { topic }] of events.entries()) {
        seen.push([topic, args]);
        if (seen.length === 2) break;
      }
      expect(seen).toEqual([
        ['a.topic1', [1]],
        ['a.topic2', [2]],
      ]);
    });

    test('an event is kept for those who ask for it later, each of them once', async () => {
      await alice.publish('a.topic', ['kept'], { retain: true, acknowledge: true });
      const seen: unknown[] = [];
      const options = { getRetained: true };
      await bob.subscribe('a.topic', ([value], { retained }) => seen.push(['first', value, retained]), options);
      await bob.subscribe('a.topic', ([value], { retained }) => seen.push(['second', value, retained]), options);
      await alice.publish('a.topic', ['new'], { acknowledge: true });
      await bob.publish('other.topic', [], { acknowledge: true });
      expect(seen).toEqual([
        ['first', 'kept', true],
        ['second', 'kept', true],
        ['first', 'new', false],
        ['second', 'new', false],
      ]);
    });

    test('a handler may call and publish', async () => {
      await alice.register('math.double', ([value]) => 2 * value);
      const { events } = await listen(alice, 'b.topic', 1);
      await bob.subscribe(
        'a.topic',
        async ([value]) => void bob.publish('b.topic', [await bob.call('math.double', [value])]),
      );
      void alice.publish('a.topic', [21]);
      expect(await events).toEqual([42]);
    });

    test('an event to the topics of the router is refused', async () => {
      await expect(alice.publish('wamp.session.on_join', [], { acknowledge: true })).rejects.toMatchObject({
        uri: errorUris.invalidUri,
      });
    });
  });

  describe('coming and going', () => {
    test('each session has an id of its own, and a realm that does not exist is refused', async () => {
      expect(alice.session?.id).not.toBe(bob.session?.id);
      await expect(connect({ realm: 'no.such.realm' })).rejects.toMatchObject({
        name: 'AbortedError',
        uri: errorUris.noSuchRealm,
      });
    });

    test('one that leaves takes its procedures along, and its callers are told', async () => {
      await bob.register('slow', () => new Promise(() => {}));
      const call = alice.call('slow');
      const refused = expect(call).rejects.toMatchObject({ uri: errorUris.canceled });
      // Behind the call, so that it is on its way.
      await alice.publish('a.topic', [], { acknowledge: true });
      await bob.close();
      await refused;
      await expect(alice.call('slow')).rejects.toMatchObject({ uri: errorUris.noSuchProcedure });
    });

    test('a router that closes says why, to all and to all that is pending', async () => {
      await bob.register('slow', () => new Promise(() => {}));
      const call = alice.call('slow');
      const settled = Promise.allSettled([call]);
      await alice.publish('a.topic', [], { acknowledge: true });
      await world.close();
      const [{ status }] = await settled;
      expect(status).toBe('rejected');
      for (const client of [alice, bob])
        expect(await client.closed).toMatchObject({ name: 'ClosedError', uri: 'wamp.close.system_shutdown' });
      await expect(alice.call('slow')).rejects.toThrow(ClosedError);
    });
  });
}
