// Clients on a transport that is not there: frames go in and out as text, so that what is measured is the client alone.

import { createRequire } from 'node:module';
import { cpuNs } from './clock.mjs';

const WELCOME =
  '[2,4711,{"realm":"realm1","roles":{"broker":{"features":{}},"dealer":{"features":{"call_canceling":true}}}}]';
const inFlight = 64;

/** What a router would answer: sessions, subscriptions and registrations are granted, calls wait for `results()`. */
class Wire {
  /** Set by the client's transport. @type {(text: string) => void} */
  deliver = () => {};
  sent = 0;
  #calls = [];

  receive(text) {
    this.sent += 1;
    const code = text.slice(1, text.indexOf(','));
    if (code === '1') this.#later(WELCOME);
    else if (code === '32') this.#later(`[33,${this.#request(text)},5512]`);
    else if (code === '64') this.#later(`[65,${this.#request(text)},6613]`);
    else if (code === '48') this.#calls.push(this.#request(text));
  }

  results() {
    const calls = this.#calls;
    this.#calls = [];
    for (const request of calls) this.deliver(`[50,${request},{},[5]]`);
  }

  #request(text) {
    const start = text.indexOf(',') + 1;
    return text.slice(start, text.indexOf(',', start));
  }

  #later(text) {
    setImmediate(() => this.deliver(text));
  }
}

async function rocadeClient({ connect, framed }) {
  const wire = new Wire();
  const client = await connect(({ serializers: [serializer] }) =>
    Promise.resolve(
      framed(
        {
          open: ({ frame }) => {
            wire.deliver = frame;
          },
          send: (frame) => wire.receive(frame),
          close() {},
          bufferedAmount: 0,
        },
        serializer,
      ),
    ),
  );
  return {
    wire,
    call: (procedure, args) => client.call(procedure, args),
    publish: (topic, args) => client.publish(topic, args),
    subscribe: (topic, handler) => client.subscribe(topic, handler),
    register: (procedure, handler) => client.register(procedure, handler),
  };
}

async function autobahnClient(autobahn) {
  const wire = new Wire();
  class Factory {
    type = 'none';
    create() {
      /** @type {any} */
      const transport = {
        info: { type: 'none', url: '', protocol: 'wamp.2.json' },
        send: (message) => wire.receive(JSON.stringify(message)),
        close() {},
        onopen() {},
        onmessage: undefined,
        onclose() {},
      };
      wire.deliver = (text) => transport.onmessage(JSON.parse(text));
      setImmediate(() => transport.onopen());
      return transport;
    }
  }
  autobahn.transports.register('none', Factory);
  const connection = new autobahn.Connection({ transports: [{ type: 'none' }], realm: 'realm1' });
  const session = await new Promise((resolve) => {
    connection.onopen = resolve;
    connection.open();
  });
  return {
    wire,
    call: (procedure, args) => session.call(procedure, args),
    publish: (topic, args) => session.publish(topic, args),
    subscribe: (topic, handler) => session.subscribe(topic, handler),
    register: (procedure, handler) => session.register(procedure, handler),
  };
}

/** JSON, a map and one promise for each call: less cannot be done. */
function floorClient() {
  const wire = new Wire();
  const pending = new Map();
  let lastId = 0;
  let onEvent;
  let onCall;
  wire.deliver = (text) => {
    const message = JSON.parse(text);
    if (message[0] === 36) onEvent(message[4]);
    else if (message[0] === 68) wire.receive(JSON.stringify([70, message[1], {}, [onCall(message[4])]]));
    else if (message[0] === 50) {
      pending.get(message[1])(message[3][0]);
      pending.delete(message[1]);
    }
  };
  return {
    wire,
    /** @param {string} procedure @param {unknown[]} args */
    call: (procedure, args) =>
      new Promise((resolve) => {
        lastId += 1;
        pending.set(lastId, resolve);
        wire.receive(JSON.stringify([48, lastId, {}, procedure, args]));
      }),
    publish: (topic, args) => {
      lastId += 1;
      wire.receive(JSON.stringify([16, lastId, {}, topic, args]));
    },
    subscribe: (_, handler) => {
      onEvent = handler;
    },
    register: (_, handler) => {
      onCall = handler;
    },
  };
}

async function works(client) {
  const { wire } = client;
  let events = 0;
  await client.subscribe('forum.post.added', ([text]) => {
    events += text.length;
  });
  await client.register('math.add', ([a, b]) => a + b);
  let invocation = 0;
  const check = async () => {
    const [before, sum] = [events, client.call('math.add', [2, 3])];
    wire.results();
    wire.deliver('[36,5512,4429313566,{},["hello"]]');
    if ((await sum) !== 5 || events !== before + 5) throw new Error('the client does not work');
  };
  await check();
  return [
    async () => {
      const calls = Array.from({ length: inFlight }, () => client.call('math.add', [2, 3]));
      wire.results();
      for (const call of calls) await call;
    },
    () => wire.deliver('[36,5512,4429313566,{},["hello"]]'),
    () => void client.publish('forum.post.added', ['hello']),
    () => {
      invocation += 1;
      wire.deliver(`[68,${invocation},6613,{},[2,3]]`);
    },
  ];
}

/** Figures of the floor, of our client and, where it is installed, of autobahn-js. */
export async function clientRows(rocade, options) {
  /** @type {[string, any][]} */
  const clients = [
    ['the floor: JSON, a map, a promise', floorClient()],
    ['rocade', await rocadeClient(rocade)],
  ];
  try {
    clients.push(['autobahn-js', await autobahnClient(createRequire(import.meta.url)('autobahn'))]);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  const all = await Promise.all(clients.map(([, client]) => works(client)));
  const columns = [];
  for (const index of [0, 1, 2, 3]) {
    columns.push(
      await cpuNs(
        all.map((list) => list[index]),
        options,
      ),
    );
  }
  return clients.map(([name], index) => ({
    name,
    call: columns[0][index] / inFlight,
    event: columns[1][index],
    publish: columns[2][index],
    invocation: columns[3][index],
  }));
}
