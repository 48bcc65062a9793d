import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { connect } from 'rocade';
import { memory } from 'rocade/memory';
import { acceptUpgrades } from 'rocade/node';
import { Router } from 'rocade/router';

// The router lives in the same process, and this program is one of its clients: no socket between them.
const router = new Router();
const client = await connect(memory(router));
let visits = 0;
await client.register('site.visits', () => visits);

const app = new Hono();
app.get('/', (context) => {
  visits++;
  void client.publish('site.visited', [visits]);
  return context.html(
    `<!doctype html><link rel="icon" href="data:,"><title>Visits</title><p>Visit number ${visits}.</p>`,
  );
});
// What HTTP asks, WAMP answers: any procedure, whoever registered it.
app.get('/add/:a{\\d+}/:b{\\d+}', async (context) => {
  const { a, b } = context.req.param();
  return context.json(await client.call<number>('math.add', [Number(a), Number(b)]));
});
app.onError((error, context) => context.text(error.message, 502));

const server = serve({ fetch: app.fetch, port: Number(process.argv[2] ?? 9000), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`HTTP at http://127.0.0.1:${port}, WAMP at ws://127.0.0.1:${port}`);
});
server.on('upgrade', acceptUpgrades(router));

async function stop(): Promise<void> {
  await client.close();
  await router.close();
  server.close();
}
process.once('SIGINT', () => void stop());
