import { cpuNs } from './clock.mjs';

const post = (id) => ({
  id,
  author: { name: 'alice', id: 1000 + id, online: id % 2 === 0 },
  title: `A post with the number ${id}`,
  votes: [1.5, 2, 3, null, true],
});
const bytes = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31) & 255);
const mark = '\u0000';

/** The plain way to do the same, with the convention for binary values. */
const plainBinary = {
  stringify: (list) =>
    JSON.stringify(list, (_, value) =>
      value instanceof Uint8Array ? mark + Buffer.from(value).toString('base64') : value,
    ),
  parse: (text) =>
    JSON.parse(text, (_, value) =>
      typeof value === 'string' && value.startsWith(mark) ? Buffer.from(value.slice(1), 'base64') : value,
    ),
};

const event = {
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
    ...event,
    floor: JSON,
  },
  { name: 'EVENT, 64 KiB binary', list: [36, 5_512_315_355, 4_429_313_566, {}, [bytes]], ...event, floor: plainBinary },
];

/** Figures of the client's and the router's serializer; throws when they do not do the same as the plain way. */
export async function serializerRows({ json, jsonWire }, options) {
  const client = json();
  const router = jsonWire();
  const rows = [];
  for (const { name, list, message, passed, floor } of cases) {
    const text = floor.stringify(list);
    const args = list.at(-1);
    const wire = Buffer.from(text);
    // What comes off the wire is one flat string, not one that was joined together just now.
    const frame = wire.toString();
    for (const serializer of [client, router]) {
      if (serializer.encode(message(args)) !== text) throw new Error(`${name}: encoded differently`);
      const again = serializer.decode(frame)[0].payload.args;
      if (floor.stringify(again) !== floor.stringify(args)) throw new Error(`${name}: decoded differently`);
    }
    const [encode, stringify, decode, parse, head, pass, passPlain, toText] = await cpuNs(
      [
        () => client.encode(message(args)),
        () => floor.stringify(list),
        () => client.decode(frame)[0].payload.args,
        () => floor.parse(frame),
        () => router.decode(frame)[0],
        () => router.encode(passed(router.decode(frame)[0])),
        () => floor.stringify([68, 77, 5_512_315_355, {}, floor.parse(frame).at(-1)]),
        () => wire.toString(),
      ],
      options,
    );
    rows.push({ name, bytes: text.length, encode, stringify, decode, parse, head, pass, passPlain, text: toText });
  }
  return rows;
}
