import { connect } from 'rocade';
import { afterEach, expect, test } from 'vitest';
import { fences } from '../docs/fences.ts';
import { Site } from '../site/site.ts';
import { describeWithPeers } from './describe-peers.ts';
import { pythonCommand } from './foreign-clients.ts';

/** The fence of docs/services.md in this language; of the configurations, the one with a guest. */
function shown(language: string): string {
  const found = fences.find((fence) => fence.file === 'docs/services.md' && fence.language === language);
  if (!found) throw new Error(`docs/services.md has nothing in ${language}`);
  return found.code;
}

describeWithPeers('the service in Python that docs/services.md shows', () => {
  let site: Site | undefined;
  afterEach(() => site?.remove());

  test('runs as a guest, and answers', { timeout: 60_000 }, async () => {
    const { processes } = JSON.parse(shown('json')) as { processes: [{ arguments: string[] }] };
    const [guest] = processes;
    site = new Site(
      {
        router: { listen: 'ws://127.0.0.1:0' },
        processes: [{ ...guest, executable: pythonCommand }],
      },
      { [guest.arguments.at(-1) as string]: shown('python') },
    ).start();
    await site.state('shout', 'ready');
    const client = await connect(await site.url(), { retry: false });
    expect(await client.call('text.shout', ['hello'])).toBe('HELLO!');
    await client.close();
  });
});
