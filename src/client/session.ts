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
import { type Callee, openCallee } from './callee.ts';
import { openCaller } from './caller.ts';
import { AbortedError, ClosedError, ConnectionLostError, TimeoutError } from './errors.ts';
import { CLIENT_FEATURES } from './features.ts';
import { type CallOptions, type PublishOptions, reachesNobody, wireOptions } from './options.ts';
import type { Held } from './held.ts';
import type { Line } from './line.ts';
import type { Holdings } from './holdings.ts';
import { type Pressure, pressureOn } from './pressure.ts';
import { openRequests, type Requests } from './requests.ts';
import { openSubscriber, type Subscriber } from './subscriber.ts';
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

/** The states of a session, in their order. */
const NEW = 0;
const OPENING = 1;
const ESTABLISHED = 2;
const LEAVING = 3;
const ENDED = 4;

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
  /** Settles as {@link Client.call} says. */
  readonly call: (procedure: string, args?: readonly unknown[], options?: CallOptions) => Promise<unknown>;
  readonly #subscriber: Subscriber;
  readonly #callee: Callee;
  /** One of the five below. */
  #state: number = NEW;
  /** Settles what waits for the state to change: `join` or `leave`. */
  #settle = (_reason?: Error): void => {};
  /** Why it is over, once it is. */
  #reason = closedHere(closeUris.normal) as Error;
  /** The method of the last challenge. */
  #asked: string | undefined;
  /** Its WELCOME. */
  #welcome: { readonly session?: number; readonly details: Welcome } = { details: { roles: {} } };
  #cancelTimer = (): void => {};
  /** When the opening has to be done. */
  #due = 0;
  /** Set by whatever comes; taken back by whoever wants to know whether more does. @internal */
  heard = false;

  constructor(channel: Channel, options: SessionOptions) {
    const { timeoutMs, clock, onError, onRevoked } = options;
    this.#channel = channel;
    this.#options = options;
    this.#pressure = pressureOn(channel, clock, () => this.#state === ESTABLISHED);
    const line: Line = {
      send: (message) => {
        this.#pressure.check(message);
        this.#send(message);
      },
      room: this.#pressure.room,
      can: (feature) => hasFeature(this.#welcome.details.roles, 'dealer', feature),
      onError: (thrown) => onError(toError(thrown)),
      onRevoked,
      clock,
      timeoutMs,
    };
    this.#requests = openRequests(line);
    this.call = openCaller(this.#requests, line);
    this.#subscriber = openSubscriber(this.#requests, line);
    this.#callee = openCallee(this.#requests, line);
  }

  /** The id that the router gave; undefined before it has. */
  get id(): number | undefined {
    return this.#welcome.session;
  }

  get realm(): string {
    return this.#options.realm;
  }

  /** `WELCOME.details`: who this session is (`authid`, `authrole`) and what the router can do (`roles`). */
  get welcome(): Welcome {
    return this.#welcome.details;
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
      if (this.#state !== NEW) throw closedHere(closeUris.normal);
      this.#state = OPENING;
      this.#settle = (reason) => (reason ? reject(reason) : resolve(this.#welcome.details));
      this.#due = clock.now() + timeoutMs;
      this.#expectAnswer(OPENING_MS);
      try {
        assertUri(realm, 'realm');
        this.#channel.open({
          message: (message) => this.#receive(message),
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
  async leave(reason: string = closeUris.normal, message?: string): Promise<void> {
    const error = closedHere(reason);
    if (this.#state !== ESTABLISHED) return this.#end(error);
    this.#send({ type: 'GOODBYE', details: { message } as MessageOf<'GOODBYE'>['details'], reason });
    this.#state = LEAVING;
    // Whoever has all the time for answers has something else to do than to leave.
    this.#expect(() => this.#end(error), this.#options.timeoutMs || OPENING_MS);
    const left = new Promise<void>((resolve) => (this.#settle = () => resolve()));
    this.#settleAll(error);
    await left;
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
    return this.#holdings(what).add(what);
  }

  /** Resolves once the router has confirmed. */
  async remove(what: Held): Promise<void> {
    if (this.#state === ESTABLISHED) await this.#holdings(what).remove(what);
  }

  #holdings(what: Held): Holdings<Held> {
    return (what instanceof Subscription ? this.#subscriber : this.#callee).holdings as Holdings<Held>;
  }

  /** The one way out for everything after the opening: only an established session sends. */
  #send(message: ClientMessage): void {
    if (this.#state !== ESTABLISHED) throw this.#reason;
    this.#channel.send(message);
  }

  /** What else may be the matter with who does not open a session: one that has asked for a proof is a router. */
  #noRouter(why: string): string {
    const what = this.#asked ? `challenged by ${this.#asked}` : 'does not look like a WAMP router';
    return `${this.#channel.url ?? 'the other side'} ${what}: ${why}`;
  }

  /** Gives the opening so much more time, or what is left of the time for all of it. */
  #expectAnswer(limitMs: number): void {
    const leftMs = this.#due - this.#options.clock.now();
    const ms = Math.min(limitMs, leftMs);
    const text = this.#noRouter(`no WELCOME within ${Math.ceil(ms)} ms`);
    if (this.#options.timeoutMs > 0) this.#expect(() => this.#abort(new TimeoutError(text)), ms);
  }

  /** Gives the router its time to answer. */
  #expect(otherwise: () => void, limitMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(limitMs, otherwise);
  }

  /** The top of everything that comes in: a violation ends the session and never leaves the socket's callback. */
  #receive(message: Message): void {
    const state = this.#state;
    this.heard = true;
    try {
      if (message.type === 'ABORT') this.#end(new AbortedError(message.reason, message.details));
      else if (state === OPENING) this.#receiveOpening(message);
      else if (state === ESTABLISHED) this.#receiveEstablished(message as RouterMessage);
      // Whatever else comes after this side's GOODBYE is too late, and anything after the end.
      else if (message.type === 'GOODBYE') this.#end(closedHere(message.reason));
    } catch (error) {
      // What goes wrong in the opening is the end of it; later, only a violation is.
      if (error instanceof ProtocolViolation || this.#state === OPENING) this.#abort(toError(error));
      else this.#options.onError(toError(error));
    }
  }

  #receiveOpening(message: Message): void {
    switch (message.type) {
      case 'WELCOME':
        // Whoever offers methods wants one of them, and not to be let in as anybody. xconn does not say by which it was;
        // Crossbar.io names, for a cookie, the one that the cookie was given for.
        if (this.#options.auth) {
          const { authprovider, authmethod = this.#asked } = message.details;
          this.#methodOf(authprovider === 'cookie' ? authprovider : authmethod).verify?.(message.details);
        }
        this.#cancelTimer();
        this.#welcome = message;
        this.#state = ESTABLISHED;
        // First, as who hears of it may end the session at once.
        this.#settle();
        return this.#options.onJoined?.(message.details);
      case 'CHALLENGE':
        void this.#authenticate(message);
        return;
      default:
        throw unexpected(message);
    }
  }

  async #authenticate({ authmethod, extra }: MessageOf<'CHALLENGE'>): Promise<void> {
    this.#asked = authmethod;
    // Somebody may have to be asked for the secret.
    this.#expectAnswer(Infinity);
    try {
      const answer = await this.#methodOf(authmethod).answer(extra, this.#channel);
      if (this.#state !== OPENING) return;
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
      case 'ERROR':
      case 'PUBLISHED':
        this.#requests.answer(message);
        return;
      case 'EVENT':
        return this.#subscriber.event(message);
      case 'INVOCATION':
        return this.#callee.invocation(message);
      case 'INTERRUPT':
        return this.#callee.interrupt(message);
      case 'SUBSCRIBED':
      case 'UNSUBSCRIBED':
        return this.#subscriber.holdings.heardOf(message);
      case 'REGISTERED':
      case 'UNREGISTERED':
        return this.#callee.holdings.heardOf(message);
      case 'GOODBYE':
        this.#send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
        return this.#end(new ClosedError(`the router closed the session: ${message.reason}`, message.reason));
      default:
        throw unexpected(message);
    }
  }

  /** Ends the session from this side with ABORT. */
  #abort(error: Error): void {
    const isViolation = error instanceof ProtocolViolation;
    const other = error instanceof TimeoutError ? errorUris.timeout : errorUris.authenticationFailed;
    const reason = isViolation ? errorUris.protocolViolation : other;
    const thrown =
      isViolation && this.#state === OPENING ? new ProtocolViolation(this.#noRouter(error.message)) : error;
    // Nothing follows a GOODBYE.
    if (this.#state < LEAVING) this.#channel.send({ type: 'ABORT', details: { message: error.message }, reason });
    this.#end(thrown, isViolation ? 1002 : 1000);
  }

  #lost({ code, reason }: CloseInfo): void {
    this.#end(
      new ConnectionLostError(
        `the connection was lost${this.#state === OPENING ? ': no WELCOME' : ''} (code ${code}${reason && `, ${reason}`})`,
        true,
      ),
    );
  }

  /** The one place where a session ends: in the same turn, everything that is pending is settled. */
  #end(reason: Error, code = 1000): void {
    if (this.#state === ENDED) return;
    this.#cancelTimer();
    this.#state = ENDED;
    this.#reason = reason;
    this.#channel.close(code, reason.message);
    this.#settleAll(reason);
    this.#settle(reason);
    this.#options.onEnd(reason);
  }

  #settleAll(reason: Error): void {
    this.#requests.end((what) => pendingError(what, reason));
    this.#callee.end(reason);
  }
}

function closedHere(reason: string): ClosedError {
  return new ClosedError('the session was closed', reason);
}

function unexpected({ type }: Message): ProtocolViolation {
  return new ProtocolViolation(`${type}: not expected now`);
}

/** Each pending promise gets an error of its own, of the same class as the reason, that names what it was waiting for. */
function pendingError(what: string, reason: Error): Error {
  const message = `${what} was not answered: ${reason.message}`;
  if (reason instanceof ConnectionLostError) return new ConnectionLostError(message, true, { cause: reason });
  if (reason instanceof ClosedError) return new ClosedError(message, reason.uri);
  return reason;
}
