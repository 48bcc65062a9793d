import { AbortedError, type Client, connect, errorUris } from 'rocade';
import { wampcra } from 'rocade/auth';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Login, Post } from '../../examples/forum/types.ts';
import { ForumSite } from './forum-site.ts';

const site = new ForumSite();
/** Two windows, as far as the services can tell. */
let alice: Client;
let other: Client;

beforeAll(() => site.start());
afterAll(async () => expect(await site.stop()).toBe(0));
beforeEach(async () => {
  [alice, other] = await Promise.all([connect(site.url), connect(site.url)]);
});
afterEach(async () => {
  await Promise.all([alice.close(), other.close()]);
});

/** As the page does it: in a session of its own. */
async function login(name = 'alice', secret = 'wonderland'): Promise<Login> {
  await using member = await connect(site.url, { auth: [wampcra({ authid: name, secret })], retry: false });
  return await member.call<Login>('forum.login');
}

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

/** Says whose window this is. */
const stay = (client: Client, { token }: Login) => client.call('forum.online.here', [token]);

describe('the login service', () => {
  test('gives who knows the password a token that says who it is', async () => {
    const { name, token } = await login();
    expect(name).toBe('alice');
    const { author } = await other.call<Post>('forum.posts.add', [token, 'it is me']);
    expect(author).toBe('alice');
  });

  test.each([
    ['a wrong password', 'alice', 'looking glass'],
    ['an unknown name', 'mallory', 'wonderland'],
  ])('refuses %s, and does not say which of the two it is', async (_what, name, secret) => {
    const error = await login(name, secret).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AbortedError);
    expect(error).toMatchObject({ uri: errorUris.authenticationFailed });
  });

  test('knows a token until its window logs out', async () => {
    const { token } = await login();
    await alice.call('forum.logout', [token]);
    await expect(stay(alice, { name: 'alice', token })).rejects.toMatchObject({ uri: 'forum.error.not_logged_in' });
  });

  test.each(['forum.login', 'forum.authenticate', 'forum.whois', 'forum.posts.remove'])(
    'does not answer %s to those who have only opened the page',
    async (procedure) => {
      await expect(alice.call(procedure, [])).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    },
  );

  test('is nobody that a page could pretend to be', async () => {
    await expect(alice.register('forum.fake', () => 1)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    await expect(alice.publish('forum.user.online', ['mallory'], { acknowledge: true })).rejects.toMatchObject({
      uri: 'wamp.error.not_authorized',
    });
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
    const { token } = await login('bob', 'builder');
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
    await stay(alice, await login('carol', 'christmas'));
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

describe('the archive', () => {
  test('gives all posts as one text, and says meanwhile how far it is', async () => {
    const { token } = await login();
    await alice.call('forum.posts.add', [token, 'for the archive']);
    const archive = other.stream('forum.archive');
    const parts: unknown[] = [];
    for await (const part of archive) parts.push(part);
    const of = parts.length;
    expect(parts).toEqual(Array.from({ length: of }, (_, index) => ({ done: index + 1, of })));
    expect(await archive.result).toMatch(/ alice: for the archive$/);
  });
});

describe('a service that was killed', () => {
  test('is missed by its callers, not by the rest of the site, and comes back by itself', async () => {
    const { token } = await login();
    const told = await event('forum.service.up', (name) => name === 'login');
    const starts = site.starts('login');
    process.kill(await site.pid('login'), 'SIGKILL');
    expect(await alice.call('forum.posts.list')).not.toHaveLength(0);
    expect(await told.come).toBe('login');
    await site.ready('login', starts + 1);
    expect(await login()).toMatchObject({ name: 'alice' });
    // Its tokens are forgotten.
    await expect(stay(alice, { name: 'alice', token })).rejects.toMatchObject({ uri: 'forum.error.not_logged_in' });
  });

  test('has said who it is to those that ask, for as long as it is away', async () => {
    const { token } = await login();
    await site.killService('login');
    await expect(login()).rejects.toMatchObject({ uri: errorUris.unavailable });
    await expect(alice.call('forum.posts.add', [token, 'hello'])).rejects.toMatchObject({
      uri: 'forum.error.unavailable',
      args: ['The login service is not running, so nobody can tell who you are.'],
    });
    await site.startService('login');
    expect(await login()).toMatchObject({ name: 'alice' });
  });

  test('has lost no post that it had answered', async () => {
    const { token } = await login();
    const post = await alice.call<Post>('forum.posts.add', [token, 'remember me']);
    const starts = site.starts('posts');
    process.kill(await site.pid('posts'), 'SIGKILL');
    await site.ready('posts', starts + 1);
    expect(await other.call<Post[]>('forum.posts.list')).toContainEqual(post);
  });
});

describe('the moderator', () => {
  test('runs, or is left out with a line that says why', async () => {
    const line = await site.until(
      () =>
        site.entries.find(
          ({ process: name, msg }) =>
            name === 'moderator' && /^(?:reading along$|There is no moderator|left out)/.test(msg ?? ''),
        )?.msg,
    );
    if (line !== 'reading along') return;
    const { token } = await login();
    const removed = await event('forum.posts.removed');
    const { id } = await alice.call<Post>('forum.posts.add', [token, 'buy SPAM now']);
    expect(await removed.come).toBe(id);
    expect((await other.call<Post[]>('forum.posts.list')).map((post) => post.id)).not.toContain(id);
  });
});
