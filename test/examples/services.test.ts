import { type Client, connect } from 'rocade';
import { type RunningRouter, startRouter } from 'rocade/node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Program } from './program.ts';

let router: RunningRouter;
let client: Client;
const running: Program[] = [];

beforeAll(async () => {
  router = await startRouter({ listen: 'ws://127.0.0.1:0' });
  client = await connect(router.url);
});
afterAll(async () => {
  await client.close();
  await router.close();
});
afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});

function start(...args: string[]): Program {
  const program = new Program('--import', 'tsx', ...args);
  running.push(program);
  return program;
}

/** Services say nothing when they are there; they answer. */
const answer = (procedure: string, args: readonly unknown[]): Promise<unknown> =>
  vi.waitFor(() => client.call<unknown>(procedure, args), { timeout: 30_000 });

describe('services as apps', () => {
  test('hello answers and listens, and Ctrl-C ends it', async () => {
    const hello = start('examples/app/hello.ts', router.url);
    expect(await answer('math.add', [2, 3])).toBe(5);
    await client.publish('un_evenement', ['Bonjour !'], { acknowledge: true });
    await hello.prints(/^Received event Bonjour !$/m);
    hello.kill('SIGINT');
    expect(await hello.ended).toMatchObject({ code: 0 });
  });

  test('a decorated class counts, and tells', async () => {
    const counter = start('examples/app/run-counter.ts', router.url);
    const changes: unknown[] = [];
    await client.subscribe('counter.changed', ([count]) => changes.push(count));
    expect(await answer('counter.add', [2])).toBe(2);
    await client.publish('counter.reset', [], { acknowledge: true });
    expect(await client.call('counter.add')).toBe(1);
    await vi.waitFor(() => expect(changes).toEqual([2, 1]));
    counter.kill('SIGTERM');
    expect(await counter.ended).toEqual({ code: 0, signal: null, output: 'counting\ncounted to 1\n' });
  });
});

describe('a router in a hono application', () => {
  test('answers HTTP and WAMP on one port, and HTTP by WAMP', async () => {
    const server = start('examples/hono/server.ts', '0');
    const [, http = '', wamp = ''] = await server.prints(/HTTP at (http:\S+), WAMP at (ws:\S+)\n/);
    await using visitor = await connect(wamp, { retry: false });
    const visited = new Promise((resolve) => void visitor.subscribe('site.visited', ([visits]) => resolve(visits)));
    await visitor.register('math.add', ([a, b]) => a + b);
    expect(await (await fetch(http)).text()).toContain('Visit number 1.');
    expect(await visited).toBe(1);
    expect(await visitor.call('site.visits')).toBe(1);
    expect(await (await fetch(`${http}/add/2/3`)).json()).toBe(5);
    await visitor.close();
    const failed = await fetch(`${http}/add/2/3`);
    expect([failed.status, await failed.text()]).toEqual([
      502,
      expect.stringMatching(/^wamp\.error\.no_such_procedure/),
    ]);
    const foreign = await fetch(http, { headers: { connection: 'close' } });
    await foreign.text();
    server.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});
