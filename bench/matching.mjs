// What matching costs a publish: nanoseconds of CPU for finding the subscriptions of a topic among 1,000 and among 100,000
// (60 % exact, 30 % prefix, 10 % wildcard). Of nine rounds over 20,000 topics the least disturbed one counts.
//
// In the same world of topics a hundred times the subscriptions also match more often; each match has to be found and
// told. So there is a third row, for a world that has grown with its subscriptions.
//
// Needs tsx, as the index is not part of the package's surface: npx tsx bench/matching.mjs
import { UriIndex } from '../src/router/uri-index.ts';

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

/** @param {number} size how many times as many topics the world has */
function measure(count, size) {
  const index = new UriIndex();
  for (let i = 0; i < count; i++) {
    const [uri, match] = subscriptionOf(random(), size);
    index.set(uri, match, i);
  }
  const topics = Array.from({ length: 20_000 }, () => topic(size));
  let matches = 0;
  const round = () => {
    for (const one of topics) index.forEachMatch(one, () => void matches++);
  };
  round();
  matches = 0;
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    round();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / topics.length;
  });
  return { ns: Math.min(...times), matches: matches / ROUNDS / topics.length };
}

console.log('| subscriptions | topics | ns per publish | matches per publish | against 1,000 |');
console.log('| --: | --- | --: | --: | --: |');
let few = 0;
for (const [count, size, world] of [
  [1000, 1, 'a world of them'],
  [100_000, 1, 'the same world'],
  [100_000, 100, 'a hundred times as many'],
]) {
  const { ns, matches } = measure(count, size);
  few ||= ns;
  console.log(
    `| ${count.toLocaleString('en')} | ${world} | ${Math.round(ns)} | ${matches.toFixed(2)} | ${(ns / few).toFixed(2)} |`,
  );
}
