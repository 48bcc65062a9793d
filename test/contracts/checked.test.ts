import { Client, connect, type WampError } from 'rocade';
import { App } from 'rocade/app';
import { ContractError, defineContract, type StandardSchema } from 'rocade/contract';
import { memory } from 'rocade/memory';
import { testApp, testRouter } from 'rocade/testing';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';

const user = v.object({ name: v.string() });
const forum = defineContract({
  procedures: {
    'forum.login': { args: v.tuple([v.string(), v.string()]), result: user },
    'forum.find': {
      args: v.tuple([v.pipe(v.string(), v.toLowerCase())]),
      kwargs: v.object({ limit: v.optional(v.number(), 10) }),
    },
    'forum.anything': {},
  },
  topics: { 'forum.user.online': { args: v.tuple([user]), kwargs: v.object({ at: v.number() }) } },
});

const issuesOf = (what: Promise<unknown>) =>
  what.then(
    () => [],
    (error: WampError) => [error.uri, error.message, error.kwargs['issues']],
  );

describe('arguments that do not fit', () => {
  const wrong = [
    'wamp.error.invalid_argument',
    expect.stringMatching(/^wamp\.error\.invalid_argument: the arguments of forum\.login at 1: Invalid type: /),
    [{ message: expect.stringContaining('Expected string'), path: [1] }],
  ];

  test('never leave a caller that has the contract', async () => {
    await using site = testRouter();
    const [callee, plain] = await Promise.all([site.connect(), site.connect()]);
    let called = 0;
    await callee.register('forum.login', () => ({ name: String(++called) }));
    const caller = forum.bind(plain);
    expect(await issuesOf(caller.call('forum.login', ['alice', 5 as unknown as string]))).toEqual(wrong);
    const user = await caller.call('forum.login', ['alice', 's3cret']);
    expectTypeOf(user).toEqualTypeOf<{ name: string }>();
    expect(user).toEqual({ name: '1' });
  });

  test('never reach the handler of a callee that has it', async () => {
    await using site = testRouter();
    const [plain, caller] = await Promise.all([site.connect(), site.connect()]);
    const callee = forum.bind(plain);
    await callee.register('forum.login', ([name]) => ({ name }));
    expect(await issuesOf(caller.call('forum.login', ['alice', 5]))).toEqual(wrong);
    expect(await issuesOf(caller.call('forum.login', ['alice']))).toMatchObject([
      wrong[0],
      expect.stringContaining('at 1'),
      [{ path: [1] }],
    ]);
    expect(await caller.call('forum.login', ['alice', 's3cret'])).toEqual({ name: 'alice' });
  });

  test('go for keyword arguments too; what fits arrives as the schema makes it', async () => {
    await using site = testRouter();
    const [plain, caller] = await Promise.all([site.connect(), site.connect()]);
    await forum.bind(plain).register('forum.find', ([text], { kwargs, procedure, signal }) => {
      expectTypeOf(kwargs).toEqualTypeOf<{ limit: number }>();
      return [text, kwargs.limit, procedure, signal.aborted];
    });
    expect(await caller.call('forum.find', ['ALICE'])).toEqual(['alice', 10, 'forum.find', false]);
    expect(await issuesOf(caller.call('forum.find', ['x'], { kwargs: { limit: 'many' } }))).toMatchObject([
      'wamp.error.invalid_argument',
      expect.stringContaining('the keyword arguments of forum.find at limit'),
      [{ path: ['limit'] }],
    ]);
  });

  test('are not published', async () => {
    await using site = testRouter();
    const publisher = forum.bind(await site.connect());
    const publish = publisher.publish('forum.user.online', [{} as { name: string }], { kwargs: { at: 1 } });
    expect(await issuesOf(publish)).toMatchObject([
      'wamp.error.invalid_argument',
      expect.stringContaining('the arguments of forum.user.online at 0.name'),
      [{ path: [0, 'name'] }],
    ]);
  });
});

describe('what comes back or in and does not fit', () => {
  test('a result is a ContractError for the caller', async () => {
    await using site = testRouter();
    const [callee, plain] = await Promise.all([site.connect(), site.connect()]);
    await callee.register('forum.login', () => ({ name: 5 }));
    const error = await forum
      .bind(plain)
      .call('forum.login', ['alice', 'x'])
      .catch((reason: ContractError) => reason);
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ code: 'contract', issues: [{ path: ['name'] }] });
  });

  test('a result is looked at once it is there, also when what is waited for is no Promise', async () => {
    await using site = testRouter();
    const [callee, caller] = await Promise.all([site.connect(), site.connect()]);
    const handler = forum.procedure('forum.login', ([name]) => ({
      // oxlint-disable-next-line unicorn/no-thenable
      then: (resolve: (value: unknown) => void) => resolve({ name }),
    }));
    await callee.register('forum.login', handler);
    expect(await caller.call('forum.login', ['alice', 's3cret'])).toEqual({ name: 'alice' });
  });

  test('a result of the callee itself is its own mistake: told here, and a runtime_error there', async () => {
    await using site = testRouter();
    const [plain, caller] = await Promise.all([site.connect(), site.connect()]);
    const told = new Promise<Error>((resolve) => void plain.on('error', resolve));
    await forum.bind(plain).register('forum.login', async () => ({}) as { name: string });
    await expect(caller.call('forum.login', ['alice', 'x'])).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
    expect(await told).toBeInstanceOf(ContractError);
  });

  test('an event is told as an error, and not to the handler', async () => {
    await using site = testRouter();
    const [plain, publisher] = await Promise.all([site.connect(), site.connect()]);
    const told = new Promise<Error>((resolve) => void plain.on('error', resolve));
    const heard = new Promise((resolve) => {
      void forum.bind(plain).subscribe('forum.user.online', ([{ name }], { kwargs, topic }) => {
        expectTypeOf(kwargs).toEqualTypeOf<{ at: number }>();
        resolve([name, kwargs.at, topic]);
      });
    });
    await publisher.publish('forum.user.online', [{ name: 7 }], { kwargs: { at: 1 } });
    await publisher.publish('forum.user.online', [{ name: 'x' }], { kwargs: {} });
    await publisher.publish('forum.user.online', [{ name: 'alice' }], { kwargs: { at: 1 } });
    expect(await heard).toEqual(['alice', 1, 'forum.user.online']);
    expect((await told).message).toMatch(/^the event of forum\.user\.online at 0\.name: /);
  });
});

describe('events that are iterated over', () => {
  const published: readonly (readonly [args: unknown[], kwargs: object])[] = [
    [[{ name: 7 }], { at: 1 }],
    [[{ name: 'alice' }], { at: 1 }],
    [[{ name: 'x' }], {}],
    [[], { at: 3 }],
    [[{ name: 'bob', more: true }], { at: 2 }],
  ];
  const stage = async (contract: typeof forum) => {
    const site = testRouter();
    const [plain, publisher] = await Promise.all([site.connect(), site.connect()]);
    const told: Error[] = [];
    plain.on('error', (error) => told.push(error));
    const subscription = await contract.bind(plain).subscribe('forum.user.online');
    const publish = async () => {
      for (const [args, kwargs] of published)
        await publisher.publish('forum.user.online', args, { kwargs: kwargs as {}, acknowledge: true });
    };
    return { site, plain, subscription, publish, told };
  };

  test('are told as errors in their turn, and left out, when they do not fit', async () => {
    const { site, subscription, publish, told } = await stage(forum);
    await publish();
    const seen: unknown[] = [];
    for await (const [[user], event] of subscription.entries()) {
      seen.push([user, event.kwargs, event.topic, told.length]);
      if (seen.length === 2) break;
    }
    // What the schema makes of it, not what came.
    expect(seen).toEqual([
      [{ name: 'alice' }, { at: 1 }, 'forum.user.online', 1],
      [{ name: 'bob' }, { at: 2 }, 'forum.user.online', 3],
    ]);
    expect(told.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the event of forum\.user\.online at 0\.name: /),
      expect.stringMatching(/^the keyword arguments of the event of forum\.user\.online at at: /),
      expect.stringMatching(/^the event of forum\.user\.online at 0: /),
    ]);
    expect(told.every((error) => error instanceof ContractError)).toBe(true);
    await site.close();
  });

  test('are so by the shorter loop, too, which ends with the subscription and with the client', async () => {
    const { site, plain, subscription, publish, told } = await stage(forum);
    await publish();
    const names: unknown[] = [];
    for await (const [user] of subscription) {
      names.push(user.name);
      if (user.name === 'bob') await subscription.unsubscribe();
    }
    expect(names).toEqual(['alice', 'bob']);
    expect(told).toHaveLength(3);
    const other = await forum.bind(plain).subscribe('forum.user.online');
    const next = other.entries().next();
    await plain.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await site.close();
  });

  test('leave what is in no contract alone, and what has a handler', async () => {
    const { site, plain, told } = await stage(forum);
    const typed = forum.bind(plain);
    const free = await plain.subscribe('forum.free');
    const handled = await typed.subscribe('forum.user.online', () => {});
    expect(() => handled.entries()).toThrow(/has a handler/);
    await plain.publish('forum.free', [7], { excludeMe: false, acknowledge: true });
    expect((await free.entries().next()).value?.[0]).toEqual([7]);
    expect(told).toEqual([]);
    await site.close();
  });
});

describe('a client with a contract', () => {
  test('comes from the option of connect, and is a client like any other', async () => {
    await using site = testRouter();
    await using client = await connect(memory(site.router), { contract: forum, retry: false });
    expect(client).toBeInstanceOf(Client);
    expect(client.session?.realm).toBe('realm1');
    expect(client.close).toBe(client.close);
    await client.register('forum.anything', (args) => args.length);
    expect(await client.call('forum.anything', [1, 2])).toBe(2);
    expect(await client.call('wamp.session.count')).toBe(1);
  });

  test('keeps the order of calls when schemas answer at once, and waits for those that do not', async () => {
    const slow: StandardSchema<[string]> = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as [string] }) },
    };
    const contract = defineContract({ procedures: { slow: { args: slow }, fast: { args: v.tuple([v.string()]) } } });
    await using site = testRouter();
    const order: string[] = [];
    const client = contract.bind(await site.connect());
    const note = ([name]: readonly string[]): void => void order.push(name ?? '');
    await Promise.all([client.register('slow', note), client.register('fast', note)]);
    await Promise.all([
      client.call('slow', ['slow']),
      client.call('fast', ['first']),
      client.call('fast', ['second']),
      site.connect().then((plain) => plain.call('fast', ['third'])),
    ]);
    expect(order.filter((name) => name !== 'slow').slice(0, 2)).toEqual(['first', 'second']);
    expect(order).toContain('slow');
  });
});

test('a handler that is no function is refused, as it is without a contract', async () => {
  await using site = testRouter();
  const client = forum.bind(await site.connect());
  const handler = { match: 'prefix' } as never;
  for (const refused of [client.register('forum.login', handler), client.subscribe('forum.user.online', handler)])
    await expect(refused).rejects.toThrow('expected a function, got {"match":"prefix"}');
});

test('options of registrations and subscriptions go through, as do parts of results and iteration', async () => {
  const contract = defineContract({
    procedures: { 'count.to': { args: v.tuple([v.number()]), kwargs: v.object({ from: v.optional(v.number(), 1) }) } },
    topics: { 'news.sport': { args: v.tuple([v.string()]) } },
  });
  await using site = testRouter();
  const [typed, plain] = [contract.bind(await site.connect()), await site.connect()];
  await typed.register(
    'count.to',
    ([end], { kwargs, progress }) => {
      for (let value = kwargs.from; value <= end; value++) progress(value);
    },
    { concurrency: 1 },
  );
  const parts: unknown[] = [];
  for await (const part of plain.stream('count.to', [3])) parts.push(part);
  expect(parts).toEqual([1, 2, 3]);
  const news = await typed.subscribe('news.sport', undefined, { queue: { max: 1 } });
  await plain.publish('news.sport', ['3 : 2'], { acknowledge: true });
  for await (const [score] of news) {
    expect(score).toBe('3 : 2');
    break;
  }
});

test('a stream is checked as a call is, but for its parts', async () => {
  await using site = testRouter();
  const [callee, plain] = await Promise.all([site.connect(), site.connect()]);
  const caller = forum.bind(plain);
  let called = 0;
  await callee.register('forum.login', async function* ([name]) {
    called++;
    yield 'asking';
    return name === 'nobody' ? name : { name };
  });
  const wrong = caller.stream('forum.login', ['alice', 5 as unknown as string]);
  expect((await issuesOf(wrong.result))[0]).toBe('wamp.error.invalid_argument');
  await expect(wrong[Symbol.asyncIterator]().next()).rejects.toThrow('the arguments of forum.login at 1');
  expect(called).toBe(0);
  await expect(caller.stream('forum.login', ['nobody', 's3cret']).result).rejects.toThrow(ContractError);
  const right = caller.stream('forum.login', ['alice', 's3cret']);
  const parts = [];
  for await (const part of right) parts.push(part);
  expect([parts, await right.result]).toEqual([['asking'], { name: 'alice' }]);
});

test('an app with a contract checks what it offers and what it calls', async () => {
  const app = new App({ contract: forum });
  app.procedure('forum.login', ([name]) => ({ name }));
  app.procedure('forum.anything', () => app.client.call('forum.login', ['a', 5 as unknown as string]));
  await using site = await testApp(app);
  expect(await site.client.call('forum.login', ['alice', 'x'])).toEqual({ name: 'alice' });
  expect((await issuesOf(site.client.call('forum.login', [1, 2])))[0]).toBe('wamp.error.invalid_argument');
  expect((await issuesOf(site.client.call('forum.anything')))[0]).toBe('wamp.error.invalid_argument');
});
