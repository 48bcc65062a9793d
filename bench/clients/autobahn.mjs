import { createRequire } from 'node:module';

const autobahn = createRequire(import.meta.url)('autobahn');

export async function open(url) {
  const connection = new autobahn.Connection({
    url,
    realm: 'realm1',
    max_retries: 0,
    serializers: [new autobahn.serializer.JSONSerializer()],
  });
  const session = await new Promise((resolve, reject) => {
    connection.onopen = resolve;
    connection.onclose = (reason, details) => {
      reject(new Error(`${reason}: ${details?.reason} ${details?.message}`));
      return true;
    };
    connection.open();
  });
  return {
    register: (procedure, handler) => session.register(procedure, (args) => handler(...args)),
    call: (procedure, args) => session.call(procedure, args),
    subscribe: (topic, handler) => session.subscribe(topic, handler),
    publish: (topic, args) => void session.publish(topic, args),
    close: () => connection.close(),
  };
}
