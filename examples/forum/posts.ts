// Keeps what was posted and tells everybody. Run by main.ts, or by hand: npx tsx examples/forum/posts.ts
import { randomUUID } from 'node:crypto';
import { WampError } from 'rocade';
import { runService } from './service.ts';
import { MAX_TEXT, type Post } from './types.ts';
import { whoIs } from './who-is.ts';

const MAX_POSTS = 200;

const posts: Post[] = [
  {
    id: randomUUID(),
    author: 'forum',
    text: 'Welcome! Open this page in a second window, log in there, and watch this one.',
    time: Date.now(),
  },
];

await runService('posts', async (client) => {
  await client.register('forum.posts.list', () => posts);

  await client.register('forum.posts.add', async ([token, text]) => {
    const author = await whoIs(client, token);
    const post: Post = { id: randomUUID(), author, text: checked(text), time: Date.now() };
    posts.push(post);
    if (posts.length > MAX_POSTS) posts.shift();
    void client.publish('forum.posts.added', [post]);
    return post;
  });
});

function checked(text: unknown): string {
  const trimmed = typeof text === 'string' ? text.trim() : '';
  if (trimmed === '')
    throw new WampError('forum.error.bad_post', ['There is nothing in this post. Write something first.']);
  if (trimmed.length > MAX_TEXT) {
    throw new WampError('forum.error.bad_post', [
      `This post is too long: ${trimmed.length} of ${MAX_TEXT} characters.`,
    ]);
  }
  return trimmed;
}
