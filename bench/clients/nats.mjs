// Request/reply and publish/subscribe with JSON payloads, as a WAMP application would carry them.

import { connect } from '@nats-io/transport-node';

export async function open(url) {
  const connection = await connect({ servers: url });
  return {
    async register(subject, handler) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) throw error;
          message.respond(JSON.stringify(handler(...message.json())));
        },
      });
      await connection.flush();
    },
    call: async (subject, args) =>
      (await connection.request(subject, JSON.stringify(args), { timeout: 10_000 })).json(),
    async subscribe(subject, handler) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) throw error;
          handler(message.json());
        },
      });
      await connection.flush();
    },
    publish: (subject, args) => connection.publish(subject, JSON.stringify(args)),
    close: () => connection.close(),
  };
}
