// Nanoseconds of CPU per message for our JSON serializer, beside what JSON.parse and JSON.stringify alone would take.
//
//   node bench/micro.mjs [--rounds N] [--ms M] [--module path]

import { parseArgs } from 'node:util';
import { median } from './lib/report.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '150' },
    module: { type: 'string', default: '../dist/index.js' },
  },
});
const { json } = await import(new URL(flags.module, import.meta.url).href);
const serializer = json();

const post = (id) => ({
  id,
  author: { name: 'alice', id: 1000 + id, online: id % 2 === 0 },
  title: `A post with the number ${id}`,
  votes: [1.5, 2, 3, null, true],
});
const bytes = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31) & 255);
const mark = '\u0000';

/** The plain way to do the same, binary convention included. */
const plain = {
  encode: (list) =>
    JSON.stringify(list, (_, value) =>
      value instanceof Uint8Array ? mark + Buffer.from(value).toString('base64') : value,
    ),
  decode: (text) =>
    JSON.parse(text, (_, value) =>
      typeof value === 'string' && value.startsWith(mark) ? Buffer.from(value.slice(1), 'base64') : value,
    ),
};

const cases = [
  {
    name: 'CALL, two numbers',
    list: [48, 1234, {}, 'math.add', [2, 3]],
    message: (args) => ({ type: 'CALL', request: 1234, options: {}, procedure: 'math.add', payload: { args } }),
    passed: ({ payload }) => ({ type: 'INVOCATION', request: 77, registration: 5_512_315_355, details: {}, payload }),
    floor: JSON,
  },
  {
    name: 'EVENT, 1 KiB nested',
    list: [36, 5_512_315_355, 4_429_313_566, {}, [Array.from({ length: 9 }, (_, index) => post(index))]],
    message: (args) => ({
      type: 'EVENT',
      subscription: 5_512_315_355,
      publication: 4_429_313_566,
      details: {},
      payload: { args },
    }),
    passed: ({ payload }) => ({
      type: 'EVENT',
      subscription: 9_512_315_355,
      publication: 4_429_313_566,
      details: {},
      payload,
    }),
    floor: JSON,
  },
  {
    name: 'EVENT, 64 KiB binary',
    list: [36, 5_512_315_355, 4_429_313_566, {}, [bytes]],
    message: (args) => ({
      type: 'EVENT',
      subscription: 5_512_315_355,
      publication: 4_429_313_566,
      details: {},
      payload: { args },
    }),
    passed: ({ payload }) => ({
      type: 'EVENT',
      subscription: 9_512_315_355,
      publication: 4_429_313_566,
      details: {},
      payload,
    }),
    floor: { stringify: plain.encode, parse: plain.decode },
  },
];

let sink;

/** CPU nanoseconds of one run of `work`, as the median over the rounds. */
function time(work) {
  let times = 1;
  const batch = () => {
    const before = process.cpuUsage();
    for (let index = 0; index < times; index += 1) sink = work(index);
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1_000;
  };
  const target = Number(flags.ms) * 1e6;
  for (let spent = batch(); spent < target / 2; spent = batch()) times *= spent < target / 20 ? 4 : 2;
  return median(Array.from({ length: Number(flags.rounds) }, () => batch() / times));
}

const rows = [];
for (const { name, list, message, passed, floor } of cases) {
  const text = floor.stringify(list);
  const args = list.at(-1);
  // What a router gets off the wire is a string made of a buffer, not one that was joined together just now.
  const frame = Buffer.from(text).toString();
  const wire = Buffer.from(text);
  const check = serializer.encode(message(args));
  if (check !== text)
    throw new Error(`${name}: encoded differently\n${String(check).slice(0, 200)}\n${text.slice(0, 200)}`);
  const again = serializer.decode(frame)[0].payload.args;
  if (floor.stringify(again) !== floor.stringify(args)) throw new Error(`${name}: decoded differently`);

  rows.push({
    name,
    bytes: text.length,
    encode: time(() => serializer.encode(message(args))),
    stringify: time(() => floor.stringify(list)),
    decode: time(() => serializer.decode(frame)[0].payload.args),
    parse: time(() => floor.parse(frame)),
    head: time(() => serializer.decode(frame)[0]),
    pass: time(() => serializer.encode(passed(serializer.decode(frame)[0]))),
    passPlain: time(() => {
      const parsed = floor.parse(frame);
      return floor.stringify([68, 77, 5_512_315_355, {}, parsed.at(-1)]);
    }),
    text: time(() => wire.toString()),
  });
}
if (sink === undefined) throw new Error('nothing was measured');

const ns = (value) => Math.round(value).toLocaleString('en');
const against = (own, floor) => `${ns(own)} (${(own / floor).toFixed(2)}×)`;
console.log(
  '| message | octets | encode ns (× stringify) | decode all ns (× parse) | decode head ns | pass through a router ns (× parse and stringify) | buffer to text ns |',
);
console.log('| --- | --: | --: | --: | --: | --: | --: |');
for (const row of rows) {
  console.log(
    `| ${row.name} | ${ns(row.bytes)} | ${against(row.encode, row.stringify)} | ${against(row.decode, row.parse)} | ` +
      `${ns(row.head)} | ${against(row.pass, row.passPlain)} | ${ns(row.text)} |`,
  );
}
