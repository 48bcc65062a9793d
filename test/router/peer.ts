import { json, type Serializer } from 'rocade';
import type { ClientMessage, MatchPolicy, Message, MessageOf, MessageType, Payload, Roles } from 'rocade/protocol';
import type { Router } from 'rocade/router';
import { type RecordingChannel, recordingChannel } from 'rocade/testing';
import { expect } from 'vitest';
import { jsonWire } from '../../src/serializers/index.ts';

type RequestType = 'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'CALL' | 'REGISTER' | 'UNREGISTER';
type Fields<T extends MessageType> = Omit<MessageOf<T>, 'type' | 'request' | 'payload'>;

const features = (...names: string[]): Roles[string] => ({
  features: Object.fromEntries(names.map((name) => [name, true])),
});

export const ALL_FEATURES = {
  caller: features(
    'call_canceling',
    'caller_identification',
    'payload_passthru_mode',
    'progressive_call_invocations',
    'progressive_call_results',
  ),
  callee: features(
    'call_canceling',
    'call_reroute',
    'call_timeout',
    'caller_identification',
    'payload_passthru_mode',
    'progressive_call_invocations',
    'progressive_call_results',
    'registration_revocation',
    'shared_registration',
  ),
  publisher: features('payload_passthru_mode'),
  subscriber: features('payload_passthru_mode'),
};

/** The features of all roles but some. */
export function featuresWithout(role: keyof typeof ALL_FEATURES, ...names: string[]): Roles {
  const kept = Object.entries(ALL_FEATURES[role]?.features ?? {}).filter(([name]) => !names.includes(name));
  return { ...ALL_FEATURES, [role]: { features: Object.fromEntries(kept) } };
}

export const payload = (...args: unknown[]): Payload => ({ args, kwargs: undefined });

interface PeerOptions {
  readonly realm?: string;
  readonly roles?: Roles;
  /** Undefined for a peer in the same process as the router, whose values are shared and not written. */
  readonly serializer?: Serializer | undefined;
}

/** A client that the test plays by hand, message by message: what it gets is what it took from the router. */
export class Peer {
  readonly channel: RecordingChannel;
  readonly session: number;
  readonly welcome: MessageOf<'WELCOME'>;
  #requests = 0;

  constructor(router: Pick<Router, 'accept'>, options: PeerOptions = {}) {
    const { realm = 'realm1', roles = ALL_FEATURES, serializer } = { serializer: jsonWire(), ...options };
    this.channel = recordingChannel(serializer ? { serializer } : {});
    router.accept(this.channel);
    this.channel.deliver({ type: 'HELLO', realm, details: { roles } });
    this.welcome = this.take('WELCOME');
    this.session = this.welcome.session;
  }

  /** The id that the next request is going to have. */
  get nextRequest(): number {
    return this.#requests + 1;
  }

  send(...messages: ClientMessage[]): void {
    this.channel.deliver(...messages);
  }

  /** Sends a request with the next id, and returns that. */
  request<T extends RequestType>(type: T, fields: Fields<T>, withPayload?: Payload): number {
    const request = ++this.#requests;
    this.channel.deliver({ type, request, ...fields, payload: withPayload } as unknown as Message);
    return request;
  }

  take<T extends MessageType>(type: T): MessageOf<T> {
    return this.channel.take(type);
  }

  /** The next message has to be an ERROR for a request of this type; gives its URI. */
  takeError(requestType: number, request: number): string {
    const error = this.take('ERROR');
    expect([error.requestType, error.request]).toEqual([requestType, request]);
    return error.error;
  }

  /** The ABORT that ended this session, and its text. */
  takeAbort(): { reason: string; text: unknown } {
    const { reason, details } = this.take('ABORT');
    this.expectNothing();
    return { reason, text: details.message };
  }

  expectNothing(): void {
    this.channel.expectNothingSent();
  }

  subscribe(topic: string, match?: MatchPolicy): number {
    this.request('SUBSCRIBE', { options: match ? { match } : {}, topic });
    return this.take('SUBSCRIBED').subscription;
  }

  register(procedure: string, options: MessageOf<'REGISTER'>['options'] = {}): number {
    this.request('REGISTER', { options, procedure });
    return this.take('REGISTERED').registration;
  }

  publish(topic: string, args: readonly unknown[] = [], options: MessageOf<'PUBLISH'>['options'] = {}): number {
    return this.request('PUBLISH', { options, topic }, { args, kwargs: undefined });
  }

  call(procedure: string, ...args: unknown[]): number {
    return this.request('CALL', { options: {}, procedure }, args.length > 0 ? payload(...args) : undefined);
  }

  callWith(options: MessageOf<'CALL'>['options'], procedure: string, ...args: unknown[]): number {
    return this.request('CALL', { options, procedure }, args.length > 0 ? payload(...args) : undefined);
  }

  yield(request: number, ...args: unknown[]): void {
    this.send({ type: 'YIELD', request, options: {}, payload: payload(...args) });
  }

  /** A part of a result. */
  progress(request: number, ...args: unknown[]): void {
    this.send({ type: 'YIELD', request, options: { progress: true }, payload: payload(...args) });
  }

  /** Answers an invocation with an error. */
  fail(request: number, error: string, ...args: unknown[]): void {
    this.send({ type: 'ERROR', requestType: 68, request, details: {}, error, payload: payload(...args) });
  }
}

/** Opens a connection without a HELLO. */
export function stranger(router: Pick<Router, 'accept'>): RecordingChannel {
  const channel = recordingChannel({ serializer: json() });
  router.accept(channel);
  return channel;
}
