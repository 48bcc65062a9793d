import { type Client, connect, WampError } from 'rocade';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fresh } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { Inbox } from './party.ts';
import { crossbar, foxWamp, type RouterMake, type RunningRouter, realm, xconnRouter } from './routers.ts';

/** A router while the tests run, and two clients on it. */
function stageOf(make: RouterMake): { readonly one: Client; readonly other: Client } {
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
    testProgress(stage);

    test('announces what is tested here and in the test of its meta API, and nothing more', () => {
      const { roles = {} } = stage.one.session?.welcome ?? {};
      const announced = new Set(Object.values(roles).flatMap(({ features = {} }) => Object.keys(features)));
      expect([...announced].sort()).toEqual(
        [
          ...['call_canceling', 'caller_identification', 'event_retention', 'pattern_based_registration'],
          ...['pattern_based_subscription', 'progressive_call_results', 'publisher_exclusion'],
          ...['publisher_identification', 'registration_meta_api', 'registration_revocation', 'session_meta_api'],
          ...['shared_registration', 'subscriber_blackwhite_listing', 'subscription_meta_api'],
          ...['subscription_revocation', 'testament_meta_api'],
          // Its own, from before the specification had payload passthru.
          ...['payload_encryption_cryptobox', 'payload_transparency'],
        ].sort(),
      );
    });

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
    testProgress(stageOf(xconnRouter));
  });

  describe('fox-wamp', () => {
    const stage = stageOf(foxWamp);
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
