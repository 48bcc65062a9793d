import type { Message, MessageOf, MessageType, Payload } from '../protocol/index.ts';

const payload: Payload = {
  args: ['Johnny', 23, [true, null, 0.5]],
  kwargs: { surname: 'Größe', nested: { list: [] } },
};

/** One message of every type, with its options and its payload filled in. */
export const sampleMessages: { readonly [T in MessageType]: MessageOf<T> } = {
  HELLO: {
    type: 'HELLO',
    realm: 'realm1',
    details: {
      roles: { caller: { features: { call_canceling: true } }, callee: {} },
      agent: 'sample',
      authmethods: ['ticket'],
      authid: 'joe',
    },
  },
  WELCOME: {
    type: 'WELCOME',
    session: 9007199254740991,
    details: { roles: { broker: {}, dealer: {} }, realm: 'realm1', authid: 'joe' },
  },
  ABORT: { type: 'ABORT', details: { message: 'no such realm' }, reason: 'wamp.error.no_such_realm' },
  CHALLENGE: { type: 'CHALLENGE', authmethod: 'wampcra', extra: { challenge: '{"nonce":"x"}', iterations: 1000 } },
  AUTHENTICATE: { type: 'AUTHENTICATE', signature: 'gir1mSx+deCDUV7FgLvsQNTi6n3W/Z/WcZ/OT9RwdZY=', extra: {} },
  GOODBYE: { type: 'GOODBYE', details: { message: 'bye' }, reason: 'wamp.close.system_shutdown' },
  ERROR: { type: 'ERROR', requestType: 48, request: 7, details: {}, error: 'com.example.error', payload },
  PUBLISH: {
    type: 'PUBLISH',
    request: 1,
    options: { acknowledge: true, exclude: [1, 2], eligible_authid: ['joe'] },
    topic: 'com.example.topic',
    payload,
  },
  PUBLISHED: { type: 'PUBLISHED', request: 1, publication: 4429313566 },
  SUBSCRIBE: { type: 'SUBSCRIBE', request: 2, options: { match: 'prefix' }, topic: 'com.example.' },
  SUBSCRIBED: { type: 'SUBSCRIBED', request: 2, subscription: 5512315355 },
  UNSUBSCRIBE: { type: 'UNSUBSCRIBE', request: 3, subscription: 5512315355 },
  UNSUBSCRIBED: { type: 'UNSUBSCRIBED', request: 0, details: { subscription: 5512315355, reason: 'gone' } },
  EVENT: {
    type: 'EVENT',
    subscription: 5512315355,
    publication: 4429313566,
    details: { topic: 'com.example.topic', retained: true },
    payload,
  },
  CALL: {
    type: 'CALL',
    request: 4,
    options: { timeout: 500, disclose_me: true },
    procedure: 'com.example.add',
    payload,
  },
  CANCEL: { type: 'CANCEL', request: 4, options: { mode: 'killnowait' } },
  RESULT: { type: 'RESULT', request: 4, details: { progress: false }, payload },
  REGISTER: {
    type: 'REGISTER',
    request: 5,
    options: { match: 'exact', invoke: 'single' },
    procedure: 'com.example.add',
  },
  REGISTERED: { type: 'REGISTERED', request: 5, registration: 2103333224 },
  UNREGISTER: { type: 'UNREGISTER', request: 6, registration: 2103333224 },
  UNREGISTERED: { type: 'UNREGISTERED', request: 6 },
  INVOCATION: {
    type: 'INVOCATION',
    request: 1,
    registration: 2103333224,
    details: { procedure: 'com.example.add', caller: 3 },
    payload,
  },
  INTERRUPT: { type: 'INTERRUPT', request: 1, options: { mode: 'kill', reason: 'wamp.error.canceled' } },
  YIELD: { type: 'YIELD', request: 1, options: {}, payload },
  EVENT_RECEIVED: { type: 'EVENT_RECEIVED', publication: 4429313566 },
};

/** A message with its payload read, so that two can be compared whatever form the payloads are in. */
export function plain(message: Message): object {
  const inWireForm = 'payload' in message ? message.payload : undefined;
  if (!inWireForm) return { ...message };
  const { args, kwargs, bare = false } = inWireForm;
  return { ...message, payload: { args, kwargs, bare } };
}
