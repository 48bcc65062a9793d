import { type ClientMessage, type Roles, ProtocolViolation } from '../protocol/index.ts';
import type { Access, Guarded, Passed, Verdict } from './access.ts';
import { Authorization, isGuarded } from './authorization.ts';
import { Broker } from './broker.ts';
import { Dealer, type DealerHost } from './dealer.ts';
import type { Call, Member } from './member.ts';
import { administered } from './meta/administration.ts';
import { MetaEvents } from './meta/meta-events.ts';
import { historyProcedures } from './meta/history-meta.ts';
import { registrationProcedures, tellOfRegistrations } from './meta/registration-meta.ts';
import { sessionProcedures, tellOfJoin, tellOfLeave } from './meta/session-meta.ts';
import { subscriptionProcedures, tellOfSubscriptions } from './meta/subscription-meta.ts';
import { testamentProcedures } from './meta/testament-meta.ts';
import { History } from './history.ts';
import { beyond, type LimitName, type Limits, limitReached } from './limits.ts';
import type { RealmOptions } from './realm-options.ts';
import { Retention } from './retention.ts';
import { type Refusal, refuse } from './replies.ts';
import { type CallProcedure, TRUSTED_ROLE } from './sources.ts';
import { Bequests } from './testaments.ts';
import { TrustLevels } from './trust.ts';
import { wallTime } from './wall-time.ts';

/** What this router announces in WELCOME. */
export const ROUTER_FEATURES: Roles = {
  broker: {
    features: {
      event_history: true,
      event_retention: true,
      pattern_based_subscription: true,
      payload_passthru_mode: true,
      publication_trustlevels: true,
      publisher_exclusion: true,
      publisher_identification: true,
      session_meta_api: true,
      subscriber_blackwhite_listing: true,
      subscription_meta_api: true,
      subscription_revocation: true,
    },
  },
  dealer: {
    features: {
      call_canceling: true,
      call_reroute: true,
      call_timeout: true,
      call_trustlevels: true,
      caller_identification: true,
      pattern_based_registration: true,
      payload_passthru_mode: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      registration_meta_api: true,
      registration_revocation: true,
      session_meta_api: true,
      shared_registration: true,
      testament_meta_api: true,
    },
  },
};

/** How much a realm holds at the moment. */
export interface RealmCounts {
  readonly sessions: number;
  readonly subscriptions: number;
  readonly registrations: number;
  /** Calls that are not answered yet. */
  readonly calls: number;
  /** Events that are kept for those who subscribe later. */
  readonly retained: number;
  /** Events that were to be kept, but had to go for want of room; since the router was started. */
  readonly retainedDropped: number;
}

/** What a realm needs of its router. */
export interface RealmHost extends DealerHost {
  readonly call: CallProcedure;
  readonly limits: Limits;
  /** Counts that an event cannot be written for one of its receivers. */
  readonly undelivered: () => void;
}

/** A realm: a world of its own for those who have joined it. Specification: Basic Profile, "Realms, Sessions and Transports". */
export class Realm {
  readonly name: string;
  readonly members = new Map<number, Member>();
  readonly #broker: Broker;
  readonly #dealer: Dealer;
  readonly #events: MetaEvents;
  readonly #retention: Retention;
  readonly #authorization: Authorization | undefined;
  /** Who may end what others have. */
  readonly #mayEnd: (member: Member) => boolean;
  readonly #limits: Limits;
  readonly #limitHit: (name: LimitName) => void;
  readonly #bequests: Bequests;
  readonly #history: History | undefined;

  constructor(options: RealmOptions, host: RealmHost) {
    const { name, disclosure = 'ask', trustLevels = [], retention = {}, roles } = options;
    const { maxCallTimeout = 0, maxWaitingCalls = 1000 } = options;
    const trust = new TrustLevels(trustLevels);
    this.name = name;
    this.#authorization = roles && new Authorization(name, roles, host);
    this.#limits = host.limits;
    this.#limitHit = host.limitHit;
    this.#bequests = new Bequests(host.limits);
    this.#retention = new Retention(retention);
    const history = options.history && new History(name, options.history, wallTime(host.clock));
    this.#history = history;
    this.#broker = new Broker({
      newId: host.newId,
      disclosure,
      trust,
      retention: this.#retention,
      history,
      undelivered: host.undelivered,
    });
    history?.prepare(this.#broker.subscriptions);
    const { administrators = [] } = options;
    // Whose role says what it may do was asked already.
    this.#mayEnd = ({ access, identity: { authmethod, authrole } }: Member): boolean =>
      access !== undefined || authmethod === TRUSTED_ROLE || administrators.includes(authrole);
    const { limits } = host;
    this.#dealer = new Dealer(host, { disclosure, trust, maxCallTimeout, maxWaitingCalls, limits }, this.#mayEnd);
    this.#events = new MetaEvents(this.#broker, host.newId);
    tellOfSubscriptions(this.#broker, this.#events);
    tellOfRegistrations(this.#dealer, this.#events);
    const procedures = {
      ...sessionProcedures(this),
      ...registrationProcedures(this.#dealer),
      ...subscriptionProcedures(this.#broker),
      ...historyProcedures({
        subscriptions: this.#broker.subscriptions,
        history,
        judge: (member, message) => member.access?.judge(member, message) ?? { pass: message },
      }),
      ...testamentProcedures({
        bequests: this.#bequests,
        limited: (name) => this.#beyond(name),
        judge: (member, testament) => member.access?.judge(member, testament) ?? { pass: testament },
        refusalOf: (testament) => this.#broker.refusalOf(testament),
        isHere: ({ id }) => this.members.has(id),
      }),
    };
    for (const [uri, procedure] of Object.entries(administered(procedures, this.#mayEnd)))
      this.#dealer.provide(uri, procedure);
  }

  get counts(): RealmCounts {
    const calls = new Set<Call>();
    for (const member of this.members.values()) {
      for (const call of [...member.calls.values(), ...member.invocations.values()])
        if (call.state !== 'abandoned') calls.add(call);
    }
    return {
      sessions: this.members.size,
      subscriptions: this.#broker.subscriptions.size,
      registrations: this.#dealer.registrations.size,
      calls: calls.size,
      retained: this.#retention.size,
      retainedDropped: this.#retention.dropped,
    };
  }

  /** What somebody of this role may do; undefined for everything. */
  accessOf(authrole: string): Access | undefined {
    return this.#authorization?.of(authrole);
  }

  /** How many messages a session may send in a second. */
  rateOf(member: Member): number {
    const { access } = member;
    if (!access && this.#mayEnd(member)) return Number.POSITIVE_INFINITY;
    const { maxMessagesPerSecond } = access ?? {};
    return maxMessagesPerSecond === 0
      ? Number.POSITIVE_INFINITY
      : (maxMessagesPerSecond ?? this.#limits.maxMessagesPerSecond);
  }

  /** Tells who listens that a session is too slow for its events: when the first is dropped, and how many once it is not. */
  tellOfDropped({ id }: Member, count: number): void {
    this.#events.publish('wamp.session.on_events_dropped', () => [id, count]);
  }

  join(member: Member): void {
    this.members.set(member.id, member);
    tellOfJoin(member, this.#events);
  }

  /** Resolves when what is to be kept is safe. */
  async close(): Promise<void> {
    this.#authorization?.close();
    await this.#history?.close();
  }

  /** Takes a session out of everything; `quietly`: without a word that it was there. */
  leave(member: Member, quietly = false): void {
    if (!this.members.delete(member.id)) return;
    this.#broker.subscriptions.leave(member);
    this.#dealer.leave(member);
    const testaments = this.#bequests.take(member);
    if (quietly) return;
    for (const testament of testaments) this.#broker.publish(member, testament);
    tellOfLeave(member, this.#events);
  }

  /**
   * A message of a joined session. What it may not send now is a {@link ProtocolViolation}. A promise means that somebody
   * has to be asked whether it may: until then its next messages have to wait.
   */
  receive(member: Member, message: ClientMessage): Promise<void> | undefined {
    const limit = limitReached(this.#limits, member, message);
    if (limit) {
      this.#refuse(member, message as Guarded, this.#beyond(limit));
      return undefined;
    }
    if (member.access && isGuarded(message)) {
      const verdict = member.access.judge(member, message);
      if (verdict instanceof Promise)
        return verdict.then((later) => {
          if (this.members.has(member.id)) this.#settle(member, message, later);
        });
      this.#settle(member, message, verdict);
      return undefined;
    }
    this.#dispatch(member, message);
    return undefined;
  }

  #beyond(name: keyof Limits): Refusal {
    this.#limitHit(name);
    return beyond(this.#limits, name);
  }

  /** A message of the router itself, which needs no permission and is held to no limit: it asks for all who wait for it. */
  receiveOwn(member: Member, message: ClientMessage): void {
    this.#dispatch(member, message);
  }

  #settle(member: Member, message: Guarded, verdict: Verdict): void {
    if ('pass' in verdict) this.#dispatch(member, verdict.pass);
    // Without acknowledgement there is no answer, not even to say that it was refused.
    else if (message.type !== 'PUBLISH' || message.options.acknowledge) this.#refuse(member, message, verdict.refusal);
  }

  #refuse(member: Member, message: Guarded, refusal: Refusal): void {
    if (message.type === 'CALL') this.#dealer.refuse(member, message, refusal);
    else refuse(member, message, refusal);
  }

  #dispatch(member: Member, message: ClientMessage | Passed): void {
    switch (message.type) {
      case 'PUBLISH':
        return this.#broker.publish(member, message);
      case 'SUBSCRIBE':
        return this.#broker.subscribe(member, message);
      case 'UNSUBSCRIBE':
        return this.#broker.unsubscribe(member, message);
      case 'CALL':
        return this.#dealer.call(member, message);
      case 'CANCEL':
        return this.#dealer.cancel(member, message);
      case 'REGISTER':
        return this.#dealer.register(member, message);
      case 'UNREGISTER':
        return this.#dealer.unregister(member, message);
      case 'YIELD':
        return this.#dealer.yield(member, message);
      case 'ERROR':
        return this.#dealer.error(member, message);
      case 'EVENT_RECEIVED':
        return;
      case 'HELLO':
      case 'AUTHENTICATE':
      case 'ABORT':
      case 'GOODBYE':
        throw new ProtocolViolation(`${message.type}: the session is established already`);
    }
  }
}
