import { metaApi } from 'rocade/meta';
import { testRouter } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';

describe('the meta API of this router, through this client', () => {
  test('sessions', async () => {
    await using stage = testRouter({ realms: [{ name: 'realm1', administrators: ['anonymous'] }] });
    const [one, other] = [await stage.connect(), await stage.connect()];
    const { sessions } = metaApi(one);
    const heard: unknown[] = [];
    await sessions.onJoin(({ session }) => heard.push(['joined', session]));
    await sessions.onLeave(({ session }) => heard.push(['left', session]));
    const third = await stage.connect();
    const ids = [one, other, third].map(({ session }) => session?.id ?? 0);
    expect(new Set(await sessions.list())).toEqual(new Set(ids));
    expect(await sessions.count(['nobody'])).toBe(0);
    expect(await sessions.get(ids[1] ?? 0)).toMatchObject({ session: ids[1], authrole: 'anonymous' });
    await sessions.kill(ids[2] ?? 0, { reason: 'com.example.enough', message: 'so long' });
    expect(await third.closed).toMatchObject({ uri: 'com.example.enough' });
    expect(await sessions.killAll()).toBe(1);
    expect(await other.closed).toMatchObject({ uri: 'wamp.close.killed' });
    await expect(sessions.get(ids[1] ?? 0)).rejects.toMatchObject({ uri: 'wamp.error.no_such_session' });
    // Of those who went all together nobody is told, as the specification has it.
    await vi.waitUntil(() => heard.length >= 2, { timeout: 9000 });
    expect(heard).toEqual([
      ['joined', ids[2]],
      ['left', ids[2]],
    ]);
  });

  test('registrations and subscriptions', async () => {
    await using stage = testRouter();
    const [one, other] = [await stage.connect(), await stage.connect()];
    const { registrations, subscriptions } = metaApi(one);
    const id = other.session?.id;
    const heard: unknown[] = [];
    await registrations.onCreate(({ session, created }) => heard.push(['created', session, created.uri]));
    await registrations.onDelete(({ session }) => heard.push(['deleted', session]));
    await subscriptions.onSubscribe(({ session }) => session === id && heard.push(['subscribed', session]));
    const registration = await other.register('com.example.procedure', () => 1);
    const subscription = await other.subscribe('com.example.topic', () => {});
    const found = await registrations.match('com.example.procedure');
    expect(await registrations.get(found ?? 0)).toMatchObject({ uri: 'com.example.procedure', invoke: 'single' });
    expect(await registrations.listCallees(found ?? 0)).toEqual([id]);
    expect((await registrations.list()).exact).toContain(found);
    const [topic = 0] = await subscriptions.match('com.example.topic');
    expect(await subscriptions.get(topic)).toMatchObject({ uri: 'com.example.topic', match: 'exact' });
    expect(await subscriptions.countSubscribers(topic)).toBe(1);
    await registration.unregister();
    await subscription.unsubscribe();
    expect(await registrations.lookup('com.example.procedure')).toBe(undefined);
    expect(heard).toEqual([
      ['created', id, 'com.example.procedure'],
      ['subscribed', id],
      ['deleted', id],
    ]);
  });

  test('history and testaments', async () => {
    await using stage = testRouter({
      realms: [{ name: 'realm1', history: { topics: [{ topic: 'com.example.', match: 'prefix' }] } }],
    });
    const [one, other] = [await stage.connect(), await stage.connect()];
    const { subscriptions } = metaApi(one);
    const { testaments } = metaApi(other);
    for (const value of [1, 2, 3]) await other.publish('com.example.kept', [value], { acknowledge: true });
    const id = (await subscriptions.lookup('com.example.', 'prefix')) ?? 0;
    const events = await subscriptions.getEvents(id, { topic: 'com.example.kept' });
    expect(events.map(({ args, topic }) => [args[0], topic])).toEqual(
      [1, 2, 3].map((value) => [value, 'com.example.kept']),
    );
    const [, second] = events;
    const rest = await subscriptions.getEvents(id, { afterPublication: second?.publication ?? 0 });
    expect(rest.map(({ args }) => args)).toEqual([[3]]);
    expect((await subscriptions.getEvents(id, { limit: 1, reverse: true })).map(({ args }) => args)).toEqual([[3]]);
    const gone = new Promise((resolve) => void one.subscribe('com.example.gone', (args) => resolve(args)));
    await testaments.add('com.example.never', ['not this'], { scope: 'detached' });
    await testaments.flush('detached');
    await testaments.add('com.example.gone', ['other']);
    await other.close();
    expect(await gone).toEqual(['other']);
  });
});
