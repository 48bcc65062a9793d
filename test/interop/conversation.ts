import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import { type Failure, type Party, PartyError, type Payload, type PublishOptions, type Traits } from './party.ts';
import { binaryPayload, carried, payloadsBetween } from './payloads.ts';
import { type RouterMake, type RunningRouter, realm } from './routers.ts';

/** A make of client. */
export interface Maker {
  readonly traits: Traits;
  join(url: string, realm: string): Promise<Party>;
}

export const acknowledged: PublishOptions = { acknowledge: true, excludeMe: true };
const unacknowledged: PublishOptions = { acknowledge: false, excludeMe: true };

/** A router and two clients on it, while the tests run. */
export interface Scene {
  readonly router: RunningRouter;
  readonly one: Party;
  readonly other: Party;
}

interface Conversation {
  readonly router: RouterMake;
  /** The two makes of client; each speaks in each role. */
  readonly makers: readonly [Maker, Maker];
  /** What is asked of this pair, or on this router, only. */
  readonly tests?: (scene: () => Scene) => void;
}

/** One of the two, as a test sees it: its make when the test is written, itself when the test runs. */
interface Side {
  readonly traits: Traits;
  readonly party: () => Party;
}

let names = 0;

/** A URI that nothing else uses. */
export function fresh(kind: string): string {
  names += 1;
  return `com.example.${kind}${names}`;
}

/** The WAMP error that comes instead of a result, as it came. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof PartyError)) throw error;
    const { uri, args, kwargs } = error;
    return { uri, args, kwargs };
  }
  throw new Error('expected a WAMP error');
}

/** Lets two clients talk over one router, each in each role: events, calls, errors, payloads of all kinds. */
export function describeConversation({ router, makers: [one, other], tests }: Conversation): void {
  describe(`${one.traits.name} and ${other.traits.name} on ${router.name}`, { timeout: 20_000 }, () => {
    let current: Scene | undefined;
    const scene = () => {
      if (!current) throw new Error('the scene is not set');
      return current;
    };
    const opened: { close(): Promise<void> }[] = [];
    beforeAll(async () => {
      const running = await router.start();
      opened.push(running);
      const join = async (maker: Maker) => {
        const party = await maker.join(running.url, realm);
        opened.push({ close: () => party.dispose() });
        return party;
      };
      const parties = await Promise.all([join(one), join(other)]);
      current = { router: running, one: parties[0], other: parties[1] };
    });
    afterAll(async () => {
      for (const thing of opened.reverse()) await thing.close();
    });
    beforeEach(() => {
      onTestFailed(() => {
        for (const { output } of Object.values(scene())) if (output) process.stderr.write(output);
      });
    });

    const sides = [
      { traits: one.traits, party: () => scene().one },
      { traits: other.traits, party: () => scene().other },
    ] as const;
    testEvents(router, sides[0], sides[1]);
    testCalls(router, sides[0], sides[1]);
    if (one.traits !== other.traits) {
      testEvents(router, sides[1], sides[0]);
      testCalls(router, sides[1], sides[0]);
    }
    tests?.(scene);
  });
}

function testEvents(
  router: RouterMake,
  { traits: from, party: publisher }: Side,
  { traits: to, party: subscriber }: Side,
): void {
  describe(`events from ${from.name} to ${to.name}`, () => {
    test.each(payloadsBetween(from, to))('%s: arrives as it was sent', async (_, payload) => {
      const topic = fresh('topic');
      const { events } = await subscriber().subscribe(topic);
      await publisher().publish(topic, payload, acknowledged);
      expect(await events.next()).toEqual(payload);
    });

    test('bytes travel as the convention says, where the client knows it', async () => {
      const topic = fresh('topic');
      const { events } = await subscriber().subscribe(topic);
      const published = publisher().publish(topic, binaryPayload, acknowledged);
      if (from.writesBinary === 'refused') {
        await expect(published).rejects.toThrow('bytes');
        return;
      }
      await published;
      expect(await events.next()).toEqual(carried(binaryPayload, from, to));
    });

    test('a hundred events without acknowledgement arrive once each and in order', async () => {
      const topic = fresh('topic');
      const { events } = await subscriber().subscribe(topic);
      const sent = Array.from({ length: 100 }, (_, index) => index);
      await Promise.all(sent.map((index) => publisher().publish(topic, { args: [index], kwargs: {} }, unacknowledged)));
      const got: unknown[] = [];
      while (got.length < sent.length) got.push((await events.next()).args[0]);
      expect(got).toEqual(sent);
      expect(events.waiting).toBe(0);
    });

    test('none comes after the subscription ended', async () => {
      const [topic, later] = [fresh('topic'), fresh('topic')];
      const subscription = await subscriber().subscribe(topic);
      const { events: laterEvents } = await subscriber().subscribe(later);
      await subscription.unsubscribe();
      await publisher().publish(topic, { args: ['lost'], kwargs: {} }, acknowledged);
      await publisher().publish(later, { args: ['heard'], kwargs: {} }, acknowledged);
      expect(await laterEvents.next()).toEqual({ args: ['heard'], kwargs: {} });
      expect(subscription.events.waiting).toBe(0);
    });

    const hears = { always: [[1], [2]], asked: [[2]], never: [] }[hearing(router, from)];
    test(`a publisher that is subscribed hears its own events: ${hearing(router, from)}`, async () => {
      const topic = fresh('topic');
      const own = await publisher().subscribe(topic);
      const { events } = await subscriber().subscribe(topic);
      await publisher().publish(topic, { args: [1], kwargs: {} }, acknowledged);
      await publisher().publish(topic, { args: [2], kwargs: {} }, { acknowledge: true, excludeMe: false });
      expect([await events.next(), await events.next()].map(({ args }) => args)).toEqual([[1], [2]]);
      await subscriber().publish(topic, { args: ['end'], kwargs: {} }, acknowledged);
      const heard: unknown[] = [];
      for (;;) {
        const { args } = await own.events.next();
        if (args[0] === 'end') break;
        heard.push(args);
      }
      expect(heard).toEqual(hears);
    });
  });
}

function testCalls(
  router: RouterMake,
  { traits: from, party: caller }: Side,
  { traits: to, party: callee }: Side,
): void {
  describe(`calls from ${from.name} to ${to.name}`, () => {
    test.each(payloadsBetween(from, to))(
      '%s: reaches the procedure and comes back as it was sent',
      async (_, payload) => {
        const procedure = fresh('procedure');
        const { invocations } = await callee().register(procedure, 'echo');
        expect(await caller().call(procedure, payload)).toEqual(payload);
        expect(await invocations.next()).toEqual(payload);
      },
    );

    test('bytes travel as the convention says, where the client knows it', async () => {
      const procedure = fresh('procedure');
      const { invocations } = await callee().register(procedure, 'echo');
      const result = caller().call(procedure, binaryPayload);
      if (from.writesBinary === 'refused') {
        await expect(result).rejects.toThrow('bytes');
        return;
      }
      const seen = carried(binaryPayload, from, to);
      expect(await result).toEqual(carried(seen, to, from));
      expect(await invocations.next()).toEqual(seen);
    });

    test('an error that the procedure raises arrives with its URI, arguments and keyword arguments', async () => {
      const procedure = fresh('procedure');
      await callee().register(procedure, 'fail');
      const payload: Payload = {
        args: ['com.example.denied', 'why: 😀', { code: 7 }],
        kwargs: { retry: false, ключ: [1] },
      };
      const expected: Failure = {
        uri: 'com.example.denied',
        args: ['why: 😀', { code: 7 }],
        kwargs: to.errorKwargs ? payload.kwargs : {},
      };
      expect(await failureOf(caller().call(procedure, payload))).toEqual(router.relayed(expected));
    });

    test("the language's own error becomes an error with a URI", async () => {
      const procedure = fresh('procedure');
      await callee().register(procedure, 'throw');
      const result = caller().call(procedure, { args: ['out of range'], kwargs: {} });
      expect(await failureOf(result)).toEqual(router.relayed(to.nativeError('out of range')));
    });

    test('fifty at once are answered each with its own result', async () => {
      const procedure = fresh('procedure');
      await callee().register(procedure, 'echo');
      const sent = Array.from({ length: 50 }, (_, index) => ({ args: [`call ${index}`], kwargs: {} }));
      expect(await Promise.all(sent.map((payload) => caller().call(procedure, payload)))).toEqual(sent);
    });

    test('a procedure that nobody registered, or no longer, is an error', async () => {
      const procedure = fresh('procedure');
      const payload = { args: [1], kwargs: {} };
      expect((await failureOf(caller().call(procedure, payload))).uri).toBe('wamp.error.no_such_procedure');
      const registration = await callee().register(procedure, 'echo');
      expect(await caller().call(procedure, payload)).toEqual(payload);
      await registration.unregister();
      expect((await failureOf(caller().call(procedure, payload))).uri).toBe('wamp.error.no_such_procedure');
    });

    const taken = router.sharesProcedures ? undefined : 'wamp.error.procedure_already_exists';
    test(`registering what another client has registered: ${taken ?? 'goes well'}`, async () => {
      const procedure = fresh('procedure');
      await callee().register(procedure, 'echo');
      const second = caller().register(procedure, 'echo');
      if (taken) expect((await failureOf(second)).uri).toBe(taken);
      else await second;
    });
  });
}

/** When a publisher that is subscribed to its own topic gets what it publishes. */
function hearing(router: RouterMake, publisher: Traits): 'always' | 'asked' | 'never' {
  if (!router.excludesPublisher) return 'always';
  return publisher.hearsItself ? 'asked' : 'never';
}
