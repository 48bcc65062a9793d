import type { AuthMethod } from '../auth/index.ts';
import { type Clock, toError, UsageError } from '../base/index.ts';
import {
  assertUri,
  type ClientMessage,
  closeUris,
  type Dict,
  errorUris,
  hasFeature,
  NO_DICT,
  type Message,
  type MessageOf,
  ProtocolViolation,
  payloadOf,
  type RouterMessage,
} from '../protocol/index.ts';
import type { Channel, CloseInfo } from '../transports/index.ts';
import { Callee } from './callee.ts';
import { Caller } from './caller.ts';
import { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
import { CLIENT_FEATURES } from './features.ts';
import { type CallOptions, type PublishOptions, reachesNobody, wireOptions } from './options.ts';
import type { Held } from './holdings.ts';
import type { Registration } from './registration.ts';
import { Pressure } from './pressure.ts';
import { Requests } from './requests.ts';
import { Subscriber } from './subscriber.ts';
import { Subscription } from './subscription.ts';

export interface SessionOptions {
  readonly realm: string;
  /** Sent as `HELLO.details.agent`. */
  readonly agent?: string | undefined;
  readonly auth?: readonly AuthMethod[] | undefined;
  /** Milliseconds that a request, and the opening, may take; 0 for ever. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called when WELCOME has come, before anything that follows it is looked at. */
  readonly onJoined?: (welcome: Welcome) => void;
  /** What goes wrong in handlers. */
  readonly onError: (error: Error) => void;
  /** The router took something back that it had confirmed. */
  readonly onRevoked: (what: Held, reason: string | undefined) => void;
  /** Called once, when the session is over, with the reason; everything that was pending has been rejected by then. */
  readonly onEnd: (reason: Error) => void;
}

/** What the router said of the session in WELCOME. */
export type Welcome = MessageOf<'WELCOME'>['details'];

interface Opening {
  readonly name: 'opening';
  readonly resolve: (welcome: Welcome) => void;
  readonly reject: (error: Error) => void;
}

type State =
  | { readonly name: 'new' | 'established' }
  | Opening
  | { readonly name: 'leaving'; readonly resolve: () => void }
  | { readonly name: 'ended'; readonly reason: Error };

/** What the router may take at most to answer HELLO, and AUTHENTICATE. */
const OPENING_MS = 10_000;

/**
 * One WAMP session over one channel: the state machine of the specification. It has no sockets and no timers of its
 * own, so a test drives it by hand. Specification: Basic Profile, "Sessions".
 */
export class Session {
  readonly #channel: Channel;
  readonly #options: SessionOptions;
  readonly #pressure: Pressure;
  readonly #requests: Requests;
  readonly #caller: Caller;
  readonly #subscriber: Subscriber;
  readonly #callee: Callee;
  #state: State = { name: 'new' };
  #id: number | undefined;
  /** The method of the last challenge. */
  #asked: string | undefined;
  #welcome: Welcome = { roles: {} };
  #cancelTimer = (): void => {};
  /** When the opening has to be done. */
  #due = 0;
  /** Set by whatever comes; taken back by whoever wants to know whether more does. */
  heard = false;

  constructor(channel: Channel, options: SessionOptions) {
    const { timeoutMs, clock, onError } = options;
    const send = (message: ClientMessage): void => {
      this.#pressure.check(message);
      this.#send(message);
    };
    this.#channel = channel;
    this.#options = options;
    this.#pressure = new Pressure({ channel, clock, isOpen: () => this.#state.name === 'established' });
    const room = (): Promise<void> | undefined => this.#pressure.room();
    this.#requests = new Requests({
      send,
      clock,
      timeoutMs,
      onAbandoned: (request, mode) => this.#caller.cancel(request, mode),
    });
    const can = (feature: string): boolean => hasFeature(this.#welcome.roles, 'dealer', feature);
    this.#caller = new Caller(this.#requests, { send, room, can });
    this.#subscriber = new Subscriber(this.#requests, onError);
    this.#callee = new Callee(this.#requests, { send, room, onError, clock });
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

  /** Ends the session as if the connection had broken; `dead`: there is nobody who would take part in closing it. */
  lose(reason: string, dead: boolean): void {
    if (dead) this.#channel.drop?.();
    this.#lost({ code: 1006, reason });
  }

  /** Resolves when no handler of a call runs. */
  idle(): Promise<void> {
    return this.#callee.idle();
  }

  /** Says HELLO. Resolves with WELCOME's details; rejects with what the router, or the connection, had against it. */
  join(): Promise<Welcome> {
    const { realm, agent, auth, clock, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#state.name !== 'new') throw closedHere(closeUris.normal);
      this.#state = { name: 'opening', resolve, reject };
      this.#due = clock.now() + timeoutMs;
      this.#expectAnswer(OPENING_MS);
      try {
        assertUri(realm, 'realm');
        this.#channel.open({
          message: (message) => this.#guard(() => this.#receive(message)),
          violation: (error) => this.#abort(error),
          closed: (info) => this.#lost(info),
        });
        const details = {
          roles: CLIENT_FEATURES,
          agent,
          authmethods: auth?.map(({ name }) => name),
          authid: auth?.find(({ authid }) => authid)?.authid,
          authextra: auth && (Object.assign({}, ...auth.map((method) => method.authextra?.(this.#channel))) as Dict),
        };
        this.#channel.send({ type: 'HELLO', realm, details: details as MessageOf<'HELLO'>['details'] });
      } catch (error) {
        // Nobody uses this connection any more.
        this.#end(toError(error));
      }
    });
  }

  /** Says GOODBYE and waits for the router's. Resolves when the session is over, however that comes about. */
  leave(reason: string = closeUris.normal, message?: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#state.name !== 'established') {
        this.#finish(reason);
        resolve();
        return;
      }
      this.#send({ type: 'GOODBYE', details: { message } as MessageOf<'GOODBYE'>['details'], reason });
      this.#state = { name: 'leaving', resolve };
      this.#expect(() => this.#finish(reason));
      this.#settleAll(closedHere(reason));
    });
  }

  /** Settles as {@link Client.call} says. */
  call(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.#caller.call(procedure, args, options);
  }

  /**
   * Resolves with the publication's id when it was to be acknowledged; otherwise at once, or, when much waits to be sent,
   * as soon as less does.
   */
  async publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<number | undefined> {
    assertUri(topic, 'publish');
    if (options && reachesNobody(options)) return undefined;
    const build = (request: number): MessageOf<'PUBLISH'> => ({
      type: 'PUBLISH',
      request,
      options: wireOptions(options),
      topic,
      payload: payloadOf(args, options?.kwargs),
    });
    if (options?.acknowledge) return this.#requests.ask(build, ({ publication }) => publication);
    this.#requests.post(build);
    const room = this.#pressure.room();
    if (room) await room;
    return undefined;
  }

  /** Resolves once the router has confirmed. */
  add(what: Held): Promise<void> {
    return what instanceof Subscription ? this.#subscriber.held.add(what) : this.#callee.held.add(what as Registration);
  }

  /** Resolves once the router has confirmed. */
  async remove(what: Held): Promise<void> {
    if (this.#state.name !== 'established') return;
    await (what instanceof Subscription
      ? this.#subscriber.held.remove(what)
      : this.#callee.held.remove(what as Registration));
  }

  /** The one way out for everything after the opening: only an established session sends. */
  #send(message: ClientMessage): void {
    const state = this.#state;
    if (state.name !== 'established') throw state.name === 'ended' ? state.reason : closedHere(closeUris.normal);
    this.#channel.send(message);
  }

  /** Gives the opening so much more time, or what is left of the time for all of it. */
  #expectAnswer(limitMs: number): void {
    const leftMs = this.#due - this.#options.clock.now();
    this.#expect(
      () => this.#abort(new TimeoutError('no answer to HELLO in time'), errorUris.timeout),
      Math.min(limitMs, leftMs),
    );
  }

  /** Gives the router its time to answer. */
  #expect(otherwise: () => void, limitMs = this.#options.timeoutMs): void {
    this.#cancelTimer();
    if (this.#options.timeoutMs > 0) this.#cancelTimer = this.#options.clock.after(limitMs, otherwise);
  }

  /** The top of everything that comes in: a violation ends the session and never leaves the socket's callback. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      // What goes wrong in the opening is the end of it; later, only a violation is.
      if (error instanceof ProtocolViolation || this.#state.name === 'opening') this.#abort(toError(error));
      else this.#options.onError(toError(error));
    }
  }

  #receive(message: Message): void {
    const state = this.#state;
    const { type } = message;
    this.heard = true;
    if (type === 'ABORT' && state.name !== 'ended') this.#end(new AbortedError(message.reason, message.details));
    else if (state.name === 'opening') this.#receiveOpening(message, state);
    else if (state.name === 'established') this.#receiveEstablished(message as RouterMessage);
    // Whatever else comes after this side's GOODBYE is too late.
    else if (type === 'GOODBYE' && state.name === 'leaving') this.#finish(message.reason);
  }

  #receiveOpening(message: Message, state: Opening): void {
    switch (message.type) {
      case 'WELCOME':
        // Whoever offers methods wants one of them, and not to be let in as anybody. xconn does not say by which it was;
        // Crossbar.io names, for a cookie, the one that the cookie was given for.
        if (this.#options.auth) {
          const { authprovider, authmethod = this.#asked } = message.details;
          this.#methodOf(authprovider === 'cookie' ? authprovider : authmethod).verify?.(message.details);
        }
        this.#cancelTimer();
        this.#id = message.session;
        this.#welcome = message.details;
        this.#state = { name: 'established' };
        this.#options.onJoined?.(message.details);
        state.resolve(message.details);
        return;
      case 'CHALLENGE':
        void this.#authenticate(message);
        return;
      default:
        throw new ProtocolViolation(`${message.type}: expected WELCOME, CHALLENGE or ABORT first`);
    }
  }

  async #authenticate({ authmethod, extra }: MessageOf<'CHALLENGE'>): Promise<void> {
    this.#asked = authmethod;
    // Somebody may have to be asked for the secret.
    this.#expectAnswer(Infinity);
    try {
      const answer = await this.#methodOf(authmethod).answer(extra, this.#channel);
      if (this.#state.name !== 'opening') return;
      this.#expectAnswer(OPENING_MS);
      this.#channel.send({ type: 'AUTHENTICATE', signature: answer.signature, extra: answer.extra ?? NO_DICT });
    } catch (error) {
      this.#abort(toError(error));
    }
  }

  #methodOf(wanted: string | undefined): AuthMethod {
    const method = this.#options.auth?.find(({ name }) => name === wanted);
    if (!method) throw new UsageError(`the router wants '${wanted}', which was not offered`);
    return method;
  }

  #receiveEstablished(message: RouterMessage): void {
    switch (message.type) {
      case 'RESULT':
        if (message.details.progress) this.#requests.part(message);
        else this.#requests.answer(message);
        return;
      case 'EVENT':
        return this.#subscriber.event(message);
      case 'INVOCATION':
        return this.#callee.invocation(message);
      case 'INTERRUPT':
        return this.#callee.interrupt(message);
      case 'ERROR':
        return this.#requests.fail(message);
      case 'PUBLISHED':
        this.#requests.answer(message);
        return;
      case 'SUBSCRIBED':
        if (!this.#requests.answer(message)) this.#subscriber.held.late(message.subscription);
        return;
      case 'REGISTERED':
        if (!this.#requests.answer(message)) this.#callee.held.late(message.registration);
        return;
      case 'UNSUBSCRIBED':
        if (message.request) this.#requests.answer(message);
        else this.#revoked(this.#subscriber.held.revoked(message.details?.subscription ?? 0), message.details?.reason);
        return;
      case 'UNREGISTERED':
        if (message.request) this.#requests.answer(message);
        else this.#revoked(this.#callee.held.revoked(message.details?.registration ?? 0), message.details?.reason);
        return;
      case 'GOODBYE':
        this.#send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
        return this.#end(new ClosedError(`the router closed the session: ${message.reason}`, message.reason));
      default:
        throw new ProtocolViolation(`${message.type}: not from a router in an established session`);
    }
  }

  #revoked(what: Iterable<Held>, reason: string | undefined): void {
    for (const one of what) this.#options.onRevoked(one, reason);
  }

  /** Ends the session from this side with ABORT. */
  #abort(error: Error, reason: string = reasonOf(error)): void {
    if (this.#state.name === 'ended') return;
    // Nothing follows a GOODBYE.
    if (this.#state.name !== 'leaving')
      this.#channel.send({ type: 'ABORT', details: { message: error.message }, reason });
    this.#end(error, reason === errorUris.protocolViolation ? 1002 : 1000);
  }

  #finish(reason: string): void {
    this.#end(closedHere(reason));
  }

  #lost({ code, reason }: CloseInfo): void {
    this.#end(new ConnectionLostError(`the connection was lost (code ${code}${reason && `, ${reason}`})`, true));
  }

  /** The one place where a session ends: in the same turn, everything that is pending is settled. */
  #end(reason: Error, code = 1000): void {
    const state = this.#state;
    if (state.name === 'ended') return;
    this.#cancelTimer();
    this.#state = { name: 'ended', reason };
    this.#channel.close(code, reason.message);
    this.#settleAll(reason);
    if (state.name === 'opening') state.reject(reason);
    if (state.name === 'leaving') state.resolve();
    this.#options.onEnd(reason);
  }

  #settleAll(reason: Error): void {
    this.#requests.end((what) => pendingError(what, reason));
    this.#callee.end(reason);
  }
}

function reasonOf(error: Error): string {
  return error instanceof ProtocolViolation ? errorUris.protocolViolation : errorUris.authenticationFailed;
}

function closedHere(reason: string): ClosedError {
  return new ClosedError('the session was closed', reason);
}

/** Each pending promise gets an error of its own, of the same class as the reason, that names what it was waiting for. */
function pendingError(what: string, reason: Error): Error {
  const message = `${what} was not answered: ${reason.message}`;
  if (reason instanceof ConnectionLostError) return new ConnectionLostError(message, true, { cause: reason });
  if (reason instanceof ClosedError) return new ClosedError(message, reason.uri);
  return reason;
}
