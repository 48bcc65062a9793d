// What 1,000 and 100,000 subscriptions (60 % exact, 30 % prefix, 10 % wildcard) cost a publish, in nanoseconds of CPU: all
// that the router does for one, from the frame that comes to the frames that leave, without sockets; and, as a part of
// that, finding the subscriptions. Of nine rounds over 20,000 topics the least disturbed one counts.
//
// In the same world of topics a hundred times the subscriptions also match more often; each match has to be found and
// told. So there is a third row, for a world that has grown with its subscriptions.
//
// Needs tsx, as the index is not part of the package's surface: npx tsx bench/matching.mjs
import { Router } from '../src/router/index.ts';
import { UriIndex } from '../src/router/uri-index.ts';
import { jsonWire } from '../src/serializers/index.ts';
import { framed } from '../src/transports/index.ts';

const WORDS = ['com', 'org', 'shop', 'chat', 'room', 'user', 'order', 'price', 'sensor', 'state', 'on_change', 'alert'];
const ROUNDS = 9;
let seed = 1;
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};
const word = (size) => WORDS[Math.floor(random() * WORDS.length)] + (size > 1 ? Math.floor(random() * size) : '');
const topic = (size) =>
  [word(size), word(1), `x${Math.floor(random() * 5000)}`, word(1), `y${Math.floor(random() * 50)}`].join('.');

/** @returns {[uri: string, match: 'exact' | 'prefix' | 'wildcard']} */
function subscriptionOf(kind, size) {
  const parts = topic(size).split('.');
  if (kind < 0.6) return [parts.join('.'), 'exact'];
  if (kind < 0.9)
    return [parts.slice(0, 2 + Math.floor(random() * 3)).join('.') + (random() < 0.5 ? '.' : ''), 'prefix'];
  return [parts.map((part, index) => (index > 0 && random() < 0.3 ? '' : part)).join('.'), 'wildcard'];
}

/** A session whose frames go nowhere. */
function join(router) {
  const session = { receive: (_frame) => {}, sent: 0 };
  const transport = {
    open: ({ frame }) => {
      session.receive = frame;
    },
    send: () => void session.sent++,
    close() {},
    bufferedAmount: 0,
  };
  router.accept(framed(transport, jsonWire()));
  session.receive('[1,"realm1",{"roles":{"publisher":{},"subscriber":{}}}]');
  return session;
}

/** CPU nanoseconds of `work` for each of the topics, when it is disturbed least. */
function nsPerTopic(topics, work) {
  for (const one of topics) work(one);
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (const one of topics) work(one);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / topics.length;
  });
  return Math.min(...times);
}

/** @param {number} size how many times as many topics the world has */
function measure(count, size) {
  const index = new UriIndex();
  const router = new Router({ limits: { maxSubscriptions: count } });
  const [publisher, subscriber] = [join(router), join(router)];
  for (let i = 0; i < count; i++) {
    const [uri, match] = subscriptionOf(random(), size);
    index.set(uri, match, i);
    subscriber.receive(`[32,${i + 1},{"match":"${match}"},"${uri}"]`);
  }
  const topics = Array.from({ length: 20_000 }, () => topic(size));
  let request = 0;
  subscriber.sent = 0;
  const publish = nsPerTopic(topics, (one) => publisher.receive(`[16,${++request},{},"${one}",[1,"event"]]`));
  const matches = subscriber.sent / request;
  const find = nsPerTopic(topics, (one) => index.forEachMatch(one, () => {}));
  return { publish, find, matches };
}

console.log(
  '| subscriptions | topics | events per publish | ns per publish | against 1,000 | of that, finding | against 1,000 |',
);
console.log('| --: | --- | --: | --: | --: | --: | --: |');
let few;
for (const [count, size, world] of [
  [1000, 1, 'a world of them'],
  [100_000, 1, 'the same world'],
  [100_000, 100, 'a hundred times as many'],
]) {
  const { publish, find, matches } = measure(count, size);
  few ??= { publish, find };
  const cells = [
    count.toLocaleString('en'),
    world,
    matches.toFixed(2),
    Math.round(publish),
    (publish / few.publish).toFixed(2),
    Math.round(find),
    (find / few.find).toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
