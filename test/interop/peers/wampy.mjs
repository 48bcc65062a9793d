// wampy as a WAMP client, driven by agent-party.ts.
import { Wampy } from 'wampy';
import * as cryptosign from 'wampy/cryptosign.js';
import * as wampcra from 'wampy/wampcra.js';
import { CborSerializer } from 'wampy/CborSerializer.js';
import { JsonSerializer } from 'wampy/JsonSerializer.js';
import { MsgpackSerializer } from 'wampy/MsgpackSerializer.js';
import { WebSocket } from 'ws';
import { happened, serve, WampFailure } from './agent.mjs';

const serializers = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };

const wamp = (promise) =>
  promise.catch((error) => {
    if (error.errorUri !== undefined) throw new WampFailure(error.errorUri, error.argsList, error.argsDict);
    throw error;
  });

let client;
const handles = new Map();

function endpoint(procedure, behaviour) {
  return ({ argsList = [], argsDict = {} }) => {
    happened('invocation', { on: procedure, args: argsList, kwargs: argsDict });
    if (behaviour === 'echo') return { argsList, argsDict };
    // wampy takes the URI, the arguments and the keyword arguments from what is thrown, by these names.
    if (behaviour === 'fail')
      throw Object.assign(new Error(), { error: argsList[0], argsList: argsList.slice(1), argsDict });
    if (behaviour === 'throw') throw new RangeError(argsList[0]);
    return new Promise(() => {});
  };
}

/** Its own ways to answer each method. */
const plugins = {
  ticket: (secret) => () => secret,
  wampcra: (secret) => wampcra.sign(secret),
  cryptosign: (secret) => cryptosign.sign(secret),
};

function loginOptions({ method, authid, secret }) {
  return {
    authid,
    authmethods: [method],
    authMode: 'auto',
    authPlugins: { [method]: plugins[method](secret) },
  };
}

serve({
  async join({ url, realm, serializer, login }) {
    const onClose = () => happened('closed', { reason: null });
    client = new Wampy(url, {
      realm,
      ws: WebSocket,
      autoReconnect: false,
      onClose,
      serializer: new serializers[serializer](),
      ...(login && loginOptions(login)),
    });
    await wamp(client.connect());
    return { session: Number(client.getSessionId()) };
  },

  async subscribe({ topic }) {
    const onEvent = ({ argsList = [], argsDict = {} }) =>
      happened('event', { on: topic, args: argsList, kwargs: argsDict });
    handles.set(topic, await wamp(client.subscribe(topic, onEvent)));
  },

  async publish({ topic, args, kwargs, excludeMe }) {
    // wampy always asks for an acknowledgement.
    await wamp(client.publish(topic, { argsList: args, argsDict: kwargs }, { exclude_me: excludeMe }));
  },

  async register({ procedure, behaviour }) {
    await wamp(client.register(procedure, endpoint(procedure, behaviour)));
  },

  async call({ procedure, args, kwargs }) {
    const { argsList = [], argsDict = {} } = await wamp(client.call(procedure, { argsList: args, argsDict: kwargs }));
    return { args: argsList, kwargs: argsDict };
  },

  async unsubscribe({ topic }) {
    await wamp(client.unsubscribe(handles.get(topic).subscriptionKey));
  },

  async unregister({ procedure }) {
    await wamp(client.unregister(procedure));
  },

  async leave() {
    await client.disconnect();
  },
});
