// A task that takes its time: all posts as one text, with a word now and then on how far it is.
import { setTimeout as delay } from 'node:timers/promises';
import { service } from './service.ts';
import type { Post } from './types.ts';

/** What one post takes. A real archive would be bound up and printed. */
const EACH_MS = 10;

export default service('archive', async (client) => {
  await client.register('forum.archive', async function* (_args, { signal }) {
    const posts = await client.call<readonly Post[]>('forum.posts.list');
    const lines: string[] = [];
    for (const [index, { time, author, text }] of posts.entries()) {
      await delay(EACH_MS, undefined, { signal });
      lines.push(`${new Date(time).toISOString()} ${author}: ${text}`);
      yield { done: index + 1, of: posts.length };
    }
    return lines.join('\n');
  });
});
