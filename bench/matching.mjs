// What matching costs a publish: nanoseconds for finding the subscriptions of a topic among 1,000 and among 100,000
// (60 % exact, 30 % prefix, 10 % wildcard), and the share that has to do with their number.
// Needs tsx, as the index is not part of the package's surface: npx tsx bench/matching.mjs
import { UriIndex } from '../src/router/uri-index.ts';

const WORDS = ['com', 'org', 'shop', 'chat', 'room', 'user', 'order', 'price', 'sensor', 'state', 'on_change', 'alert'];
let seed = 1;
const random = () => {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
};
const word = () => WORDS[Math.floor(random() * WORDS.length)];
const topic = () =>
  [word(), word(), `x${Math.floor(random() * 5000)}`, word(), `y${Math.floor(random() * 50)}`].join('.');

/** @returns {[uri: string, match: 'exact' | 'prefix' | 'wildcard']} */
function subscriptionOf(kind) {
  const parts = topic().split('.');
  if (kind < 0.6) return [parts.join('.'), 'exact'];
  if (kind < 0.9)
    return [parts.slice(0, 2 + Math.floor(random() * 3)).join('.') + (random() < 0.5 ? '.' : ''), 'prefix'];
  return [parts.map((part, index) => (index > 0 && random() < 0.3 ? '' : part)).join('.'), 'wildcard'];
}

function measure(count) {
  const index = new UriIndex();
  for (let i = 0; i < count; i++) {
    const [uri, match] = subscriptionOf(random());
    index.set(uri, match, i);
  }
  const topics = Array.from({ length: 20_000 }, topic);
  let matches = 0;
  const round = () => {
    for (const one of topics) index.forEachMatch(one, () => void matches++);
  };
  round();
  matches = 0;
  const times = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    round();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / topics.length;
  }).sort((a, b) => a - b);
  return { ns: times[3], matches: matches / 7 / topics.length };
}

console.log('| subscriptions | ns per publish | matches per publish |\n| --: | --: | --: |');
const [few, many] = [1000, 100_000].map((count) => {
  const { ns, matches } = measure(count);
  console.log(`| ${count.toLocaleString('en')} | ${Math.round(ns)} | ${matches.toFixed(2)} |`);
  return ns;
});
console.log(`\n100,000 cost ${(many / few).toFixed(2)} times what 1,000 do.`);
