import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Client, connect, WampError } from 'rocade';
import { type RunningRouter, startRouter } from 'rocade/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ready, SERVICES, type ServiceName, spawnService, stopService } from '../../examples/forum/processes.ts';
import type { Login, Post } from '../../examples/forum/types.ts';

let router: RunningRouter;
const services = new Map<ServiceName, ChildProcess>();
/** Two windows, as far as the services can tell. */
let alice: Client;
let other: Client;

async function start(name: ServiceName): Promise<void> {
  const child = spawnService(name, router.url);
  services.set(name, child);
  await ready(child);
}

beforeAll(async () => {
  // So that a window which vanishes is missed soon.
  vi.stubEnv('ROLL_CALL_MS', '100');
  router = await startRouter({ listen: 'ws://127.0.0.1:0' });
  await Promise.all(SERVICES.map(start));
});
afterAll(async () => {
  await Promise.all([...services.values()].map(stopService));
  await router.close();
  expect([...services.values()].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});
beforeEach(async () => {
  [alice, other] = await Promise.all([connect(router.url), connect(router.url)]);
});
afterEach(async () => {
  await Promise.all([alice.close(), other.close()]);
});

const login = (client = alice, name = 'alice', password = 'wonderland') =>
  client.call<Login>('forum.login', [name, password]);

/** The first event of a topic that `wanted` accepts. */
async function event(
  topic: string,
  wanted: (value: unknown) => boolean = () => true,
): Promise<{ come: Promise<unknown> }> {
  let got = (_value: unknown): void => {};
  const come = new Promise((resolve) => {
    got = resolve;
  });
  await other.subscribe(topic, ([value]) => {
    if (wanted(value)) got(value);
  });
  return { come };
}

/** Answers the roll call, as a window does. */
async function stay(client: Client, { token }: Login): Promise<void> {
  await client.subscribe('forum.online.roll_call', () => client.call('forum.online.here', [token]));
  await client.call('forum.online.here', [token]);
}

describe('the login service', () => {
  test('answers the right password with a token that says who it is', async () => {
    const { name, token } = await login();
    expect(name).toBe('alice');
    expect(await other.call('forum.whois', [token])).toBe('alice');
  });

  test.each([
    ['a wrong password', ['alice', 'looking glass']],
    ['an unknown name', ['mallory', 'wonderland']],
    ['no password', ['alice']],
    ['nothing', []],
    ['no name, as if nobody had no password', [undefined, undefined]],
    ['things that are no text', [{ name: 'alice' }, ['wonderland']]],
  ])('refuses %s with an error of its own and a sentence for people', async (_what, args) => {
    const error = await alice.call('forum.login', args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({
      uri: 'forum.error.wrong_password',
      args: ['This name and this password do not belong together.'],
    });
  });

  test('knows a token until its window logs out', async () => {
    const { token } = await login();
    await alice.call('forum.logout', [token]);
    await expect(alice.call('forum.whois', [token])).rejects.toMatchObject({ uri: 'forum.error.not_logged_in' });
  });
});

describe('the posts service', () => {
  test('tells everybody of a post, word for word, and gives it to those who come later', async () => {
    const text = '<b onclick="alert(1)">bold</b> & 🎉 "quoted"\nsecond line';
    const { token } = await login();
    const told = await event('forum.posts.added');
    const post = await alice.call<Post>('forum.posts.add', [token, `  ${text}\n`]);
    expect(post).toMatchObject({ author: 'alice', text });
    expect(await told.come).toEqual(post);
    expect((await other.call<Post[]>('forum.posts.list')).at(-1)).toEqual(post);
  });

  test('takes the name from the token, not from the page', async () => {
    const { token } = await login(alice, 'bob', 'builder');
    const { author } = await alice.call<Post>('forum.posts.add', [token, 'hello', 'alice'], {
      kwargs: { author: 'alice' },
    });
    expect(author).toBe('bob');
  });

  test.each([
    ['nothing', undefined, 'There is nothing in this post. Write something first.'],
    ['only blanks', ' \n ', 'There is nothing in this post. Write something first.'],
    ['something that is no text', { html: '<b>' }, 'There is nothing in this post. Write something first.'],
    ['too much', 'x'.repeat(1001), 'This post is too long: 1001 of 1000 characters.'],
  ])('refuses %s', async (_what, text, sentence) => {
    const { token } = await login();
    await expect(alice.call('forum.posts.add', [token, text])).rejects.toMatchObject({
      uri: 'forum.error.bad_post',
      args: [sentence],
    });
  });

  test.each([
    ['no token', undefined],
    ['a made-up one', 'alice'],
  ])('refuses who comes with %s', async (_what, token) => {
    await expect(alice.call('forum.posts.add', [token, 'hello'])).rejects.toMatchObject({
      uri: 'forum.error.not_logged_in',
    });
  });
});

describe('the online service', () => {
  test('tells who comes, and that somebody has left only when the last window has', async () => {
    const [first, second] = [await login(), await login()];
    const [comes, leaves] = [await event('forum.user.online'), await event('forum.user.offline')];
    await stay(alice, first);
    await stay(other, second);
    expect(await comes.come).toBe('alice');
    expect(await other.call('forum.online.list')).toEqual(['alice']);

    await alice.call('forum.online.leave', [first.token]);
    expect(await other.call('forum.online.list')).toEqual(['alice']);
    await other.call('forum.online.leave', [second.token]);
    expect(await leaves.come).toBe('alice');
  });

  test('misses a window that has vanished without a word', async () => {
    const leaves = await event('forum.user.offline', (name) => name === 'carol');
    await stay(alice, await login(alice, 'carol', 'christmas'));
    expect(await other.call('forum.online.list')).toContain('carol');
    await alice.close();
    expect(await leaves.come).toBe('carol');
    expect(await other.call('forum.online.list')).not.toContain('carol');
  });

  test.each([
    ['no token', undefined],
    ['a made-up one', 'alice'],
  ])('does not believe who comes with %s', async (_what, token) => {
    await expect(alice.call('forum.online.here', [token])).rejects.toMatchObject({ uri: 'forum.error.not_logged_in' });
  });
});

describe('a service that was killed', () => {
  test('is missed by its callers, not by the rest of the site, and is back once it is started again', async () => {
    const { token } = await login();
    const victim = services.get('login')!;
    const dead = once(victim, 'exit');
    victim.kill('SIGKILL');
    await dead;
    // Which one depends on whether the router has heard of it already.
    await expect(login()).rejects.toMatchObject({
      uri: expect.stringMatching(/^wamp\.error\.(no_such_procedure|canceled)$/),
    });
    await expect(login()).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
    await expect(alice.call('forum.posts.add', [token, 'hello'])).rejects.toMatchObject({
      uri: 'forum.error.unavailable',
      args: ['The login service is not running, so nobody can tell who you are.'],
    });
    expect(await alice.call('forum.posts.list')).not.toHaveLength(0);

    const told = await event('forum.service.up');
    await start('login');
    expect(await told.come).toBe('login');
    expect(await login()).toMatchObject({ name: 'alice' });
    await expect(alice.call('forum.whois', [token])).rejects.toMatchObject({ uri: 'forum.error.not_logged_in' });
  });
});
