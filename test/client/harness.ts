import {
  type AuthMethod,
  type CallHandler,
  type EventHandler,
  json,
  type RegisterOptions,
  Registration,
  Session,
  type SubscribeOptions,
  Subscription,
  type Welcome,
} from 'rocade';
import type { MessageOf, Payload } from 'rocade/protocol';
import { type FakeClock, fakeClock, type RecordingChannel, recordingChannel } from 'rocade/testing';

export const ROUTER_ROLES = { broker: { features: {} }, dealer: { features: { call_canceling: true } } };

export const welcome = (
  session = 1,
  roles: MessageOf<'WELCOME'>['details']['roles'] = ROUTER_ROLES,
): MessageOf<'WELCOME'> => ({
  type: 'WELCOME',
  session,
  details: { roles, realm: 'realm1', authid: 'joe', authrole: 'user' },
});
export const payload = (...args: unknown[]): Payload => ({ args, kwargs: undefined });

export interface Driven {
  readonly session: Session;
  readonly channel: RecordingChannel;
  readonly clock: FakeClock;
  /** What went to the error listener. */
  readonly errors: Error[];
  /** What the session ended with: empty while it lasts, never more than one. */
  readonly endings: Error[];
  readonly revoked: [unknown, string | undefined][];
}

/** A session on a channel that the test plays the router on. */
export function drive({ timeoutMs = 1000, auth }: { timeoutMs?: number; auth?: readonly AuthMethod[] } = {}): Driven {
  const [channel, clock] = [recordingChannel({ serializer: json() }), fakeClock()];
  const [errors, endings, revoked]: [Error[], Error[], Driven['revoked']] = [[], [], []];
  const session = new Session(channel, {
    realm: 'realm1',
    agent: 'test',
    auth,
    timeoutMs,
    clock,
    onError: (error) => void errors.push(error),
    onEnd: (reason) => void endings.push(reason),
    onRevoked: (what, reason) => void revoked.push([what, reason]),
  });
  return { session, channel, clock, errors, endings, revoked };
}

/** The same, joined. */
export async function joined(options: { timeoutMs?: number; roles?: Welcome['roles'] } = {}): Promise<Driven> {
  const driven = drive(options);
  const opening = driven.session.join();
  driven.channel.take('HELLO');
  driven.channel.deliver(welcome(1, options.roles));
  await opening;
  return driven;
}

export interface Added<T> {
  readonly what: T;
  /** The promise that the router's answer settles. */
  readonly done: Promise<void>;
}

/** What reports go to where a test does not look at them: there are to be none. */
const fail = (error: Error): void => {
  throw error;
};

// One more than elsewhere, in the order of `client.subscribe`.
// oxlint-disable-next-line max-params
export function subscribe(
  session: Session,
  topic: string,
  handler?: EventHandler,
  { report = fail, ...options }: SubscribeOptions & { report?: (error: Error) => void } = {},
): Added<Subscription> {
  const what = new Subscription(topic, { release: (held) => session.remove(held), report }, { ...options, handler });
  return { what, done: session.add(what) };
}

// oxlint-disable-next-line max-params
export function register(
  session: Session,
  procedure: string,
  handler: CallHandler,
  options?: RegisterOptions,
): Added<Registration> {
  const holder = { release: (held: Parameters<Session['remove']>[0]) => session.remove(held), report: fail };
  const what = new Registration(procedure, holder, { ...options, handler });
  return { what, done: session.add(what) };
}

interface Confirmed {
  readonly id?: number;
  readonly report?: (error: Error) => void;
}

/** A subscription that the router has confirmed under this id. */
export async function subscribed(
  { session, channel }: Driven,
  handler: EventHandler | undefined,
  { topic = 'a.topic', id = 10, ...options }: Confirmed & SubscribeOptions & { topic?: string } = {},
): Promise<Subscription> {
  const { what, done } = subscribe(session, topic, handler, options);
  channel.deliver({ type: 'SUBSCRIBED', request: channel.take('SUBSCRIBE').request, subscription: id });
  await done;
  return what;
}

/** A registration that the router has confirmed under this id. */
export async function registered(
  { session, channel }: Driven,
  handler: CallHandler,
  { procedure = 'a.procedure', id = 20, ...options }: Confirmed & RegisterOptions & { procedure?: string } = {},
): Promise<Registration> {
  const { what, done } = register(session, procedure, handler, options);
  channel.deliver({ type: 'REGISTERED', request: channel.take('REGISTER').request, registration: id });
  await done;
  return what;
}

export const event = (args: readonly unknown[], subscription = 10): MessageOf<'EVENT'> => ({
  type: 'EVENT',
  subscription,
  publication: 5,
  details: {},
  payload: { args, kwargs: undefined },
});

export const invocation = (
  request: number,
  args: readonly unknown[] = [],
  registration = 20,
): MessageOf<'INVOCATION'> => ({
  type: 'INVOCATION',
  request,
  registration,
  details: {},
  payload: { args, kwargs: undefined },
});

/** What a promise has come to by now, without waiting for it. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  const pending = Symbol('pending');
  try {
    return (await Promise.race([promise, Promise.resolve(pending)])) === pending ? 'pending' : 'resolved';
  } catch {
    return 'rejected';
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that the test settles. */
export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<Deferred<T>, 'promise'>) };
}
