// autobahn-js as a WAMP client, driven by agent-party.ts.
import nacl from 'tweetnacl';
import { WebSocket } from 'ws';
import { happened, serve, WampFailure } from './agent.mjs';

// autobahn-js takes the global WebSocket, which Node has from version 22 on; the same one everywhere is steadier.
globalThis.WebSocket = WebSocket;
const { default: autobahn } = await import('autobahn');

const { JSONSerializer: json, MsgpackSerializer: msgpack, CBORSerializer: cbor } = autobahn.serializer;
const serializers = { json, msgpack, cbor };

const wamp = (promise) =>
  Promise.resolve(promise).catch((error) => {
    if (error instanceof autobahn.Error) throw new WampFailure(error.error, error.args, error.kwargs);
    throw error;
  });

let connection;
let session;
const handles = new Map();
let left = () => {};

function endpoint(procedure, behaviour) {
  return (args, kwargs) => {
    happened('invocation', { on: procedure, args, kwargs });
    if (behaviour === 'echo') return new autobahn.Result(args, kwargs);
    if (behaviour === 'fail') throw new autobahn.Error(args[0], args.slice(1), kwargs);
    if (behaviour === 'throw') throw new RangeError(args[0]);
    return new Promise(() => {});
  };
}

/** What each method makes of a challenge. */
const answers = {
  ticket: ({ secret }) => secret,
  wampcra({ secret }, { challenge, salt, iterations, keylen }) {
    const key = salt === undefined ? secret : autobahn.auth_cra.derive_key(secret, salt, iterations, keylen);
    return autobahn.auth_cra.sign(key, challenge);
  },
  cryptosign: ({ secret }, extra) => autobahn.auth_cryptosign.sign_challenge(pairOf(secret), extra),
};
const pairOf = (secret) => nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));

function loginOptions({ method, authid, secret }) {
  return {
    authmethods: [method],
    authid,
    onchallenge: (_session, asked, extra) => answers[asked]({ secret }, extra),
    ...(method === 'cryptosign' && { authextra: { pubkey: autobahn.auth_cryptosign.public_key(pairOf(secret)) } }),
  };
}

serve({
  join: ({ url, realm, serializer, login }) =>
    new Promise((resolve, reject) => {
      connection = new autobahn.Connection({
        url,
        realm,
        max_retries: 0,
        serializers: [new serializers[serializer]()],
        use_es6_promises: true,
        on_user_error: () => {},
        ...(login && loginOptions(login)),
      });
      connection.onopen = (opened, details) => {
        session = opened;
        resolve({ session: session.id, authid: details.authid, authrole: details.authrole });
      };
      connection.onclose = (_, { reason }) => {
        happened('closed', { reason });
        reject(new WampFailure(reason));
        left();
        return true; // no retries
      };
      connection.open();
    }),

  async subscribe({ topic }) {
    const onEvent = (args, kwargs) => happened('event', { on: topic, args, kwargs });
    handles.set(topic, await wamp(session.subscribe(topic, onEvent)));
  },

  async publish({ topic, args, kwargs, acknowledge, excludeMe }) {
    await wamp(session.publish(topic, args, kwargs, { acknowledge, exclude_me: excludeMe }));
  },

  async register({ procedure, behaviour }) {
    handles.set(procedure, await wamp(session.register(procedure, endpoint(procedure, behaviour))));
  },

  async call({ procedure, args, kwargs }) {
    const result = await wamp(session.call(procedure, args, kwargs));
    if (result instanceof autobahn.Result) return { args: result.args, kwargs: result.kwargs };
    return { args: result === null ? [] : [result], kwargs: {} };
  },

  async unsubscribe({ topic }) {
    await wamp(session.unsubscribe(handles.get(topic)));
  },

  async unregister({ procedure }) {
    await wamp(session.unregister(handles.get(procedure)));
  },

  leave: () =>
    new Promise((resolve) => {
      left = resolve;
      connection.close();
    }),
});
