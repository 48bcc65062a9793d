import { type Client, connect, WampError } from 'rocade';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fresh } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { Inbox } from './party.ts';
import { crossbar, foxWamp, type RouterMake, type RunningRouter, realm, toldBelow, xconnRouter } from './routers.ts';

/** A router while the tests run, and two clients on it. */
function stageOf(make: RouterMake): { readonly one: Client; readonly other: Client; readonly url: string } {
  let router: RunningRouter | undefined;
  const clients: Client[] = [];
  beforeAll(async () => {
    router = await make.start();
    for (let index = 0; index < 2; index++) clients.push(await connect(router.url, { realm, retry: false }));
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await router?.close();
  });
  const at = (index: number): Client => {
    const client = clients[index];
    if (!client) throw new Error('no client yet');
    return client;
  };
  return {
    get url() {
      return router?.url ?? '';
    },
    get one() {
      return at(0);
    },
    get other() {
      return at(1);
    },
  };
}

const idOf = (client: Client): number => client.session?.id ?? 0;
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  );
async function all(parts: AsyncIterable<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const part of parts) got.push(part);
  return got;
}

interface Opaque {
  readonly topic: string;
  readonly options: object;
  /** In base64. */
  readonly octets: string;
}

/** As clients of payload transparency do, from before the specification had payload passthru: octets in the place of the list. */
async function publishOpaque(url: string, { topic, options, octets }: Opaque): Promise<void> {
  const socket = new WebSocket(url, ['wamp.2.json']);
  const say = async (message: unknown): Promise<unknown[]> => {
    const answered = once(socket, 'message');
    socket.send(JSON.stringify(message));
    return JSON.parse(String((await answered)[0])) as unknown[];
  };
  await once(socket, 'open');
  const features = { payload_transparency: true };
  expect((await say([1, realm, { roles: { publisher: { features } } }]))[0]).toBe(2);
  expect((await say([16, 1, { acknowledge: true, ...options }, topic, `\0${octets}`])).slice(0, 2)).toEqual([17, 1]);
  socket.close();
}

/** Where each feature that a router announces is proved to work with our client: the file, and a title in it. */
const PROOFS: Readonly<Record<string, Readonly<Record<string, readonly [file: string, title: string]>>>> = {
  'Crossbar.io': {
    call_canceling: ['announced.test.ts', 'a call that is cancelled (%s) rejects at once'],
    caller_identification: ['announced.test.ts', 'where it says so, who calls and who publishes is told'],
    event_retention: ['announced.test.ts', 'an event that is to be kept reaches those who subscribe later'],
    pattern_based_registration: ['announced.test.ts', 'registrations by prefix and by wildcard say'],
    pattern_based_subscription: ['announced.test.ts', 'subscriptions by prefix and by wildcard say'],
    // The same for the router, which does not look inside. What is enciphered in there is for clients that share a key to know.
    payload_encryption_cryptobox: [
      'announced.test.ts',
      'a payload that the router does not look into comes as it was sent',
    ],
    payload_transparency: ['announced.test.ts', 'a payload that the router does not look into comes as it was sent'],
    progressive_call_results: ['announced.test.ts', 'progressive results come part by part'],
    publisher_exclusion: ['conversation.ts', 'a publisher that is subscribed hears its own events'],
    publisher_identification: ['announced.test.ts', 'where it says so, who calls and who publishes is told'],
    registration_meta_api: ['meta.test.ts', 'registrations are listed, looked up and described'],
    registration_revocation: ['announced.test.ts', 'a registration can be taken back, but Crossbar.io stumbles'],
    session_meta_api: ['meta.test.ts', 'sessions are counted, listed and looked up'],
    shared_registration: ['announced.test.ts', 'registrations are shared: %s'],
    subscriber_blackwhite_listing: ['announced.test.ts', 'events reach whom they are for, also when that is nobody'],
    subscription_meta_api: ['meta.test.ts', 'subscriptions are listed, looked up and described'],
    subscription_revocation: ['announced.test.ts', 'a subscription that is taken back ends, and says so'],
    testament_meta_api: ['meta.test.ts', 'a testament is published when its session is lost'],
  },
  'fox-wamp': {
    progressive_call_results: ['announced.test.ts', 'progressive results come part by part'],
    publisher_exclusion: ['conversation.ts', 'a publisher that is subscribed hears its own events'],
    session_meta_api: ['meta.test.ts', 'sessions are counted and listed, and those that come and go are heard'],
  },
  // It has some features, and announces none.
  "xconn's router": {},
};

function testAnnounced(make: RouterMake, stage: ReturnType<typeof stageOf>): void {
  test('each feature that it announces is proved by a test, and no other is said to be', async () => {
    const { roles = {} } = stage.one.session?.welcome ?? {};
    const announced = new Set(Object.values(roles).flatMap(({ features = {} }) => Object.keys(features)));
    const proofs = PROOFS[make.name] ?? {};
    expect(Object.keys(proofs).sort()).toEqual([...announced].sort());
    for (const [feature, [file, title]] of Object.entries(proofs)) {
      const source = await readFile(new URL(file, import.meta.url), 'utf8');
      expect(source, `the proof of ${feature} in ${file}`).toMatch(
        new RegExp(`test(\\.each\\([^]*?\\))?\\(\\s*['"\`]${title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`),
      );
    }
  });
}

/** Whichever router has it. */
function testProgress(stage: ReturnType<typeof stageOf>): void {
  test('progressive results come part by part', async () => {
    const procedure = fresh('procedure');
    await stage.one.register(procedure, async function* ([to]) {
      for (let value = 0; value < to; value++) yield value;
      return 'done';
    });
    const parts: unknown[] = [];
    const result = await stage.other.call(procedure, [3], { onProgress: (part) => parts.push(part) });
    expect([parts, result]).toEqual([[0, 1, 2], 'done']);
    expect((await all(stage.other.stream(procedure, [3]))).slice(0, 3)).toEqual([0, 1, 2]);
  });
}

describeWithPeers('what other routers announce, in the hands of our client', () => {
  describe('Crossbar.io', () => {
    const stage = stageOf(crossbar);
    testAnnounced(crossbar, stage);
    testProgress(stage);

    test('subscriptions by prefix and by wildcard say which topic it was', async () => {
      const heard = new Inbox<unknown>();
      const base = fresh('pattern');
      await stage.one.subscribe(`${base}.`, ([value], { topic }) => heard.push(['prefix', topic, value]), {
        match: 'prefix',
      });
      await stage.other.publish(`${base}.a`, [1], { acknowledge: true });
      expect(await heard.next()).toEqual(['prefix', `${base}.a`, 1]);
      await stage.one.subscribe('com.example..wild', ([value], { topic }) => heard.push(['wildcard', topic, value]), {
        match: 'wildcard',
      });
      await stage.other.publish('com.example.any.wild', [2], { acknowledge: true });
      expect(await heard.next()).toEqual(['wildcard', 'com.example.any.wild', 2]);
    });

    test('registrations by prefix and by wildcard say which procedure it was', async () => {
      const base = fresh('pattern');
      await stage.one.register(`${base}.`, (_args, { procedure }) => procedure, { match: 'prefix' });
      await stage.one.register('com.example..wildly', (_args, { procedure }) => procedure, { match: 'wildcard' });
      expect(await stage.other.call(`${base}.a`)).toBe(`${base}.a`);
      expect(await stage.other.call('com.example.any.wildly')).toBe('com.example.any.wildly');
    });

    test.each([
      ['roundrobin', ['one', 'other', 'one', 'other']],
      ['first', ['one', 'one', 'one', 'one']],
      ['last', ['other', 'other', 'other', 'other']],
    ] as const)('registrations are shared: %s', async (invoke, answers) => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => 'one', { invoke });
      await stage.other.register(procedure, () => 'other', { invoke });
      const got: unknown[] = [];
      for (let count = 0; count < 4; count++) got.push(await stage.one.call(procedure));
      expect(got).toEqual(answers);
    });

    test('a second policy for one procedure is refused', async () => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => 'one', { invoke: 'first' });
      const error = await errorOf(stage.other.register(procedure, () => 'other', { invoke: 'last' }));
      // Not wamp.error.procedure_already_exists, as others have it.
      expect(error).toMatchObject({ uri: 'wamp.error.procedure_exists_with_different_invocation_policy' });
    });

    test.each(['kill', 'killnowait', 'skip'] as const)(
      'a call that is cancelled (%s) rejects at once, and its callee hears of it unless it is skipped',
      async (cancelMode) => {
        const procedure = fresh('procedure');
        const started = new Inbox<AbortSignal>();
        await stage.one.register(procedure, (_args, { signal }) => {
          started.push(signal);
          return new Promise(() => {});
        });
        const abort = new AbortController();
        const call = errorOf(stage.other.call(procedure, [], { signal: abort.signal, cancelMode }));
        const signal = await started.next();
        const heard = new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted')));
        abort.abort(new Error('no longer'));
        // Crossbar.io answers such a call late or never.
        expect(await call).toMatchObject({ message: 'no longer' });
        if (cancelMode !== 'skip') expect(await heard).toBe('aborted');
        // There and back again: by now it would have been heard.
        await stage.other.call('wamp.session.count');
        await stage.one.call('wamp.session.count');
        expect(signal.aborted).toBe(cancelMode !== 'skip');
      },
    );

    test('a time-out is kept here, in milliseconds, though Crossbar.io would take it for seconds', async () => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => new Promise(() => {}));
      expect(await errorOf(stage.other.call(procedure, [], { timeout: 50 }))).toMatchObject({ code: 'timeout' });
      expect(await stage.other.call('wamp.session.count')).toBeGreaterThan(0);
    });

    test('parts of input are not sent to a router that does not know them', async () => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => 1);
      const error = await errorOf(stage.other.call(procedure, [], { input: [1, 2] }));
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(WampError);
      expect(await stage.other.call(procedure)).toBe(1);
    });

    test('events reach whom they are for, also when that is nobody', async () => {
      const topic = fresh('topic');
      const heard = new Inbox<unknown>();
      await stage.one.subscribe(topic, ([value]) => heard.push(value));
      const publish = (value: string, options: object) =>
        stage.other.publish(topic, [value], { acknowledge: true, ...options });
      await publish('excluded', { exclude: [idOf(stage.one)] });
      await publish('for nobody', { eligible: [] });
      await publish('for another', { eligible: [idOf(stage.other)] });
      await publish('for one', { eligible: [idOf(stage.one)] });
      await publish('not for the role', { excludeAuthrole: ['anonymous'] });
      await publish('for the role', { eligibleAuthrole: ['anonymous'] });
      expect([await heard.next(), await heard.next(), heard.waiting]).toEqual(['for one', 'for the role', 0]);
    });

    test('an event that is to be kept reaches those who subscribe later', async () => {
      const topic = fresh('topic');
      await stage.other.publish(topic, ['old'], { acknowledge: true, retain: true });
      const heard = new Inbox<unknown>();
      await stage.one.subscribe(topic, ([value], { retained }) => heard.push([value, retained]), { getRetained: true });
      expect(await heard.next()).toEqual(['old', true]);
    });

    test('who calls and who publishes is told only where its configuration says so, whatever is asked', async () => {
      const [topic, procedure] = [fresh('topic'), fresh('procedure')];
      const heard = new Inbox<unknown>();
      await stage.one.subscribe(topic, (_args, { publisher }) => heard.push([publisher]));
      await stage.one.register(procedure, (_args, { caller }) => [caller ?? null]);
      await stage.other.publish(topic, [], { acknowledge: true, discloseMe: true });
      expect(await heard.next()).toEqual([undefined]);
      expect(await stage.other.call(procedure, [], { discloseMe: true })).toEqual([null]);
    });

    test('where it says so, who calls and who publishes is told', async () => {
      const [topic, procedure] = [`${toldBelow}topic`, `${toldBelow}procedure`];
      const heard = new Inbox<unknown>();
      await stage.one.subscribe(topic, (_args, { publisher }) => heard.push(publisher));
      await stage.one.register(procedure, (_args, { caller }) => caller);
      await stage.other.publish(topic, [], { acknowledge: true });
      expect(await heard.next()).toBe(idOf(stage.other));
      expect(await stage.other.call(procedure)).toBe(idOf(stage.other));
    });

    test('a subscription that is taken back ends, and says so', async () => {
      const topic = fresh('topic');
      const told = new Inbox<string>();
      const off = stage.one.on('error', ({ message }) => told.push(message));
      const subscription = await stage.one.subscribe(topic);
      const id = await stage.other.call('wamp.subscription.lookup', [topic]);
      await stage.other.call('wamp.subscription.remove_subscriber', [id, idOf(stage.one), 'com.example.enough']);
      expect(await told.next()).toContain(`the router took back the subscription to ${topic}`);
      await expect(all(subscription)).rejects.toThrow(/took back/);
      off();
    });

    test('a payload that the router does not look into comes as it was sent, as octets, with what it is', async () => {
      const topic = fresh('topic');
      const heard = new Inbox<unknown>();
      await stage.one.subscribe(topic, (args, { details }) => heard.push([args, details]));
      await publishOpaque(stage.url, {
        topic,
        options: { enc_algo: 'x_own', enc_serializer: 'x_own' },
        octets: 'AQID',
      });
      expect(await heard.next()).toEqual([
        [new Uint8Array([1, 2, 3])],
        expect.objectContaining({ enc_algo: 'x_own', enc_serializer: 'x_own' }),
      ]);
    });

    test('a registration can be taken back, but Crossbar.io stumbles before it tells whose it was', async () => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => 'one');
      const id = await stage.other.call('wamp.registration.lookup', [procedure]);
      const args = [id, idOf(stage.one), 'com.example.enough'];
      const error = await errorOf(stage.other.call('wamp.registration.remove_callee', args));
      expect(error).toMatchObject({ uri: 'wamp.error.runtime_error' });
      await stage.other.register(procedure, () => 'other');
      expect(await stage.one.call(procedure)).toBe('other');
    });
  });

  describe("xconn's router, which announces nothing and does some of it", () => {
    const stage = stageOf(xconnRouter);
    testAnnounced(xconnRouter, stage);
    testProgress(stage);
  });

  describe('fox-wamp', () => {
    const stage = stageOf(foxWamp);
    testAnnounced(foxWamp, stage);
    testProgress(stage);

    test('a call that is cancelled, or takes too long, ends here, though fox-wamp cannot be told', async () => {
      const procedure = fresh('procedure');
      await stage.one.register(procedure, () => new Promise(() => {}));
      expect(await errorOf(stage.other.call(procedure, [], { timeout: 50 }))).toMatchObject({ code: 'timeout' });
      const call = stage.other.call(procedure, [], { signal: AbortSignal.abort(new Error('no longer')) });
      expect(await errorOf(call)).toMatchObject({ message: 'no longer' });
    });
  });
});
