// Our client, as built: here or in another checkout.

import { pathToFileURL } from 'node:url';

const checkout = process.env.BENCH_CHECKOUT;
const root = checkout === undefined ? new URL('../../', import.meta.url) : pathToFileURL(`${checkout}/`);
/** @type {typeof import('../../dist/index.js')} */
const { connect } = await import(new URL('dist/index.js', root).href);

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
