import { type Clock, toError } from '../base/index.ts';
import {
  CLIENT_ROLES,
  type ClientMessage,
  closeUris,
  errorUris,
  isUri,
  MESSAGES,
  type Message,
  type MessageOf,
  ProtocolViolation,
} from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';
import { Member } from './member.ts';
import { type Realm, ROUTER_FEATURES } from './realm.ts';

/** What a session needs of its router. */
export interface SessionHost {
  readonly clock: Clock;
  readonly agent: string;
  /** Milliseconds from the connection to HELLO. */
  readonly helloTimeoutMs: number;
  /** Milliseconds that a client has to answer GOODBYE, and to close what it opened. */
  readonly goodbyeTimeoutMs: number;
  realm(name: string): Realm | undefined;
  newId(): number;
  /** A mistake of the router's own. */
  failed(error: Error): void;
  /** The session is over and its channel closed or closing. */
  ended(session: RouterSession): void;
}

type State =
  | { readonly name: 'opening' }
  | { readonly name: 'established' | 'leaving'; readonly realm: Realm; readonly member: Member }
  | { readonly name: 'ended' };

/** The router's half of a session. Specification: Basic Profile, "Sessions". */
export class RouterSession {
  readonly #channel: Channel;
  readonly #host: SessionHost;
  #state: State = { name: 'opening' };
  #cancelTimer: () => void;

  constructor(channel: Channel, host: SessionHost) {
    this.#channel = channel;
    this.#host = host;
    this.#cancelTimer = host.clock.after(host.helloTimeoutMs, () => this.#abort(errorUris.timeout, 'no HELLO in time'));
  }

  start(): void {
    this.#channel.open({
      message: (message) => this.#guard(() => this.#receive(message)),
      violation: (error) => this.#violated(error),
      closed: () => this.#end(),
    });
  }

  /** Says GOODBYE, or just closes when nobody has joined yet. The client's answer, or its silence, ends the session. */
  goodbye(reason: string, message?: string): void {
    const state = this.#state;
    if (state.name !== 'established') {
      if (state.name === 'opening') this.#abort(reason, message ?? 'the router is closing');
      return;
    }
    this.#state = { ...state, name: 'leaving' };
    state.realm.leave(state.member);
    this.#channel.send({ type: 'GOODBYE', details: message === undefined ? {} : { message }, reason });
    this.#cancelTimer = this.#host.clock.after(this.#host.goodbyeTimeoutMs, () => this.#close(1000));
  }

  #receive(message: Message): void {
    const state = this.#state;
    if (state.name === 'ended') return;
    if (MESSAGES[message.type].from === 'router')
      throw new ProtocolViolation(`${message.type}: only routers send this`);
    if (message.type === 'ABORT') {
      this.#close(1000);
      return;
    }
    switch (state.name) {
      case 'opening':
        if (message.type !== 'HELLO') throw new ProtocolViolation(`${message.type}: expected HELLO first`);
        this.#hello(message);
        return;
      case 'established':
        if (message.type === 'GOODBYE') this.#goodbyeAndOut();
        else state.realm.receive(state.member, message as ClientMessage);
        return;
      case 'leaving':
        if (message.type === 'GOODBYE') this.#close(1000);
        return;
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
    if (details.authmethods && details.authmethods.length > 0 && !details.authmethods.includes('anonymous')) {
      this.#abort(
        errorUris.noMatchingAuthMethod,
        `this realm admits anonymous sessions; offered were ${details.authmethods.join(', ').slice(0, 100)}`,
      );
      return;
    }
    this.#cancelTimer();
    const identity = {
      authid: this.#host.newId().toString(36),
      authrole: 'anonymous',
      authmethod: 'anonymous',
      authprovider: 'static',
    };
    const member = new Member(this.#host.newId(), identity, {
      roles: details.roles,
      send: (message) => this.#channel.send(message),
    });
    this.#state = { name: 'established', realm, member };
    realm.join(member);
    this.#channel.send({
      type: 'WELCOME',
      session: member.id,
      details: { realm: name, agent: this.#host.agent, roles: ROUTER_FEATURES, ...identity },
    });
  }

  /** The client leaves. It closes the connection too, as it opened it; one that forgets is helped. */
  #goodbyeAndOut(): void {
    // First of all, since a session that was calling itself is still to hear how that ended.
    this.#leaveRealm();
    this.#channel.send({ type: 'GOODBYE', details: {}, reason: closeUris.goodbyeAndOut });
    this.#cancelTimer = this.#host.clock.after(this.#host.goodbyeTimeoutMs, () => this.#close(1000));
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof ProtocolViolation) {
        this.#violated(error);
        return;
      }
      // Anything else is a mistake of this router's. It ends the session that met it, not the process.
      this.#host.failed(toError(error));
      this.#abort(errorUris.runtimeError, 'internal error');
    }
  }

  #violated(error: ProtocolViolation): void {
    this.#abort(errorUris.protocolViolation, error.message, 1002);
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
    this.#leaveRealm();
    this.#host.ended(this);
  }

  #leaveRealm(): void {
    const state = this.#state;
    this.#state = { name: 'ended' };
    if (state.name === 'established' || state.name === 'leaving') state.realm.leave(state.member);
  }
}
