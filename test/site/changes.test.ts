import { connect } from 'rocade';
import { afterEach, expect, test } from 'vitest';
import { Site } from './site.ts';

let sites: Site[] = [];
afterEach(async () => {
  await Promise.all(sites.map((site) => site.remove()));
  sites = [];
});

function site(configuration: object, files: Readonly<Record<string, string>> = {}): Site {
  const made = new Site({ router: { listen: 'ws://127.0.0.1:0' }, ...configuration }, files);
  sites.push(made);
  return made;
}

test('a worker that is told to stop answers what it has been asked, and nothing more', async () => {
  const slow = `import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      export default (client) => client.register('slow', async () => {
        console.log('asked');
        while (!existsSync('go')) await delay(5);
        return 'answered';
      });`;
  const running = site({ processes: [{ type: 'worker', modules: './slow.mjs' }] }, { 'slow.mjs': slow }).start();
  await running.state('slow', 'ready');
  const client = await connect(await running.url(), { retry: false });
  const answer = client.call('slow');
  await running.said('slow', /^asked$/);
  const stopped = running.rocade('stop', 'slow');
  // Taken back, although it is still at work.
  while ((await client.call('wamp.registration.match', ['slow'])) !== null);
  running.write('go', '');
  expect(await answer).toBe('answered');
  expect((await stopped).output).toBe('slow: stopped.\n');
  await client.close();
});
