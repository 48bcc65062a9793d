// What a subscriber that stands still costs the router and the others: one of two is stopped (SIGSTOP) while 50 MB a
// second are published to both. Prints the router's memory over time and what the other one got.
//
//   npm run build && node bench/slow-subscriber.mjs [--policy drop|disconnect] [--seconds S] [--mb-per-second M]
import { parseArgs } from 'node:util';
import { connect } from '../dist/index.js';
import { startRouter } from '../dist/node/index.js';
import { play, residentBytes } from './lib/fleet.mjs';

const QUEUE_MB = 16;
/** Until the router's memory has levelled off. */
const WARM_UP_SECONDS = 10;
const EVENT_BYTES = 50_000;
const TOPIC = 'com.example.ticks';
const mb = (octets) => Math.round(octets / 1024 / 1024);

const roles = {
  async router(policy) {
    const { url, router } = await startRouter({
      listen: 'ws://127.0.0.1:0',
      slowSubscribers: policy,
      limits: { maxQueuedBytes: QUEUE_MB * 1024 * 1024 },
    });
    process.on('message', () => process.send({ stats: router.stats }));
    process.send({ url });
  },
  async subscriber(url) {
    const client = await connect(url, { retry: false });
    let count = 0;
    await client.subscribe(TOPIC, () => void count++);
    process.on('message', () => process.send({ count }));
    process.send({ ready: true });
  },
};

await play(import.meta.url, roles, main);

async function main({ start, ask }) {
  const { values } = parseArgs({
    options: {
      policy: { type: 'string', default: 'drop' },
      seconds: { type: 'string', default: '6' },
      'mb-per-second': { type: 'string', default: '50' },
    },
  });
  const router = await start('router', values.policy);
  const { url } = router.told;
  const [slow, healthy] = [await start('subscriber', url), await start('subscriber', url)];
  const publisher = await connect(url, { retry: false });
  const memory = () => residentBytes(router.child.pid);
  const perTick = Math.round((Number(values['mb-per-second']) * 1_000_000) / EVENT_BYTES / 50);
  const payload = 'x'.repeat(EVENT_BYTES);
  let published = 0;
  const publish = async (seconds) => {
    const peak = { rss: memory() };
    const begun = performance.now();
    for (let tick = 1; tick <= seconds * 50; tick++) {
      // By the clock: timers that are each a little late would add up to a lower rate.
      const next = new Promise((resolve) => void setTimeout(resolve, begun + tick * 20 - performance.now()));
      for (let n = 0; n < perTick; n++) void publisher.publish(TOPIC, [payload]);
      published += perTick;
      // Waits for the router, so that nothing piles up on this side.
      await Promise.all([next, publisher.call('wamp.session.count')]);
      peak.rss = Math.max(peak.rss, memory());
    }
    return peak.rss;
  };
  const warm = await publish(WARM_UP_SECONDS);
  const delivered = await ask(healthy);
  slow.child.kill('SIGSTOP');
  const before = published;
  const started = performance.now();
  const peak = await publish(Number(values.seconds));
  const took = (performance.now() - started) / 1000;
  const sent = published - before;
  let { count } = await ask(healthy);
  while (count < published) {
    await new Promise((resolve) => void setTimeout(resolve, 50));
    ({ count } = await ask(healthy));
  }
  const { stats } = await ask(router);
  const megabytes = (sent * EVENT_BYTES) / 1_000_000;
  const rate = (megabytes / took).toFixed(1);
  console.log(`policy ${values.policy}, queue ${QUEUE_MB} MB, ${megabytes} MB in ${took.toFixed(1)} s: ${rate} MB/s`);
  console.log(`router memory: ${mb(warm)} MB at most before, ${mb(peak)} MB while stopped: ${mb(peak - warm)} MB more`);
  console.log(`the other subscriber: ${count - delivered.count} of ${published - delivered.count} events`);
  console.log(`dropped ${stats.droppedEvents} events, over its queue's bound ${stats.limits.maxQueuedBytes} time(s)`);
  await publisher.close();
}
