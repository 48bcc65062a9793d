import { WampError } from 'rocade';
import { describe, expect, test } from 'vitest';
import { scripted, several } from './scripted.ts';

describe('Advanced Profile, Session Meta API: a client', () => {
  test('reads counts and lists as the specification has them, and as routers send them', async () => {
    const { meta, called } = scripted({ 'wamp.session.count': 3, 'wamp.session.list': [1, 2, 3] });
    expect(await meta.sessions.count()).toBe(3);
    expect(await meta.sessions.count(['admin'])).toBe(3);
    expect(await meta.sessions.list(['admin', 'user'])).toEqual([1, 2, 3]);
    expect(called.map(({ args }) => args)).toEqual([[], [['admin']], [['admin', 'user']]]);
    const other = scripted({ 'wamp.session.count': several([3, 'more']), 'wamp.session.list': null });
    expect(await other.meta.sessions.count()).toBe(3);
    expect(await other.meta.sessions.list()).toEqual([]);
    for (const [answer, ids] of [
      [several([4, 5]), [4, 5]],
      [several([[4, 5]], { more: false }), [4, 5]],
      [4, [4]],
      ['none', []],
    ])
      expect(await scripted({ 'wamp.session.list': answer }).meta.sessions.list()).toEqual(ids);
  });

  test('says what it cannot understand', async () => {
    const { meta } = scripted({ 'wamp.session.count': 'many' });
    const error: unknown = await meta.sessions.count().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({
      uri: 'wamp.error.invalid_payload',
      args: ['wamp.session.count: expected a number, got "many"'],
    });
  });

  test('gets the details of a session; none at all means that there is no such session', async () => {
    const details = { session: 7, authid: 'alice', authrole: 'user', transport: { peer: 'x' }, authprovider: null };
    const { meta } = scripted({ 'wamp.session.get': ([id]: number[]) => (id === 7 ? details : null) });
    expect(await meta.sessions.get(7)).toEqual({
      ...{ session: 7, authid: 'alice', authrole: 'user', authmethod: undefined, authprovider: undefined },
      details,
    });
    await expect(meta.sessions.get(8)).rejects.toMatchObject({ uri: 'wamp.error.no_such_session' });
  });

  test('a router that stumbles over a session which is not there has none; over one that is, has failed', async () => {
    const { meta } = scripted({
      'wamp.session.list': [1, 7],
      'wamp.session.get': () => {
        throw new WampError('wamp.error.runtime_error');
      },
    });
    await expect(meta.sessions.get(8)).rejects.toMatchObject({ uri: 'wamp.error.no_such_session' });
    await expect(meta.sessions.get(7)).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
  });

  test('ends sessions, and counts them whether the router lists them, counts them, or says nothing', async () => {
    const { meta, called } = scripted({
      'wamp.session.kill': null,
      'wamp.session.kill_by_authid': [4, 5],
      'wamp.session.kill_by_authrole': 6,
      'wamp.session.kill_all': null,
    });
    const why = { reason: 'com.example.enough', message: 'so long' };
    await meta.sessions.kill(4, why);
    expect(await meta.sessions.killByAuthid('alice', { reason: why.reason })).toBe(2);
    expect(await meta.sessions.killByAuthrole('user')).toBe(6);
    expect(await meta.sessions.killAll()).toBe(undefined);
    expect(called).toEqual([
      { procedure: 'wamp.session.kill', args: [4], kwargs: why },
      { procedure: 'wamp.session.kill_by_authid', args: ['alice'], kwargs: { reason: why.reason } },
      { procedure: 'wamp.session.kill_by_authrole', args: ['user'], kwargs: {} },
      { procedure: 'wamp.session.kill_all', args: [], kwargs: {} },
    ]);
  });

  test('ends all the others one by one where the router has no procedure for all', async () => {
    const { meta, called } = scripted({
      'wamp.session.list': [1, 2, 3, 4],
      'wamp.session.kill': ([id]: number[]) => {
        if (id === 3) throw new WampError('wamp.error.no_such_session');
        return null;
      },
    });
    expect(await meta.sessions.killAll({ message: 'bye' })).toBe(2);
    expect(called.slice(2)).toEqual(
      [2, 3, 4].map((id) => ({ procedure: 'wamp.session.kill', args: [id], kwargs: { message: 'bye' } })),
    );
    const forbidden = scripted({
      'wamp.session.list': [1, 2],
      'wamp.session.kill': () => {
        throw new WampError('wamp.error.not_authorized');
      },
    });
    await expect(forbidden.meta.sessions.killAll()).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  test('hears who joins and who leaves, in positional or keyword values', async () => {
    const { meta, fire } = scripted({});
    const heard: unknown[] = [];
    await meta.sessions.onJoin(({ session, authid }, { topic }) => heard.push(['joined', session, authid, topic]));
    await meta.sessions.onLeave((left) => heard.push(left));
    fire('wamp.session.on_join', [{ session: 5, authid: 'bob', extra: 1 }]);
    fire('wamp.session.on_join', [], { session: 6 });
    fire('wamp.session.on_join', []);
    fire('wamp.session.on_leave', [5, 'bob', 'user']);
    fire('wamp.session.on_leave', [6]);
    fire('wamp.session.on_leave', []);
    expect(heard).toEqual([
      ['joined', 5, 'bob', 'wamp.session.on_join'],
      ['joined', 6, undefined, 'wamp.session.on_join'],
      { session: 5, authid: 'bob', authrole: 'user' },
      { session: 6, authid: undefined, authrole: undefined },
    ]);
  });

  test('changes details where the router lets it', async () => {
    const { meta, called } = scripted({ 'wamp.session.modify_details': null });
    await meta.sessions.modifyDetails(5, { nickname: 'bo' });
    expect(called[0]?.args).toEqual([5, { nickname: 'bo' }]);
    await expect(scripted({}).meta.sessions.modifyDetails(5, {})).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });
});

describe('Advanced Profile, Session Testament: a client', () => {
  test('adds and takes back testaments, with options by the names of the wire', async () => {
    const { meta, called } = scripted({ 'wamp.session.add_testament': 1234, 'wamp.session.flush_testaments': 2 });
    await meta.testaments.add('com.example.gone', ['alice']);
    const options = { kwargs: { at: 1 }, scope: 'detached', excludeAuthid: ['bob'], retain: undefined } as const;
    await meta.testaments.add('com.example.gone', [], options);
    expect(await meta.testaments.flush('detached')).toBe(2);
    expect(await scripted({ 'wamp.session.flush_testaments': null }).meta.testaments.flush()).toBe(undefined);
    expect(called).toEqual([
      {
        procedure: 'wamp.session.add_testament',
        args: ['com.example.gone', ['alice'], {}],
        kwargs: { publish_options: {} },
      },
      {
        procedure: 'wamp.session.add_testament',
        args: ['com.example.gone', [], { at: 1 }],
        kwargs: { scope: 'detached', publish_options: { exclude_authid: ['bob'] } },
      },
      { procedure: 'wamp.session.flush_testaments', args: [], kwargs: { scope: 'detached' } },
    ]);
  });
});

const observed = { id: 9, created: '2026-01-02T03:04:05.678Z', uri: 'com.example.x', match: 'prefix' };

describe.each([
  { kind: 'registration', who: 'callees', joins: 'on_register', leaves: 'on_unregister' },
  { kind: 'subscription', who: 'subscribers', joins: 'on_subscribe', leaves: 'on_unsubscribe' },
] as const)('Advanced Profile, $kind meta API: a client', ({ kind, who, joins, leaves }) => {
  const uri = (name: string): string => `wamp.${kind}.${name}`;
  const of = (script: ReturnType<typeof scripted>) => {
    const { registrations, subscriptions } = script.meta;
    return kind === 'registration'
      ? {
          both: registrations,
          listWho: (id: number) => registrations.listCallees(id),
          countWho: (id: number) => registrations.countCallees(id),
          onJoins: registrations.onRegister.bind(registrations),
          onLeaves: registrations.onUnregister.bind(registrations),
        }
      : {
          both: subscriptions,
          listWho: (id: number) => subscriptions.listSubscribers(id),
          countWho: (id: number) => subscriptions.countSubscribers(id),
          onJoins: subscriptions.onSubscribe.bind(subscriptions),
          onLeaves: subscriptions.onUnsubscribe.bind(subscriptions),
        };
  };

  test('lists ids by how they match, with null for an empty list too', async () => {
    const { both } = of(scripted({ [uri('list')]: { exact: [1, 2], prefix: null } }));
    expect(await both.list()).toEqual({ exact: [1, 2], prefix: [], wildcard: [] });
  });

  test('looks up by pattern; null is undefined', async () => {
    const script = scripted({ [uri('lookup')]: ([of_]: string[]) => (of_ === 'com.example.x' ? 9 : null) });
    const { both } = of(script);
    expect(await both.lookup('com.example.x')).toBe(9);
    expect(await both.lookup('com.example.y', 'wildcard')).toBe(undefined);
    expect(script.called.map(({ args }) => args)).toEqual([
      ['com.example.x'],
      ['com.example.y', { match: 'wildcard' }],
    ]);
  });

  test('gets one by its id, and says so when there is none', async () => {
    const { both } = of(scripted({ [uri('get')]: ([id]: number[]) => (id === 9 ? observed : null) }));
    const got = await both.get(9);
    expect(got).toMatchObject({ id: 9, uri: 'com.example.x', match: 'prefix', details: observed });
    expect(got.created).toEqual(new Date(observed.created));
    await expect(both.get(10)).rejects.toMatchObject({ uri: `wamp.error.no_such_${kind}` });
    const odd = of(scripted({ [uri('get')]: { uri: 'com.example.x', created: 'once' } }));
    expect(await odd.both.get(9)).toMatchObject({ id: 9, match: 'exact', created: undefined });
  });

  test('lists and counts who is there, also where only listing is possible', async () => {
    const { listWho, countWho } = of(scripted({ [uri(`list_${who}`)]: [3, 4], [uri(`count_${who}`)]: 2 }));
    expect(await listWho(9)).toEqual([3, 4]);
    expect(await countWho(9)).toBe(2);
    expect(await of(scripted({ [uri(`list_${who}`)]: [3, 4, 5] })).countWho(9)).toBe(3);
    await expect(of(scripted({})).countWho(9)).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  test('hears what comes to be, changes and goes, also without a session', async () => {
    const script = scripted({});
    const { both, onJoins, onLeaves } = of(script);
    const heard: unknown[] = [];
    await both.onCreate(({ session, created }) => heard.push([session, created.uri, created.match]));
    await onJoins((change) => heard.push(change));
    await onLeaves((change) => heard.push(change));
    await both.onDelete((change) => heard.push(change));
    script.fire(uri('on_create'), [5, observed]);
    script.fire(uri(joins), [5, 9]);
    script.fire(uri(leaves), [null, 9]);
    script.fire(uri('on_delete'), [null, 9]);
    script.fire(uri('on_delete'), []);
    script.fire(uri('on_create'), []);
    expect(heard).toEqual([
      [5, 'com.example.x', 'prefix'],
      { session: 5, id: 9 },
      { session: undefined, id: 9 },
      { session: undefined, id: 9 },
    ]);
  });
});

test('Advanced Profile, meta API: what matches a URI is one registration, and any number of subscriptions', async () => {
  const { meta } = scripted({ 'wamp.registration.match': 4, 'wamp.subscription.match': [4, 5] });
  expect(await meta.registrations.match('a.b')).toBe(4);
  expect(await meta.subscriptions.match('a.b')).toEqual([4, 5]);
  const none = scripted({ 'wamp.registration.match': null, 'wamp.subscription.match': null });
  expect(await none.meta.registrations.match('a.b')).toBe(undefined);
  expect(await none.meta.subscriptions.match('a.b')).toEqual([]);
  const get = scripted({ 'wamp.registration.get': { ...observed, invoke: 'roundrobin' } });
  expect(await get.meta.registrations.get(9)).toMatchObject({ invoke: 'roundrobin' });
});
