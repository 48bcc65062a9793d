// What autobahn-js can do of what the other clients cannot: features-autobahn-js.mjs URL. Prints what came of each, as one line of JSON.
import { WebSocket } from 'ws';

// autobahn-js takes the global WebSocket, which Node has from version 22 on; the same one everywhere is steadier.
globalThis.WebSocket = WebSocket;
const { default: autobahn } = await import('autobahn');

const [, , url] = process.argv;

function join() {
  return new Promise((resolve, reject) => {
    const connection = new autobahn.Connection({ url, realm: 'realm1', max_retries: 0, use_es6_promises: true });
    connection.onopen = (session) => resolve({ connection, session });
    connection.onclose = (reason) => {
      reject(new Error(reason));
      return true; // no retries
    };
    connection.open();
  });
}

const joined = await Promise.all([join(), join()]);
const [one, other] = joined.map(({ session }) => session);

const scenarios = {
  async subscription_revocation() {
    const heard = [];
    const taken = await one.subscribe('com.taken', ([value]) => heard.push(value));
    const last = new Promise((resolve) => {
      void one
        .subscribe('com.last', () => resolve())
        .then(async () => {
          await other.publish('com.taken', ['before'], {}, { acknowledge: true });
          await other.call('wamp.subscription.remove_subscriber', [taken.id, one.id], { reason: 'com.example.enough' });
          await other.publish('com.taken', ['after'], {}, { acknowledge: true });
          await other.publish('com.last', [], {}, { acknowledge: true });
        });
    });
    const reason = await taken.on_unsubscribe;
    await last;
    return [heard, reason, taken.active];
  },

  async registration_revocation() {
    const taken = await one.register('com.taken.away', () => 'one');
    await other.call('wamp.registration.remove_callee', [taken.id, one.id], { reason: 'com.example.enough' });
    const reason = await taken.on_unregister;
    await other.register('com.taken.away', () => 'other');
    return [reason, taken.active, await one.call('com.taken.away')];
  },
};

for (const [feature, run] of Object.entries(scenarios)) {
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing came').unref());
  const came = await Promise.race([run().catch((error) => `${error.error ?? error}`), late]);
  console.log(JSON.stringify({ feature, came }));
}
for (const { connection } of joined) connection.close();
