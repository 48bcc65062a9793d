import { type Clock, toError, UsageError } from '../base/index.ts';
import {
  assertUri,
  type ClientMessage,
  closeUris,
  errorUris,
  hasFeature,
  MESSAGES,
  type Message,
  type MessageOf,
  payloadOf,
  ProtocolViolation,
  type Roles,
  type RouterMessage,
  type RouterRole,
} from '../protocol/index.ts';
import type { AuthMethod } from '../auth/index.ts';
import type { Channel, CloseInfo } from '../transports/index.ts';
import { Callee, type RegistrationSpec } from './callee.ts';
import { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
import {
  type CallOptions,
  type PublishOptions,
  reachesNobody,
  wireCallOptions,
  wirePublishOptions,
} from './options.ts';
import { Requests } from './requests.ts';
import { fromPayload } from './result.ts';
import { Subscriber, type SubscriptionSpec } from './subscriber.ts';

export interface SessionOptions {
  readonly realm: string;
  /** Sent as `HELLO.details.agent`. */
  readonly agent?: string | undefined;
  readonly auth?: readonly AuthMethod[] | undefined;
  /** Milliseconds that a request, and the opening, may take; 0 for ever. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** What goes wrong in handlers. */
  readonly onError: (error: Error) => void;
  /** The router took something back that was not asked for. */
  readonly onRevoked: (what: SubscriptionSpec | RegistrationSpec, reason: string | undefined) => void;
  /** Called once, when the session is over, with the reason; everything that was pending has been rejected by then. */
  readonly onEnd: (reason: Error) => void;
}

/** What the router said of the session in WELCOME. */
export type Welcome = MessageOf<'WELCOME'>['details'];

type State =
  | { readonly name: 'idle' }
  | {
      readonly name: 'establishing' | 'authenticating';
      readonly resolve: (welcome: Welcome) => void;
      readonly reject: (error: Error) => void;
    }
  | { readonly name: 'established' }
  | { readonly name: 'leaving'; readonly resolve: () => void }
  | { readonly name: 'ended'; readonly reason: Error };

const ROLES: Roles = {
  publisher: {
    features: { publisher_exclusion: true, publisher_identification: true, subscriber_blackwhite_listing: true },
  },
  subscriber: {
    features: { publisher_identification: true, pattern_based_subscription: true, subscription_revocation: true },
  },
  caller: { features: { caller_identification: true, call_canceling: true } },
  callee: {
    features: {
      caller_identification: true,
      call_canceling: true,
      pattern_based_registration: true,
      registration_revocation: true,
    },
  },
};

/**
 * One WAMP session over one channel: the state machine of the specification. It has no sockets and no timers of its
 * own, so a test drives it by hand. Specification: Basic Profile, "Sessions".
 */
export class Session {
  readonly #channel: Channel;
  readonly #options: SessionOptions;
  readonly #requests: Requests;
  readonly #subscriber: Subscriber;
  readonly #callee: Callee;
  #state: State = { name: 'idle' };
  #id: number | undefined;
  #welcome: Welcome = { roles: {} };
  #cancelTimer: (() => void) | undefined;

  constructor(channel: Channel, options: SessionOptions) {
    const { timeoutMs, onError } = options;
    const send = (message: ClientMessage): void => this.#send(message);
    this.#channel = channel;
    this.#options = options;
    this.#requests = new Requests(send, options.clock);
    this.#subscriber = new Subscriber(this.#requests, { timeoutMs, onError });
    this.#callee = new Callee(this.#requests, { send, timeoutMs, onError });
  }

  /** The id that the router gave; undefined before it has. */
  get id(): number | undefined {
    return this.#id;
  }

  get realm(): string {
    return this.#options.realm;
  }

  /** `WELCOME.details`: who this session is (`authid`, `authrole`) and what the router can do (`roles`). */
  get welcome(): Welcome {
    return this.#welcome;
  }

  /** Octets, or in memory messages, that wait to leave. */
  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  /** Did the router announce this feature? */
  routerHas(role: RouterRole, feature: string): boolean {
    return hasFeature(this.#welcome.roles, role, feature);
  }

  /** Says HELLO. Resolves with WELCOME's details; rejects with what the router, or the connection, had against it. */
  join(): Promise<Welcome> {
    const { realm, agent, auth, timeoutMs, clock } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#state.name === 'ended') throw this.#state.reason;
      if (this.#state.name !== 'idle') throw new UsageError('a session joins once');
      assertUri(realm, 'realm');
      this.#state = { name: 'establishing', resolve, reject };
      this.#channel.open({
        message: (message) => this.#guard(() => this.#receive(message)),
        violation: (error) => this.#violated(error),
        closed: (info) => this.#lost(info),
      });
      if (timeoutMs > 0) {
        this.#cancelTimer = clock.after(timeoutMs, () =>
          this.#abort(new TimeoutError('no answer to HELLO in time'), errorUris.timeout),
        );
      }
      const details = {
        roles: ROLES,
        agent,
        authmethods: auth?.map(({ name }) => name),
        authid: auth?.find(({ authid }) => authid !== undefined)?.authid,
        authextra: auth?.find(({ authextra }) => authextra !== undefined)?.authextra,
      };
      this.#channel.send({ type: 'HELLO', realm, details: details as MessageOf<'HELLO'>['details'] });
    });
  }

  /** Says GOODBYE and waits for the router's. Resolves when the session is over, however that comes about. */
  leave(reason: string = closeUris.normal, message?: string): Promise<void> {
    switch (this.#state.name) {
      case 'ended':
        return Promise.resolve();
      case 'established':
        break;
      case 'idle':
      case 'establishing':
      case 'authenticating':
      case 'leaving':
        this.#end(new ClosedError('the session was closed', reason));
        this.#channel.close(1000);
        return Promise.resolve();
    }
    const { timeoutMs, clock } = this.#options;
    this.#send({ type: 'GOODBYE', details: message === undefined ? {} : { message }, reason });
    this.#settleAll(new ClosedError('the session was closed', reason));
    return new Promise((resolve) => {
      this.#state = { name: 'leaving', resolve };
      if (timeoutMs > 0) this.#cancelTimer = clock.after(timeoutMs, () => this.#left(reason));
    });
  }

  /** Calls a procedure. The arguments are not looked at before the serializer has them. */
  call(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown> {
    const { signal, timeout = this.#options.timeoutMs } = options ?? {};
    if (signal) return this.#callUntil(signal, procedure, args, options);
    return this.#request(procedure, args, options, timeout);
  }

  /** Publishes an event. Resolves with the publication's id when it was to be acknowledged. */
  publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<number | undefined> {
    try {
      assertUri(topic, 'publish');
      if (options && reachesNobody(options)) return Promise.resolve(undefined);
      const message = (request: number): ClientMessage => ({
        type: 'PUBLISH',
        request,
        options: wirePublishOptions(options),
        topic,
        payload: payloadOf(args, options?.kwargs),
      });
      if (options?.acknowledge) {
        return this.#requests.ask({
          expects: 'PUBLISHED',
          what: `PUBLISH ${topic}`,
          timeoutMs: this.#options.timeoutMs,
          message,
          read: ({ publication }) => publication,
        });
      }
      this.#requests.post(message);
      return Promise.resolve(undefined);
    } catch (error) {
      return Promise.reject(toError(error));
    }
  }

  subscribe(spec: SubscriptionSpec): Promise<void> {
    return this.#subscriber.subscribe(spec);
  }

  unsubscribe(spec: SubscriptionSpec): Promise<void> {
    return this.#state.name === 'established' ? this.#subscriber.unsubscribe(spec) : Promise.resolve();
  }

  register(spec: RegistrationSpec): Promise<void> {
    return this.#callee.register(spec);
  }

  unregister(spec: RegistrationSpec): Promise<void> {
    return this.#state.name === 'established' ? this.#callee.unregister(spec) : Promise.resolve();
  }

  #request(
    procedure: string,
    args: readonly unknown[] | undefined,
    options: CallOptions | undefined,
    timeoutMs: number,
    onSent?: (request: number) => void,
  ): Promise<unknown> {
    return this.#requests.ask({
      expects: 'RESULT',
      what: `CALL ${procedure}`,
      timeoutMs,
      message: (request) => {
        assertUri(procedure, 'call');
        onSent?.(request);
        return {
          type: 'CALL',
          request,
          options: wireCallOptions(options),
          procedure,
          payload: payloadOf(args, options?.kwargs),
        };
      },
      read: ({ payload }) => fromPayload(payload),
      onTimeout: (request) => this.#cancel(request),
    });
  }

  async #callUntil(
    signal: AbortSignal,
    procedure: string,
    args: readonly unknown[] | undefined,
    options: CallOptions | undefined,
  ): Promise<unknown> {
    signal.throwIfAborted();
    let request = 0;
    const answer = this.#request(procedure, args, options, options?.timeout ?? this.#options.timeoutMs, (id) => {
      request = id;
    });
    let stop = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        this.#requests.forget(request);
        this.#cancel(request);
        reject(toError(signal.reason));
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([answer, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Tells the router that nobody waits for a call any more. Not every router knows how to be told. */
  #cancel(request: number): void {
    if (this.#state.name !== 'established' || !this.routerHas('dealer', 'call_canceling')) return;
    this.#send({ type: 'CANCEL', request, options: { mode: 'killnowait' } });
  }

  /** The one way out for everything but HELLO: only an established session sends. */
  #send(message: ClientMessage): void {
    const state = this.#state;
    if (state.name === 'established') this.#channel.send(message);
    else if (state.name === 'ended') throw state.reason;
    else throw new ClosedError(`cannot send ${message.type}: the session is ${state.name}`, closeUris.normal);
  }

  /** The top of everything that comes in: a violation ends the session and never leaves the socket's callback. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof ProtocolViolation) this.#violated(error);
      else this.#options.onError(toError(error));
    }
  }

  #receive(message: Message): void {
    const state = this.#state;
    if (MESSAGES[message.type].from === 'client')
      throw new ProtocolViolation(`${message.type}: only clients send this`);
    switch (state.name) {
      case 'idle':
      case 'ended':
        return;
      case 'establishing':
      case 'authenticating':
        this.#receiveHandshake(message, state);
        return;
      case 'established':
        this.#receiveEstablished(message as RouterMessage);
        return;
      case 'leaving':
        // Everything but the answer to GOODBYE is too late.
        if (message.type === 'GOODBYE' || message.type === 'ABORT') this.#left(message.reason);
        return;
    }
  }

  #receiveHandshake(message: Message, state: State & { readonly resolve: (welcome: Welcome) => void }): void {
    switch (message.type) {
      case 'WELCOME':
        this.#cancelTimer?.();
        this.#id = message.session;
        this.#welcome = message.details;
        this.#state = { name: 'established' };
        state.resolve(message.details);
        return;
      case 'CHALLENGE':
        this.#state = { ...(state as State & { name: 'establishing' }), name: 'authenticating' };
        void this.#authenticate(message);
        return;
      case 'ABORT':
        this.#end(new AbortedError(message.reason, message.details));
        this.#channel.close(1000);
        return;
      case 'GOODBYE':
        throw new ProtocolViolation('GOODBYE: there is no session yet');
      default:
        throw new ProtocolViolation(`${message.type}: expected WELCOME, CHALLENGE or ABORT first`);
    }
  }

  async #authenticate({ authmethod, extra }: MessageOf<'CHALLENGE'>): Promise<void> {
    const method = this.#options.auth?.find(({ name }) => name === authmethod);
    try {
      if (!method)
        throw new AbortedError(errorUris.noMatchingAuthMethod, {
          message: `the router asks for '${authmethod}', which was not offered`,
        });
      const answer = await method.answer(extra);
      if (this.#state.name !== 'authenticating') return;
      this.#channel.send({ type: 'AUTHENTICATE', signature: answer.signature, extra: answer.extra ?? {} });
    } catch (error) {
      this.#abort(toError(error), errorUris.authenticationFailed);
    }
  }

  #receiveEstablished(message: RouterMessage): void {
    switch (message.type) {
      case 'RESULT':
        // A part of a result that nobody asked to have in parts.
        if (message.details.progress !== true) this.#requests.answer(message);
        return;
      case 'EVENT':
        this.#subscriber.event(message);
        return;
      case 'INVOCATION':
        this.#callee.invocation(message);
        return;
      case 'INTERRUPT':
        this.#callee.interrupt(message);
        return;
      case 'ERROR':
        this.#requests.fail(message);
        return;
      case 'PUBLISHED':
        this.#requests.answer(message);
        return;
      case 'SUBSCRIBED':
        if (!this.#requests.answer(message)) this.#subscriber.lateSubscribed(message);
        return;
      case 'REGISTERED':
        if (!this.#requests.answer(message)) this.#callee.lateRegistered(message);
        return;
      case 'UNSUBSCRIBED':
        if (message.request !== 0) this.#requests.answer(message);
        else
          for (const spec of this.#subscriber.revoked(message.details?.subscription ?? 0))
            this.#options.onRevoked(spec, message.details?.reason);
        return;
      case 'UNREGISTERED': {
        if (message.request !== 0) {
          this.#requests.answer(message);
          return;
        }
        const spec = this.#callee.revoked(message.details?.registration ?? 0);
        if (spec) this.#options.onRevoked(spec, message.details?.reason);
        return;
      }
      case 'GOODBYE':
        this.#send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
        this.#end(new ClosedError(`the router closed the session: ${message.reason}`, message.reason));
        this.#channel.close(1000);
        return;
      case 'ABORT':
        this.#end(new AbortedError(message.reason, message.details));
        this.#channel.close(1000);
        return;
      case 'WELCOME':
      case 'CHALLENGE':
        throw new ProtocolViolation(`${message.type}: the session is established already`);
    }
  }

  #violated(error: ProtocolViolation): void {
    this.#abort(error, errorUris.protocolViolation);
  }

  /** Ends the session from this side with ABORT. */
  #abort(error: Error, reason: string): void {
    if (this.#state.name === 'ended') return;
    this.#channel.send({ type: 'ABORT', details: { message: error.message }, reason });
    this.#end(error);
    this.#channel.close(reason === errorUris.protocolViolation ? 1002 : 1000, error.message);
  }

  #left(reason: string): void {
    this.#end(new ClosedError('the session was closed', reason));
    this.#channel.close(1000);
  }

  #lost({ code, reason }: CloseInfo): void {
    const { name } = this.#state;
    const what =
      name === 'establishing' || name === 'authenticating'
        ? 'the connection was closed before the session was open'
        : 'the connection was lost';
    this.#end(new ConnectionLostError(`${what} (code ${code}${reason && `, ${reason}`})`, true));
  }

  /** The one place where a session ends: in the same turn, everything that is pending is settled. */
  #end(reason: Error): void {
    const state = this.#state;
    if (state.name === 'ended') return;
    this.#cancelTimer?.();
    this.#state = { name: 'ended', reason };
    this.#settleAll(reason);
    if (state.name === 'establishing' || state.name === 'authenticating') state.reject(reason);
    if (state.name === 'leaving') state.resolve();
    this.#options.onEnd(reason);
  }

  #settleAll(reason: Error): void {
    this.#requests.end((what) => pendingError(what, reason));
    this.#callee.end(reason);
  }
}

/** Each pending promise gets an error of its own, of the same class as the reason, that names what it was waiting for. */
function pendingError(what: string, reason: Error): Error {
  const message = `${what} was not answered: ${reason.message}`;
  if (reason instanceof ConnectionLostError) return new ConnectionLostError(message, true, { cause: reason });
  if (reason instanceof ClosedError) return new ClosedError(message, reason.uri);
  return reason;
}
