import { type RunningRouter, startRouter } from 'rocade/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Program } from './program.ts';

let router: RunningRouter;
let running: Program[] = [];

beforeAll(async () => {
  router = await startRouter({ listen: 'ws://127.0.0.1:0' });
});
afterAll(() => router.close());
afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
});

function start(name: string): Program {
  const program = new Program(`examples/article/${name}.mjs`, router.url);
  running.push(program);
  return program;
}

describe('the programs of the article', () => {
  test('publish reaches subscribe', async () => {
    const subscriber = start('subscribe');
    await subscriber.prints(/waiting for un_evenement\n/);
    expect(await start('publish').ended).toEqual({ code: 0, signal: null, output: 'published un_evenement\n' });
    await subscriber.prints(/un_evenement: Bonjour !\n/);
  });

  test('register answers call', async () => {
    await start('register').prints(/answering une_somme\n/);
    expect(await start('call').ended).toEqual({ code: 0, signal: null, output: '2 + 3 = 5\n' });
  });

  test('call fails, and says why, when nobody answers', async () => {
    const { code, output } = await start('call').ended;
    expect(code).toBe(1);
    expect(output).toContain("wamp.error.no_such_procedure: nobody has registered 'une_somme'");
  });
});
