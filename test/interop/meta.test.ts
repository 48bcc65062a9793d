import { type Client, ClosedError, connect, WampError } from 'rocade';
import { metaApi } from 'rocade/meta';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fresh } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { Inbox } from './party.ts';
import { crossbar, foxWamp, historyTopic, type RouterMake, type RunningRouter, realm } from './routers.ts';

interface Stage {
  /** One more client. */
  join(): Promise<Client>;
}

/** A router while the tests run, and clients that are closed behind them. */
function stageOf(make: RouterMake): Stage {
  let router: RunningRouter | undefined;
  const clients: Client[] = [];
  beforeAll(async () => {
    router = await make.start();
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await router?.close();
  });
  return {
    async join() {
      if (!router) throw new Error('no router yet');
      const client = await connect(router.url, { realm, retry: false });
      clients.push(client);
      return client;
    },
  };
}

const idOf = (client: Client): number => client.session?.id ?? 0;
/** Null on Crossbar.io when a connection breaks, and where a router does not say. */
const next = async <T>(inbox: Inbox<T>, wanted: (thing: T) => boolean): Promise<T> => {
  for (;;) {
    const thing = await inbox.next();
    if (wanted(thing)) return thing;
  }
};

describeWithPeers('the meta API of other routers', () => {
  describe('on Crossbar.io', () => {
    const stage = stageOf(crossbar);

    test('sessions are counted, listed and looked up', async () => {
      const [one, other] = [await stage.join(), await stage.join()];
      const { sessions } = metaApi(one);
      const ids = await sessions.list();
      expect(ids).toEqual(expect.arrayContaining([idOf(one), idOf(other)]));
      expect(await sessions.count()).toBe(ids.length);
      expect(await sessions.list(['anonymous'])).toEqual(ids);
      expect(await sessions.count(['nobody'])).toBe(0);
      const info = await sessions.get(idOf(other));
      expect(info).toMatchObject({ session: idOf(other), authrole: 'anonymous', authmethod: 'anonymous' });
      expect(info.details).toHaveProperty('transport');
      await expect(sessions.get(1)).rejects.toMatchObject({ uri: 'wamp.error.no_such_session' });
    });

    test('who joins and who leaves is heard; of who leaves, Crossbar.io tells the id alone', async () => {
      const { sessions } = metaApi(await stage.join());
      const [joined, left] = [new Inbox<number>(), new Inbox<object>()];
      await sessions.onJoin(({ session }) => joined.push(session));
      await sessions.onLeave((who) => left.push(who));
      const other = await stage.join();
      const id = idOf(other);
      await next(joined, (session) => session === id);
      await other.close();
      expect(await next(left, (who) => 'session' in who && who.session === id)).toEqual({
        session: id,
        authid: undefined,
        authrole: undefined,
      });
    });

    test('sessions are ended by id and by authid, with reason and message', async () => {
      const one = await stage.join();
      const { sessions } = metaApi(one);
      const [other, third] = [await stage.join(), await stage.join()];
      await sessions.kill(idOf(other), { reason: 'com.example.enough', message: 'that will do' });
      const reason = await other.closed;
      expect(reason).toBeInstanceOf(ClosedError);
      expect(reason).toMatchObject({ uri: 'com.example.enough' });
      const { authid = '' } = await sessions.get(idOf(third));
      expect(await sessions.killByAuthid(authid)).toBe(1);
      // Not the reason of the specification, which is wamp.close.killed.
      expect(await third.closed).toMatchObject({ uri: 'wamp.close.normal' });
      await expect(sessions.kill(1)).rejects.toMatchObject({ uri: 'wamp.error.no_such_session' });
      await expect(sessions.modifyDetails(idOf(one), {})).rejects.toMatchObject({
        uri: 'wamp.error.no_such_procedure',
      });
    });

    test('all sessions but this one are ended, though Crossbar.io has no procedure for it', async () => {
      const one = await stage.join();
      const others = [await stage.join(), await stage.join()];
      const left = new Inbox<number>();
      const { sessions } = metaApi(one);
      await sessions.onLeave(({ session }) => left.push(session));
      expect(await sessions.killAll({ reason: 'com.example.all' })).toBeGreaterThanOrEqual(2);
      for (const other of others) expect(await other.closed).toMatchObject({ uri: 'com.example.all' });
      for (const other of others) expect(await other.closed).toBeInstanceOf(ClosedError);
      expect(await sessions.list()).toContain(idOf(one));
    });

    test('registrations are listed, looked up and described, and what changes is heard', async () => {
      const [one, other] = [await stage.join(), await stage.join()];
      const { registrations } = metaApi(one);
      const heard = new Inbox<unknown>();
      await registrations.onCreate(({ session, created }) => heard.push(['create', session, created.uri]));
      await registrations.onRegister(({ session, id }) => heard.push(['register', session, id]));
      await registrations.onUnregister(({ session, id }) => heard.push(['unregister', session, id]));
      await registrations.onDelete(({ session, id }) => heard.push(['delete', session, id]));
      const procedure = fresh('procedure');
      const registration = await other.register(procedure, () => 1);
      const id = (await registrations.lookup(procedure)) ?? 0;
      expect(id).toBeGreaterThan(0);
      expect(await registrations.match(procedure)).toBe(id);
      expect(await registrations.lookup(procedure, 'prefix')).toBe(undefined);
      expect(await registrations.match(fresh('procedure'))).toBe(undefined);
      expect((await registrations.list()).exact).toContain(id);
      const info = await registrations.get(id);
      expect(info).toMatchObject({ id, uri: procedure, match: 'exact', invoke: 'single' });
      expect(info.created).toBeInstanceOf(Date);
      expect(await registrations.listCallees(id)).toEqual([idOf(other)]);
      expect(await registrations.countCallees(id)).toBe(1);
      await registration.unregister();
      await expect(registrations.get(id)).rejects.toMatchObject({ uri: 'wamp.error.no_such_registration' });
      const all = [await heard.next(), await heard.next(), await heard.next(), await heard.next()];
      expect(all).toEqual([
        ['create', idOf(other), procedure],
        ['register', idOf(other), id],
        ['unregister', idOf(other), id],
        ['delete', idOf(other), id],
      ]);
    });

    test('subscriptions are listed, looked up and described, and what changes is heard', async () => {
      const [one, other] = [await stage.join(), await stage.join()];
      const { subscriptions } = metaApi(one);
      const heard = new Inbox<unknown>();
      await subscriptions.onCreate(({ session, created }) => heard.push(['create', session, created.uri]));
      await subscriptions.onSubscribe(({ session, id }) => heard.push(['subscribe', session, id]));
      await subscriptions.onUnsubscribe(({ session, id }) => heard.push(['unsubscribe', session, id]));
      await subscriptions.onDelete(({ session, id }) => heard.push(['delete', session, id]));
      const topic = fresh('topic');
      const subscription = await other.subscribe(topic, () => {});
      const id = (await subscriptions.lookup(topic)) ?? 0;
      expect(id).toBeGreaterThan(0);
      expect(await subscriptions.match(topic)).toEqual([id]);
      expect(await subscriptions.match(fresh('topic'))).toEqual([]);
      expect((await subscriptions.list()).exact).toContain(id);
      const info = await subscriptions.get(id);
      expect(info).toMatchObject({ id, uri: topic, match: 'exact' });
      expect(info.created).toBeInstanceOf(Date);
      expect(await subscriptions.listSubscribers(id)).toEqual([idOf(other)]);
      expect(await subscriptions.countSubscribers(id)).toBe(1);
      await subscription.unsubscribe();
      await expect(subscriptions.get(id)).rejects.toMatchObject({ uri: 'wamp.error.no_such_subscription' });
      const all = [await heard.next(), await heard.next(), await heard.next(), await heard.next()];
      expect(all).toEqual([
        ['create', idOf(other), topic],
        ['subscribe', idOf(other), id],
        ['unsubscribe', idOf(other), id],
        ['delete', idOf(other), id],
      ]);
    });

    test('events that were kept come oldest first, and by every condition, though Crossbar.io knows none', async () => {
      const [one, other] = [await stage.join(), await stage.join()];
      const { subscriptions } = metaApi(one);
      await one.subscribe(historyTopic, () => {});
      const publications: (number | undefined)[] = [];
      for (let index = 0; index < 15; index++) {
        publications.push(await other.publish(historyTopic, [index], { kwargs: { index }, acknowledge: true }));
      }
      const id = (await subscriptions.lookup(historyTopic)) ?? 0;
      const events = await subscriptions.getEvents(id);
      expect(events.map(({ args }) => args[0])).toEqual(publications.map((_, index) => index));
      expect(events.map(({ publication }) => publication)).toEqual(publications);
      expect(events[3]).toMatchObject({ subscription: id, kwargs: { index: 3 } });
      expect(events[3]?.timestamp).toBeInstanceOf(Date);
      const values = async (filter: Parameters<typeof subscriptions.getEvents>[1]): Promise<unknown[]> =>
        (await subscriptions.getEvents(id, filter)).map(({ args }) => args[0]);
      expect(await values({ limit: 2 })).toEqual([0, 1]);
      expect(await values({ limit: 2, reverse: true })).toEqual([14, 13]);
      expect(await values({ afterPublication: publications[3] ?? 0, limit: 2 })).toEqual([4, 5]);
      expect(await values({ fromTime: new Date(Date.now() + 60_000) })).toEqual([]);
      await expect(subscriptions.getEvents(1)).rejects.toMatchObject({ uri: 'wamp.error.no_such_subscription' });
    });

    test('a testament is published when its session is lost, unless it was taken back', async () => {
      const [one, other] = [await stage.join(), await stage.join()];
      const [topic, never] = [fresh('topic'), fresh('topic')];
      const heard = new Inbox<unknown>();
      for (const uri of [topic, never]) {
        await one.subscribe(uri, (args, { kwargs, topic: on }) => heard.push([on, args, kwargs]));
      }
      const { testaments } = metaApi(other);
      await testaments.add(never, ['not this'], { scope: 'detached' });
      expect(await testaments.flush('detached')).toBe(1);
      await testaments.add(topic, ['gone'], { kwargs: { who: 'other' } });
      await metaApi(one).sessions.kill(idOf(other));
      expect(await heard.next()).toEqual([topic, ['gone'], { who: 'other' }]);
      expect(heard.waiting).toBe(0);
      await expect(testaments.flush()).rejects.toThrow();
    });
  });

  describe('on fox-wamp, which knows of sessions only', () => {
    const stage = stageOf(foxWamp);

    test('sessions are counted and listed, and those that come and go are heard', async () => {
      const one = await stage.join();
      const { sessions, registrations } = metaApi(one);
      const [joined, left] = [new Inbox<unknown>(), new Inbox<unknown>()];
      await sessions.onJoin(({ session }) => joined.push(session));
      await sessions.onLeave(({ session }) => left.push(session));
      const before = await sessions.count();
      const other = await stage.join();
      const id = idOf(other);
      expect(await joined.next()).toBe(id);
      expect(await sessions.list()).toEqual(expect.arrayContaining([idOf(one), id]));
      expect(await sessions.count()).toBe(before + 1);
      await other.close();
      expect(await left.next()).toBe(id);
      const error: unknown = await registrations.list().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WampError);
    });
  });
});
