// What a session that does nothing costs the router in memory: 10,000 of them over WebSocket, RawSocket or TLS, each with
// a subscription. The clients are in a process of their own.
//
//   npm run build && node bench/idle-sessions.mjs [--sessions N] [--transport ws|tcp]
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { connect } from '../dist/index.js';
import { rawSocket, startRouter } from '../dist/node/index.js';
import { play, residentBytes } from './lib/fleet.mjs';

const AT_ONCE = 100;

const roles = {
  async router(url) {
    const node = await startRouter({ listen: url });
    process.on('message', () => {
      for (let round = 0; round < 3; round++) globalThis.gc();
      const rss = residentBytes('self');
      process.send({ rss, heap: process.memoryUsage().heapUsed, sessions: node.router.stats.sessions });
    });
    process.send({ url: node.url });
  },
  async clients(url, count) {
    const open = url.startsWith('ws') ? overWebSocket : overRawSocket;
    for (let done = 0; done < Number(count); done += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, () => open(url)));
    }
    process.send({ ready: true });
  },
};

/** Octets enough: a client of this package would cost its process more than the router. */
async function overWebSocket(url) {
  const socket = new WebSocket(url, ['wamp.2.json']);
  await once(socket, 'open');
  socket.send('[1,"realm1",{"roles":{"subscriber":{},"caller":{}}}]');
  await once(socket, 'message');
  socket.send('[32,1,{},"com.example.topic"]');
  await once(socket, 'message');
}

const kept = [];
async function overRawSocket(url) {
  const client = await connect(rawSocket(url), { retry: false });
  await client.subscribe('com.example.topic', () => {});
  kept.push(client);
}

await play(import.meta.url, roles, main);

async function main({ start, ask }) {
  const { values } = parseArgs({
    options: { sessions: { type: 'string', default: '10000' }, transport: { type: 'string', default: 'ws' } },
  });
  const router = await start('router', `${values.transport}://127.0.0.1:0`);
  const { url } = router.told;
  // So that what is only loaded once does not count.
  await start('clients', url, '200');
  const before = await ask(router);
  const started = performance.now();
  await start('clients', url, values.sessions);
  const seconds = (performance.now() - started) / 1000;
  const after = await ask(router);
  const sessions = after.sessions - before.sessions;
  const each = (what) => `${((after[what] - before[what]) / sessions / 1000).toFixed(1)} kB`;
  console.log(`${sessions} idle sessions over ${values.transport}, joined in ${seconds.toFixed(1)} s`);
  console.log(`router memory per session: ${each('rss')} (RSS), ${each('heap')} of it on the heap`);
}
