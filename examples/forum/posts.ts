// Keeps what was posted, in a database that outlives it, and tells everybody.
import Database from 'libsql';
import { randomUUID } from 'node:crypto';
import { WampError } from 'rocade';
import { service } from './service.ts';
import { MAX_TEXT, type Post } from './types.ts';
import { whoIs } from './who-is.ts';

const SHOWN = 200;

const database = new Database(process.env['FORUM_DATABASE'] ?? 'forum.db');
database.exec(`
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS posts (id TEXT PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT NULL)
`);
const newest = database.prepare(
  'SELECT id, author, text, time FROM (SELECT rowid AS place, * FROM posts ORDER BY place DESC LIMIT ?) ORDER BY place',
);
const insert = database.prepare('INSERT INTO posts (id, author, text, time) VALUES (?, ?, ?, ?)');
const remove = database.prepare('DELETE FROM posts WHERE id = ?');

if (list().length === 0) add('forum', 'Welcome! Open this page in a second window, log in there, and watch this one.');

export default service('posts', async (client) => {
  await client.register('forum.posts.list', () => list());

  await client.register('forum.posts.add', async ([token, text]) => {
    const author = await whoIs(client, token);
    // Kept before it is answered: whoever was told that it worked finds it again.
    const post = add(author, checked(text));
    void client.publish('forum.posts.added', [post]);
    return post;
  });

  // For the moderator: pages may not call it.
  await client.register('forum.posts.remove', ([id]) => {
    if (remove.run(id).changes > 0) void client.publish('forum.posts.removed', [id]);
  });
});

function list(): Post[] {
  return newest.all(SHOWN) as Post[];
}

function add(author: string, text: string): Post {
  const post: Post = { id: randomUUID(), author, text, time: Date.now() };
  insert.run(post.id, post.author, post.text, post.time);
  return post;
}

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
