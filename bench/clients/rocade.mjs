// Our client, as built.

import { connect } from '../../dist/index.js';

export async function open(url) {
  const client = await connect(url, { realm: 'realm1' });
  client.on('error', (error) => console.error(error));
  return {
    register: (procedure, handler) => client.register(procedure, (args) => handler(...args)),
    call: (procedure, args) => client.call(procedure, args),
    subscribe: (topic, handler) => client.subscribe(topic, handler),
    publish: (topic, args) => void client.publish(topic, args),
    close: () => client.close(),
  };
}
