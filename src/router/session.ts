import type { AuthAnswer } from '../auth/index.ts';
import { type Clock, toError } from '../base/index.ts';
import {
  CLIENT_ROLES,
  type ClientMessage,
  closeUris,
  type Dict,
  errorUris,
  isUri,
  MESSAGES,
  type Message,
  type MessageOf,
  ProtocolViolation,
  type Roles,
} from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';
import { type Admission, type Authentication, LoginRefused } from './authentication.ts';
import type { ConnectionInfo } from './connection.ts';
import { Intake } from './intake.ts';
import type { LoginAttempt, LoginThrottle } from './login-throttle.ts';
import { beyond, type LimitName, type Limits } from './limits.ts';
import { Member } from './member.ts';
import { Outbox, type SlowPolicy } from './outbox.ts';
import type { ChallengedMethod } from './principals.ts';
import { type Realm, ROUTER_FEATURES } from './realm.ts';
import { sendFitting } from './replies.ts';
import { TRUSTED_ROLE } from './sources.ts';

/** What a session needs of its router. */
export interface SessionHost {
  readonly clock: Clock;
  readonly agent: string;
  /** Milliseconds from the connection to HELLO. */
  readonly helloTimeoutMs: number;
  /** Milliseconds that proving who one is may take. */
  readonly authTimeoutMs: number;
  /** Milliseconds that a client has to answer GOODBYE, and to close what it opened. */
  readonly goodbyeTimeoutMs: number;
  realm(name: string): Realm | undefined;
  /** How a realm lets in those who come over this connection. */
  authentication(realm: Realm, connection: ConnectionInfo): Authentication;
  newId(): number;
  readonly limits: Limits;
  readonly slowPolicy: SlowPolicy;
  readonly throttle: LoginThrottle;
  // What is counted.
  loginFailed(): void;
  violated(): void;
  timedOut(): void;
  oversized(): void;
  eventDropped(): void;
  limitHit(name: LimitName): void;
  /** A mistake of the router's own. */
  failed(error: Error): void;
  /** The session is over and its channel closed or closing. */
  ended(session: RouterSession): void;
}

type State =
  | { readonly name: 'opening' }
  /** With what takes the answer to the CHALLENGE that was sent, if one was. */
  | { readonly name: 'authenticating'; answer: ((answer: AuthAnswer) => void) | undefined }
  | { readonly name: 'established' | 'leaving'; readonly realm: Realm; readonly member: Member }
  | { readonly name: 'ended' };

/** Not in the specification, but what Crossbar.io's clients say to be asked again who they are. */
const LOGOUT = 'wamp.close.logout';

/** What is known of a session before it has joined. */
interface Joining {
  readonly realm: Realm;
  readonly session: number;
  readonly roles: Roles;
}

/** The router's half of a session. Specification: Basic Profile, "Sessions". */
export class RouterSession {
  readonly #channel: Channel;
  readonly connection: ConnectionInfo;
  readonly #host: SessionHost;
  readonly #intake: Intake;
  #state: State = { name: 'opening' };
  #cancelTimer: () => void;
  #attempt: LoginAttempt | undefined;

  constructor(channel: Channel, connection: ConnectionInfo, host: SessionHost) {
    this.#channel = channel;
    this.connection = connection;
    this.#host = host;
    this.#intake = new Intake({
      take: (message) => this.#guard(message),
      // Answers wait for nobody: the authorizer itself may be what this session is.
      overtakes: ({ type }) => type === 'YIELD' || type === 'ERROR',
      flow: channel.pause && {
        pause: () => channel.pause?.(),
        resume: () => channel.resume?.(),
        received: () => channel.received?.() ?? 0,
      },
      slowedDown: () => host.limitHit('maxMessagesPerSecond'),
      overflow: () => this.#abort(errorUris.limitExceeded, 'more messages were sent than can wait here', 1013),
      clock: host.clock,
      maxPerSecond: host.limits.maxMessagesPerSecond,
    });
    this.#cancelTimer = host.clock.after(host.helloTimeoutMs, () => this.#tooLate('no HELLO in time'));
  }

  start(): void {
    this.#channel.open({
      message: (message) => this.#intake.push(message),
      violation: (error) => this.#intake.end(() => this.#violated(error)),
      closed: ({ code }) => {
        if (code === 1009) this.#host.oversized();
        this.#intake.end(() => this.#end());
      },
    });
  }

  /** Says GOODBYE, or just closes when nobody has joined yet. The client's answer, or its silence, ends the session. */
  goodbye(reason: string, message?: string): void {
    const state = this.#state;
    if (state.name !== 'established') {
      if (state.name === 'opening' || state.name === 'authenticating')
        this.#abort(reason, message ?? 'the router is closing');
      return;
    }
    this.#state = { ...state, name: 'leaving' };
    state.realm.leave(state.member);
    const goodbye = { type: 'GOODBYE', details: {}, reason } as const;
    const told = message === undefined ? goodbye : { ...goodbye, details: { message } };
    sendFitting((one) => this.#channel.send(one), told, goodbye);
    this.#cancelTimer = this.#host.clock.after(this.#host.goodbyeTimeoutMs, () => this.#close(1000));
  }

  /** With a promise when the next message has to wait for what becomes of this one. */
  #receive(message: Message): Promise<void> | undefined {
    const state = this.#state;
    if (state.name === 'ended') return undefined;
    if (MESSAGES[message.type].from === 'router')
      throw new ProtocolViolation(`${message.type}: only routers send this`);
    if (message.type === 'ABORT') {
      this.#close(1000);
      return undefined;
    }
    switch (state.name) {
      case 'opening':
        if (message.type !== 'HELLO') throw new ProtocolViolation(`${message.type}: expected HELLO first`);
        this.#hello(message);
        return undefined;
      case 'authenticating':
        if (message.type !== 'AUTHENTICATE' || !state.answer)
          throw new ProtocolViolation(`${message.type}: expected ${state.answer ? 'AUTHENTICATE' : 'nothing'} now`);
        this.#answer(state.answer, message);
        return undefined;
      case 'established':
        if (message.type !== 'GOODBYE') return state.realm.receive(state.member, message as ClientMessage);
        if (message.reason === LOGOUT) this.#logOut(state.realm);
        this.#goodbyeAndOut();
        return undefined;
      case 'leaving':
        if (message.type === 'GOODBYE') this.#close(1000);
        return undefined;
    }
  }

  #hello({ realm: name, details }: MessageOf<'HELLO'>): void {
    const realm = this.#host.realm(name);
    if (!realm) {
      this.#abort(
        isUri(name) ? errorUris.noSuchRealm : errorUris.invalidUri,
        `there is no realm '${name.slice(0, 100)}' here`,
      );
      return;
    }
    if (!CLIENT_ROLES.some((role) => Object.hasOwn(details.roles, role))) {
      throw new ProtocolViolation(`HELLO.details.roles: expected one or more of ${CLIENT_ROLES.join(', ')}`);
    }
    const session = this.#host.newId();
    const { identity } = this.connection;
    if (identity) {
      const authid = identity.authid ?? this.#host.newId().toString(36);
      const authrole = identity.authrole ?? TRUSTED_ROLE;
      const trusted = { authid, authrole, authmethod: TRUSTED_ROLE, authprovider: 'static' };
      this.#welcome({ realm, session, roles: details.roles }, { identity: trusted });
      return;
    }
    const joining = { realm, session, roles: details.roles };
    this.#attempt = { realm: realm.name, authid: details.authid ?? '', peer: this.connection.peer };
    this.#state = { name: 'authenticating', answer: undefined };
    const admission = this.#admit(() =>
      this.#host.authentication(realm, this.connection).login({
        realm: name,
        authmethods: details.authmethods ?? [],
        authid: details.authid ?? '',
        authextra: details.authextra ?? {},
        session,
        connection: this.connection,
        heard: () => this.#heard(),
        ask: (method, extra) => this.#challenge(method, extra),
      }),
    );
    if (!(admission instanceof Promise)) {
      if (admission) this.#welcome(joining, admission);
      return;
    }
    if (this.#isOver()) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#host.clock.after(this.#host.authTimeoutMs, () =>
      this.#tooLate('this login has taken too long'),
    );
    admission
      .then(
        (admitted) => {
          if (this.#state.name !== 'authenticating') return;
          if (this.#attempt) this.#host.throttle.succeeded(this.#attempt);
          this.#welcome(joining, admitted);
        },
        (error: unknown) => this.#refused(error),
      )
      .catch((error: unknown) => this.#caught(error));
  }

  /** Undefined when it was refused at once. */
  #admit(login: () => Admission | Promise<Admission>): Admission | Promise<Admission> | undefined {
    try {
      return login();
    } catch (error) {
      this.#refused(error);
      return undefined;
    }
  }

  #refused(error: unknown): void {
    if (this.#state.name === 'ended') return;
    this.#host.loginFailed();
    if (error instanceof LoginRefused) {
      if (this.#attempt && error.uri === errorUris.authenticationFailed) this.#host.throttle.failed(this.#attempt);
      this.#abort(error.uri, error.message);
      return;
    }
    this.#host.failed(toError(error));
    this.#abort(errorUris.authenticationFailed, 'internal error');
  }

  // These never settle when the session ends meanwhile; then nobody waits for it any more.

  #heard(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isThrottled()) resolve();
    });
  }

  #challenge(authmethod: ChallengedMethod, extra: Dict): Promise<AuthAnswer> {
    return new Promise((resolve) => {
      if (this.#state.name !== 'authenticating' || this.#isThrottled()) return;
      this.#state = { name: 'authenticating', answer: resolve };
      this.#channel.send({ type: 'CHALLENGE', authmethod, extra });
    });
  }

  #answer(take: (answer: AuthAnswer) => void, { signature, extra }: MessageOf<'AUTHENTICATE'>): void {
    this.#state = { name: 'authenticating', answer: undefined };
    // Others may have failed since the challenge was sent.
    if (!this.#isThrottled()) take({ signature, extra });
  }

  /** Too many have guessed: this one is not even heard. */
  #isThrottled(): boolean {
    const { throttle, limits } = this.#host;
    const limit = this.#attempt && throttle.limitOf(this.#attempt);
    if (!limit) return false;
    this.#host.loginFailed();
    this.#host.limitHit(limit);
    const { uri, why } = beyond(limits, limit);
    this.#abort(uri, `${why} may fail in a minute; try again later`, 1013);
    return true;
  }

  #welcome({ realm, session, roles }: Joining, { identity, authextra }: Admission): void {
    this.#cancelTimer();
    const { limits, slowPolicy } = this.#host;
    const outbox = new Outbox(this.#channel, {
      maxQueuedBytes: limits.maxQueuedBytes,
      policy: slowPolicy,
      dropped: (count) => this.#dropped(realm, member, count),
      caughtUp: (count) => realm.tellOfDropped(member, count),
      tooSlow: () => this.#tooSlow(),
    });
    const member = new Member(session, identity, {
      roles,
      access: realm.accessOf(identity.authrole),
      send: (message) => outbox.send(message),
      goodbye: (reason, message) => this.goodbye(reason, message),
    });
    this.#intake.setRate(realm.rateOf(member));
    this.#state = { name: 'established', realm, member };
    this.#channel.send({
      type: 'WELCOME',
      session,
      details: {
        realm: realm.name,
        agent: this.#host.agent,
        roles: ROUTER_FEATURES,
        ...identity,
        ...(authextra && { authextra }),
      },
    });
    realm.join(member);
  }

  #logOut(realm: Realm): void {
    const { cookie } = this.connection;
    if (cookie !== undefined) this.#host.authentication(realm, this.connection).forget(cookie);
  }

  /** The client leaves. It closes the connection too, as it opened it; one that forgets is helped. */
  #goodbyeAndOut(): void {
    // First of all, since a session that was calling itself is still to hear how that ended.
    this.#leaveRealm();
    this.#channel.send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    this.#cancelTimer = this.#host.clock.after(this.#host.goodbyeTimeoutMs, () => this.#close(1000));
  }

  #guard(message: Message): Promise<void> | undefined {
    try {
      return this.#receive(message)?.catch((error: unknown) => this.#caught(error));
    } catch (error) {
      this.#caught(error);
      return undefined;
    }
  }

  #caught(error: unknown): void {
    if (error instanceof ProtocolViolation) {
      this.#violated(error);
      return;
    }
    // Anything else is a mistake of this router's. It ends the session that met it, not the process.
    this.#host.failed(toError(error));
    this.#abort(errorUris.runtimeError, 'internal error');
  }

  #dropped(realm: Realm, member: Member, count: number): void {
    this.#host.eventDropped();
    if (count > 1) return;
    this.#host.limitHit('maxQueuedBytes');
    realm.tellOfDropped(member, count);
  }

  /** Is told why, if it still reads; what it does not read in time is thrown away. */
  #tooSlow(): void {
    if (this.#state.name === 'ended') return;
    const { limits, clock, goodbyeTimeoutMs } = this.#host;
    this.#host.limitHit('maxQueuedBytes');
    const { why } = beyond(limits, 'maxQueuedBytes');
    this.#abort(errorUris.limitExceeded, `${why}; this session reads too slowly`, 1013);
    clock.after(goodbyeTimeoutMs, () => this.#channel.drop?.());
  }

  #violated(error: ProtocolViolation): void {
    if (this.#state.name !== 'ended') this.#host.violated();
    // What stands where a secret belongs is not sent around again, whatever it is.
    const message = error.message.replace(/^(AUTHENTICATE\.signature: expected \w+), got .*/s, '$1');
    this.#abort(errorUris.protocolViolation, message, 1002);
  }

  #tooLate(message: string): void {
    this.#host.timedOut();
    this.#abort(errorUris.timeout, message);
  }

  #abort(reason: string, message: string, code = 1000): void {
    if (this.#state.name === 'ended') return;
    // After GOODBYE nothing more is said.
    if (this.#state.name !== 'leaving') this.#channel.send({ type: 'ABORT', details: { message }, reason });
    this.#close(code, message);
  }

  #close(code: number, reason?: string): void {
    this.#channel.close(code, reason);
    this.#end();
  }

  /** The one place where a session ends, for whatever cause. */
  #end(): void {
    this.#cancelTimer();
    this.#intake.stop();
    this.#leaveRealm();
    this.#host.ended(this);
  }

  #isOver(): boolean {
    return this.#state.name === 'ended';
  }

  #leaveRealm(): void {
    const state = this.#state;
    this.#state = { name: 'ended' };
    if (state.name === 'established' || state.name === 'leaving') state.realm.leave(state.member);
  }
}
