import { runInNewContext } from 'node:vm';
import { connect } from 'rocade';
import { errorUris, type MessageOf } from 'rocade/protocol';
import { type AuthorizationRequest, type AuthorizerFunction, type Permission, type Roles, Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { Peer, payload } from './peer.ts';

const codes = { CALL: 48, REGISTER: 64, PUBLISH: 16, SUBSCRIBE: 32 };
/** All who come are guests. */
const routerWith = (roles: Roles, clock = fakeClock()): { router: Router; failures: Error[] } => {
  const failures: Error[] = [];
  const realm = { name: 'realm1', auth: { anonymous: 'guest' }, roles };
  return { router: new Router({ realms: [realm], onError: (error) => void failures.push(error), clock }), failures };
};
/** One of each kind, to the same URI. */
const tryAll = (peer: Peer, uri: string): Record<keyof typeof codes, number> => ({
  CALL: peer.call(uri),
  REGISTER: peer.request('REGISTER', { options: {}, procedure: uri }),
  PUBLISH: peer.publish(uri, [], { acknowledge: true }),
  SUBSCRIBE: peer.request('SUBSCRIBE', { options: {}, topic: uri }),
});
/** What became of each: an error's URI, or the answer's type. */
const outcomes = (peer: Peer): string[] =>
  peer.channel.sent.slice(1).map((message) => (message.type === 'ERROR' ? message.error : message.type));

describe('Advanced Profile, Authorization: roles', () => {
  test('a realm without roles lets everybody do everything', () => {
    const peer = new Peer(new Router());
    tryAll(peer, 'com.example.x');
    expect(outcomes(peer)).toEqual([errorUris.noSuchProcedure, 'REGISTERED', 'PUBLISHED', 'SUBSCRIBED']);
  });

  test('with roles, what is not allowed is denied, and a role that is not there may do nothing', () => {
    for (const roles of [{ guest: [] }, { user: [{ uri: '', match: 'prefix', allow: ['call'] }] }] as const) {
      const peer = new Peer(routerWith(roles).router);
      tryAll(peer, 'com.example.x');
      expect(outcomes(peer)).toEqual(Array.from({ length: 4 }, () => errorUris.notAuthorized));
    }
  });

  test.each([
    ['call', [errorUris.noSuchProcedure, errorUris.notAuthorized, errorUris.notAuthorized, errorUris.notAuthorized]],
    ['register', [errorUris.notAuthorized, 'REGISTERED', errorUris.notAuthorized, errorUris.notAuthorized]],
    ['publish', [errorUris.notAuthorized, errorUris.notAuthorized, 'PUBLISHED', errorUris.notAuthorized]],
    ['subscribe', [errorUris.notAuthorized, errorUris.notAuthorized, errorUris.notAuthorized, 'SUBSCRIBED']],
  ] as const)('%s is allowed alone', (action, expected) => {
    const peer = new Peer(routerWith({ guest: [{ uri: 'com.', match: 'prefix', allow: [action] }] }).router);
    tryAll(peer, 'com.example.x');
    expect(outcomes(peer)).toEqual(expected);
  });

  test('a denial names the action and the URI', () => {
    const peer = new Peer(routerWith({ guest: [] }).router);
    const requests = tryAll(peer, 'com.example.x');
    for (const [type, action] of Object.entries({
      CALL: 'call',
      REGISTER: 'register',
      PUBLISH: 'publish',
      SUBSCRIBE: 'subscribe',
    })) {
      const { requestType, request, payload: said } = peer.take('ERROR');
      const kind = type as keyof typeof codes;
      expect([requestType, request]).toEqual([codes[kind], requests[kind]]);
      expect(said?.args).toEqual([`this session is not authorized to ${action} 'com.example.x'`]);
    }
  });

  test('a publication without acknowledgement is refused without a word', () => {
    const { router } = routerWith({ guest: [{ uri: 'com.example.x', allow: ['subscribe'] }] });
    const [peer, other] = [new Peer(router), new Peer(router)];
    other.subscribe('com.example.x');
    peer.publish('com.example.x', [1]);
    peer.expectNothing();
    other.expectNothing();
  });

  test('the meta API is called and heard with permission only', () => {
    const { router } = routerWith({ guest: [{ uri: 'wamp.session.count', allow: ['call'] }] });
    const peer = new Peer(router);
    peer.call('wamp.session.count');
    expect(peer.take('RESULT').payload?.args).toEqual([1]);
    expect(peer.takeError(48, peer.call('wamp.session.kill', 1))).toBe(errorUris.notAuthorized);
    const request = peer.request('SUBSCRIBE', { options: {}, topic: 'wamp.session.on_join' });
    expect(peer.takeError(32, request)).toBe(errorUris.notAuthorized);
  });

  test('a pattern is not a way around: neither to subscribe nor to register', () => {
    const { router } = routerWith({
      guest: [
        { uri: 'com.', match: 'prefix', allow: ['subscribe', 'register'] },
        { uri: 'com.secret.', match: 'prefix', allow: [] },
      ],
    });
    const peer = new Peer(router);
    for (const [uri, match] of [
      ['com.', 'prefix'],
      ['', 'prefix'],
      ['com..x', 'wildcard'],
    ] as const) {
      const subscribe = peer.request('SUBSCRIBE', { options: { match }, topic: uri });
      expect(peer.takeError(32, subscribe)).toBe(errorUris.notAuthorized);
      const register = peer.request('REGISTER', { options: { match }, procedure: uri });
      expect(peer.takeError(64, register)).toBe(errorUris.notAuthorized);
    }
    peer.subscribe('com.open.', 'prefix');
  });

  test('sessions of the process itself may do everything', () => {
    const { router } = routerWith({ guest: [] });
    const peer = new Peer({ accept: (channel) => router.accept(channel, { identity: {} }) });
    expect(peer.welcome.details).toMatchObject({ authrole: 'trusted', authmethod: 'trusted' });
    peer.register('com.example.x');
  });

  test('a role of its own may be given to one of them', () => {
    const { router } = routerWith({ backend: [{ uri: 'com.example.x', allow: ['register'] }] });
    const identity = { authid: 'worker', authrole: 'backend' };
    const peer = new Peer({ accept: (channel) => router.accept(channel, { identity }) });
    expect(peer.welcome.details).toMatchObject(identity);
    peer.register('com.example.x');
    expect(peer.takeError(64, peer.request('REGISTER', { options: {}, procedure: 'y' }))).toBe(errorUris.notAuthorized);
  });
});

describe('Advanced Profile, Authorization: an authorizer', () => {
  const asking = (authorizer: AuthorizerFunction) => routerWith({ guest: { authorizer } });

  test('is not asked about a pattern that takes in what a permission denies', () => {
    const asked: string[] = [];
    const authorizer: AuthorizerFunction = ({ uri }) => asked.push(uri) > 0;
    const permissions: readonly Permission[] = [
      { uri: 'com.secret.', match: 'prefix', allow: [] },
      { uri: 'com.told', allow: ['call'] },
    ];
    const peer = new Peer(routerWith({ guest: { authorizer, permissions } }).router);
    for (const topic of ['com.', 'com.secret.a.', 'com.to', 'com.open.'])
      peer.request('SUBSCRIBE', { options: { match: 'prefix' }, topic });
    expect(outcomes(peer)).toEqual([...Array.from({ length: 3 }, () => errorUris.notAuthorized), 'SUBSCRIBED']);
    expect(asked).toEqual(['com.open.']);
  });

  test('may give a promise of another make', async () => {
    const { router, failures } = asking(() => runInNewContext('Promise.resolve(true)') as Promise<boolean>);
    const peer = new Peer(router);
    peer.request('SUBSCRIBE', { options: {}, topic: 'com.example.x' });
    expect((await peer.channel.next('SUBSCRIBED')).type).toBe('SUBSCRIBED');
    expect(failures).toEqual([]);
  });

  test('is told who wants to do what, and asked about what no permission decides', () => {
    const requests: AuthorizationRequest[] = [];
    const authorizer: AuthorizerFunction = (request) => {
      requests.push(request);
      return request.uri === 'com.example.x';
    };
    const { router } = routerWith({
      guest: { authorizer, permissions: [{ uri: 'com.example.y', allow: ['subscribe'] }] },
    });
    const peer = new Peer(router);
    peer.subscribe('com.example.y');
    peer.request('SUBSCRIBE', { options: { match: 'prefix' }, topic: 'com.example.x' });
    peer.take('SUBSCRIBED');
    expect(peer.takeError(48, peer.call('com.example.z'))).toBe(errorUris.notAuthorized);
    expect(requests).toMatchObject([
      {
        action: 'subscribe',
        uri: 'com.example.x',
        match: 'prefix',
        realm: 'realm1',
        authrole: 'guest',
        session: peer.session,
      },
      { action: 'call', uri: 'com.example.z', match: 'exact', authid: peer.welcome.details.authid },
    ]);
  });

  test('that takes its time does not change the order of what a session sends', async () => {
    const asked: ((allow: boolean) => void)[] = [];
    const { router } = asking(({ action, uri }) =>
      action === 'publish' && uri === 'a.slow' ? new Promise((resolve) => void asked.push(resolve)) : true,
    );
    const [peer, other] = [new Peer(router), new Peer(router)];
    const [slow, fast] = [other.subscribe('a.slow'), other.subscribe('a.fast')];
    peer.publish('a.slow', [1]);
    peer.publish('a.fast', [2]);
    peer.publish('a.slow', [3]);
    peer.publish('a.fast', [4]);
    peer.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' });
    other.expectNothing();
    asked.shift()?.(true);
    const first = [await other.channel.next('EVENT'), await other.channel.next('EVENT')];
    asked.shift()?.(false);
    const last = await other.channel.next('EVENT');
    expect([...first, last].map(({ subscription, payload: sent }) => [subscription, sent?.args[0]])).toEqual([
      [slow, 1],
      [fast, 2],
      [fast, 4],
    ]);
    await peer.channel.next('GOODBYE');
  });

  test('may be a session that waits for another answer itself', async () => {
    const realm = {
      name: 'realm1',
      auth: { anonymous: 'guest' },
      roles: {
        guest: {
          authorizer: { procedure: 'com.example.may' },
          permissions: [{ uri: 'com.example.may', allow: ['register'] }],
        },
      },
    } as const;
    const router = new Router({ realms: [realm] });
    const authorizer = new Peer(router);
    authorizer.register('com.example.may');
    // It asks for something that only it can allow, and answers that question before.
    const request = authorizer.request('SUBSCRIBE', { options: {}, topic: 'com.example.x' });
    const { request: invocation, payload: asked } = await authorizer.channel.next('INVOCATION');
    expect(asked?.args.slice(1)).toEqual(['com.example.x', 'subscribe', {}]);
    authorizer.yield(invocation, { allow: true });
    expect((await authorizer.channel.next('SUBSCRIBED')).request).toBe(request);
  });

  test('that fails refuses with another error, tells whoever runs the router, and nobody else why', async () => {
    const cases: [AuthorizerFunction, RegExp][] = [
      [
        () => {
          throw new Error('the database is gone');
        },
        /database/,
      ],
      [() => Promise.reject(new Error('the database is gone')), /database/],
      [() => 'yes' as never, /neither yes nor no/],
      [() => ({ allow: 'no' }) as never, /neither yes nor no/],
      [() => ({ allow: true, cache: 'yes' }) as never, /neither yes nor no/],
      [() => ({ allow: true, disclose: 'perhaps' }) as never, /neither yes nor no/],
    ];
    for (const [authorizer, told] of cases) {
      const { router, failures } = asking(authorizer);
      const peer = new Peer(router);
      peer.call('com.example.x');
      const { error, payload: said } = await peer.channel.next('ERROR');
      expect(error).toBe(errorUris.authorizationFailed);
      expect(said?.args).toEqual(["it could not be found out whether this session may call 'com.example.x'"]);
      expect(failures.map(({ message }) => message)).toEqual([expect.stringMatching(told)]);
    }
  });

  test('that never answers fails, and what the session has sent since is heard', async () => {
    const clock = fakeClock();
    const authorizer: AuthorizerFunction = ({ uri }) => uri === 'com.example.y' || new Promise<boolean>(() => {});
    const { router, failures } = routerWith({ guest: { authorizer } }, clock);
    const peer = new Peer(router);
    peer.call('com.example.x');
    const later = peer.request('SUBSCRIBE', { options: {}, topic: 'com.example.y' });
    clock.advance(10_000);
    expect((await peer.channel.next('ERROR')).error).toBe(errorUris.authorizationFailed);
    expect((await peer.channel.next('SUBSCRIBED')).request).toBe(later);
    expect(failures.map(({ message }) => message)).toEqual(['the authorizer has not answered within 10000 ms']);
    expect(clock.pending).toBe(0);
  });

  test('that never answers is not waited for when the router closes', async () => {
    const clock = fakeClock();
    const { router, failures } = routerWith({ guest: { authorizer: () => new Promise<boolean>(() => {}) } }, clock);
    const peer = new Peer(router);
    peer.call('com.example.x');
    const closed = router.close();
    peer.channel.lose();
    await closed;
    expect([clock.pending, failures]).toEqual([0, []]);
  });

  test('whose procedure is not there fails', async () => {
    const clock = fakeClock();
    const { router, failures } = routerWith({ guest: { authorizer: { procedure: 'com.example.may' } } }, clock);
    const peer = new Peer(router);
    peer.call('com.example.x');
    expect((await peer.channel.next('ERROR')).error).toBe(errorUris.authorizationFailed);
    expect([failures.length, clock.pending]).toEqual([1, 0]);
  });

  test('is asked once where its answer may be used again, and for as long', () => {
    const clock = fakeClock();
    let asked = 0;
    const authorizer: AuthorizerFunction = ({ uri }) => {
      asked++;
      return { allow: true, cache: uri === 'a.ever' ? true : uri === 'a.while' ? 1000 : false };
    };
    const router = new Router({
      realms: [{ name: 'realm1', auth: { anonymous: 'guest' }, roles: { guest: { authorizer } } }],
      clock,
    });
    const count = (topic: string): number => {
      asked = 0;
      for (const peer of [new Peer(router), new Peer(router)]) for (let i = 0; i < 3; i++) peer.publish(topic);
      return asked;
    };
    expect([count('a.ever'), count('a.while'), count('a.never')]).toEqual([1, 1, 6]);
    expect(count('a.while')).toBe(0);
    clock.advance(1000);
    expect([count('a.ever'), count('a.while')]).toEqual([0, 1]);
  });

  test('that has allowed a topic for good has not allowed the pattern that is written like it', () => {
    const authorizer: AuthorizerFunction = ({ match }) => ({ allow: match === 'exact', cache: true });
    const peer = new Peer(asking(authorizer).router);
    peer.subscribe('a.topic');
    const request = peer.request('SUBSCRIBE', { options: { match: 'prefix' }, topic: 'a.topic' });
    expect(peer.takeError(codes.SUBSCRIBE, request)).toBe(errorUris.notAuthorized);
  });

  test('is asked again about what was asked longest ago, when there are too many answers to keep', () => {
    const asked: string[] = [];
    const authorizer: AuthorizerFunction = ({ uri }) => {
      asked.push(uri);
      return { allow: true, cache: true };
    };
    const roles = { guest: { authorizer } };
    const peer = new Peer(new Router({ realms: [{ name: 'realm1', auth: { anonymous: 'guest' }, roles }] }));
    for (let index = 0; index <= 10_000; index++) peer.publish(`a.${index}`);
    asked.length = 0;
    for (const topic of ['a.10000', 'a.1', 'a.0']) peer.publish(topic);
    expect(asked).toEqual(['a.0']);
  });

  test('is asked anew about what is too long to be a URI, so that nobody fills the memory with it', () => {
    let asked = 0;
    const authorizer: AuthorizerFunction = () => {
      asked++;
      return { allow: true, cache: true };
    };
    const roles = { guest: { authorizer } };
    const peer = new Peer(new Router({ realms: [{ name: 'realm1', auth: { anonymous: 'guest' }, roles }] }));
    const count = (length: number): number => {
      asked = 0;
      for (let i = 0; i < 2; i++) peer.publish('a'.repeat(length));
      return asked;
    };
    expect([count(1024), count(2000)]).toEqual([1, 2]);
  });

  test('says as Crossbar.io has it who is disclosed', async () => {
    const roles = { anonymous: { authorizer: { procedure: 'com.example.may', realm: 'back' } } };
    const router = new Router({ realms: ['back', { name: 'realm1', roles }] });
    const authorizer = new Peer(router, { realm: 'back' });
    authorizer.register('com.example.may');
    const peer = new Peer(router);
    const other = new Peer({ accept: (channel) => router.accept(channel, { identity: {} }) });
    other.subscribe('a.topic');
    peer.publish('a.topic');
    const { request } = await authorizer.channel.next('INVOCATION');
    authorizer.yield(request, { allow: true, disclose: { publisher: true, caller: false }, cache: false });
    expect((await other.channel.next('EVENT')).details.publisher).toBe(peer.session);
  });

  test('that answers when the session is gone answers nobody', async () => {
    let answer: (allow: boolean) => void = () => {};
    const { router } = asking(
      ({ action }) => action !== 'publish' || new Promise<boolean>((resolve) => void (answer = resolve)),
    );
    const [peer, other] = [new Peer(router), new Peer(router)];
    other.subscribe('a.topic');
    peer.publish('a.topic');
    peer.channel.lose();
    answer(true);
    await new Promise((resolve) => void setImmediate(resolve));
    other.expectNothing();
  });

  test('violations are found also in what had to wait', async () => {
    const { router } = asking(() => Promise.resolve(true));
    const peer = new Peer(router);
    const callee = new Peer(router);
    callee.request('REGISTER', { options: {}, procedure: 'a.procedure' });
    await callee.channel.next('REGISTERED');
    const call = {
      type: 'CALL',
      request: 7,
      options: {},
      procedure: 'a.procedure',
      payload: payload(1),
    } satisfies MessageOf<'CALL'>;
    peer.send(call, call);
    expect((await peer.channel.next('ABORT')).reason).toBe(errorUris.protocolViolation);
  });
});

test('roles that make no sense are refused when the router is made', () => {
  expect(() => routerWith({ trusted: [] })).toThrow("the role 'trusted' may do everything");
  expect(() => routerWith({ guest: [{ uri: 'a b', allow: [] }] })).toThrow("realm 'realm1', role 'guest'[0].uri");
  for (const authorizer of ['com.example.may', { procedure: 5 }, {}])
    expect(() => routerWith({ guest: { authorizer: authorizer as never } })).toThrow(
      "realm 'realm1', role 'guest', authorizer: expected a function or { procedure }, got ",
    );
});

describe('router.connect(): what runs in the same process', () => {
  test('is who it says, may do everything, and is told when the router closes', async () => {
    const { router } = routerWith({ guest: [] });
    const backend = await connect(router.connect({ authid: 'backend' }), { retry: false });
    expect(backend.session?.welcome).toMatchObject({ authid: 'backend', authrole: 'trusted', authmethod: 'trusted' });
    await backend.register('com.example.add', ([a, b]) => a + b);
    expect(await backend.call('com.example.add', [1, 2])).toBe(3);
    const role = await connect(router.connect({ authrole: 'guest' }), { retry: false });
    await expect(role.call('com.example.add', [1, 2])).rejects.toMatchObject({ uri: errorUris.notAuthorized });
    await router.close();
    expect((await backend.closed).name).toBe('ClosedError');
  });
});
