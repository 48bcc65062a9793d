import { type MatchPolicy, matchesUri, type Message, type MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';

import { pseudoRandom } from '../e2e/pseudo-random.ts';
import { ALL_FEATURES, Peer } from './peer.ts';

const TOPICS = ['a', 'a.b', 'a.b.c', 'a.c', 'ab', 'b.b', 'b.c.c'];
const PATTERNS: readonly (readonly [MatchPolicy, string])[] = [
  ...TOPICS.map((topic) => ['exact', topic] as const),
  ...['', 'a', 'a.', 'a.b', 'b.'].map((topic) => ['prefix', topic] as const),
  ...['.b', 'a.', '..c', 'a..c', '.'].map((topic) => ['wildcard', topic] as const),
];
const POLICIES = ['single', 'roundrobin', 'last'] as const;
const SUBSCRIBER = { ...ALL_FEATURES, subscriber: { features: { subscription_revocation: true } } };

type Options = MessageOf<'PUBLISH'>['options'];

/** A session, and what it has according to the answers it got. */
interface Party {
  readonly peer: Peer;
  /** By the ids of its subscriptions. */
  readonly subscriptions: Map<number, readonly [MatchPolicy, string]>;
  readonly registrations: Set<number>;
  seen: number;
}

/** Subscriptions or registrations as the events of the meta API tell of them: who is in each. */
type Held = Map<number, Set<number>>;

/**
 * Sessions that come, go, subscribe, register and publish in an order that the seed decides, while one listens to all
 * that the meta API tells. What is wrong is in `problems`.
 */
export class BrokerInterleaving {
  readonly problems: string[] = [];
  readonly operations: string[] = [];
  delivered = 0;
  told = 0;
  readonly #random: (below: number) => number;
  readonly #router: Router;
  readonly #monitor: Peer;
  #parties: Party[] = [];
  // As told by events.
  readonly #sessions = new Set<number>();
  readonly #subscriptions: Held = new Map();
  readonly #registrations: Held = new Map();
  #seen = 0;

  constructor(seed: number) {
    this.#random = pseudoRandom(seed);
    this.#router = new Router({
      random: (octets) => octets.forEach((_, index) => void (octets[index] = this.#random(256))),
      realms: [{ name: 'realm1', administrators: ['anonymous'] }],
      onError: (error) => void this.problems.push(`the router failed: ${error.stack}`),
    });
    this.#monitor = new Peer(this.#router);
    this.#monitor.subscribe('wamp.', 'prefix');
    this.#seen = this.#monitor.channel.sent.length;
    this.#sessions.add(this.#monitor.session);
  }

  run(): void {
    const publish = (): void => this.#publish();
    const steps = [
      () => this.#join(),
      () => this.#leave(),
      () => this.#subscribe(),
      () => this.#subscribe(),
      () => this.#unsubscribe(),
      () => this.#register(),
      () => this.#unregister(),
      () => this.#revoke(),
      ...[publish, publish, publish, publish],
    ];
    for (let step = 0; step < 100 && this.problems.length === 0; step++) {
      if (this.#parties.length < 2) this.#join();
      else this.#pick(steps)?.();
      this.#listen();
    }
    this.#compare();
  }

  #pick<T>(of: readonly T[]): T | undefined {
    return of[this.#random(of.length)];
  }

  #did(what: string): void {
    this.operations.push(what);
  }

  #wrong(why: string): void {
    this.problems.push(why);
  }

  #join(): void {
    if (this.#parties.length >= 5) return;
    const peer = new Peer(this.#router, { roles: this.#random(2) === 0 ? ALL_FEATURES : SUBSCRIBER });
    this.#did(`${peer.session} joins`);
    this.#parties.push({ peer, subscriptions: new Map(), registrations: new Set(), seen: peer.channel.sent.length });
  }

  #leave(): void {
    const party = this.#pick(this.#parties) as Party;
    this.#parties = this.#parties.filter((other) => other !== party);
    const { channel, session } = party.peer;
    const way = this.#random(4);
    this.#did(`${session} leaves in way ${way}`);
    if (way === 0) channel.lose();
    else if (way === 1) party.peer.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.close_realm' });
    else if (way === 2) channel.violate();
    else this.#monitor.call('wamp.session.kill', session);
  }

  #subscribe(): void {
    const { peer, subscriptions } = this.#pick(this.#parties) as Party;
    const [match, topic] = this.#pick(PATTERNS) as (typeof PATTERNS)[number];
    const request = peer.request('SUBSCRIBE', { options: match === 'exact' ? {} : { match }, topic });
    const answer = answerTo(peer, 'SUBSCRIBED', request);
    this.#did(`${peer.session} subscribes to ${match} '${topic}': ${answer?.subscription}`);
    if (answer) subscriptions.set(answer.subscription, [match, topic]);
    else this.#wrong(`session ${peer.session} got no SUBSCRIBED`);
  }

  #unsubscribe(): void {
    const { peer, subscriptions } = this.#pick(this.#parties) as Party;
    const subscription = this.#pick([...subscriptions.keys()]);
    if (subscription === undefined) return;
    this.#did(`${peer.session} unsubscribes ${subscription}`);
    subscriptions.delete(subscription);
    const request = peer.request('UNSUBSCRIBE', { subscription });
    if (!answerTo(peer, 'UNSUBSCRIBED', request)) this.#wrong(`session ${peer.session} got no UNSUBSCRIBED`);
  }

  #register(): void {
    const { peer, registrations } = this.#pick(this.#parties) as Party;
    const [match, procedure] = this.#pick(PATTERNS) as (typeof PATTERNS)[number];
    const options = {
      match,
      invoke: this.#pick(POLICIES) as (typeof POLICIES)[number],
      ...(this.#random(4) === 0 && { force_reregister: true }),
    };
    const request = peer.request('REGISTER', { options, procedure });
    const answer = answerTo(peer, 'REGISTERED', request);
    this.#did(`${peer.session} registers ${match} '${procedure}' ${JSON.stringify(options)}: ${answer?.registration}`);
    if (answer) registrations.add(answer.registration);
  }

  #unregister(): void {
    const { peer, registrations } = this.#pick(this.#parties) as Party;
    const registration = this.#pick([...registrations]);
    if (registration === undefined) return;
    this.#did(`${peer.session} unregisters ${registration}`);
    registrations.delete(registration);
    peer.request('UNREGISTER', { registration });
  }

  #revoke(): void {
    const { peer, subscriptions } = this.#pick(this.#parties) as Party;
    const subscription = this.#pick([...subscriptions.keys()]);
    if (subscription === undefined) return;
    this.#did(`${subscription} is taken from ${peer.session}`);
    subscriptions.delete(subscription);
    this.#monitor.call('wamp.subscription.remove_subscriber', subscription, peer.session);
  }

  #publish(): void {
    const publisher = this.#pick(this.#parties) as Party;
    const some = (): readonly number[] =>
      this.#parties.filter(() => this.#random(2) === 0).map(({ peer }) => peer.session);
    const options: Options = {
      acknowledge: true,
      ...(this.#random(2) === 0 && { exclude_me: this.#random(2) === 0 }),
      ...(this.#random(4) === 0 && { exclude: some() }),
      ...(this.#random(4) === 0 && { eligible: some() }),
    };
    const topic = this.#pick(TOPICS) as string;
    for (const party of this.#parties) party.seen = party.peer.channel.sent.length;
    const request = publisher.peer.publish(topic, [], options);
    this.#did(`${publisher.peer.session} publishes to '${topic}' ${JSON.stringify(options)}`);
    const publication = answerTo(publisher.peer, 'PUBLISHED', request)?.publication;
    for (const party of this.#parties) {
      const expected = isReceiver(party.peer.session, publisher.peer.session, options)
        ? [...party.subscriptions].filter(([, [match, pattern]]) => matchesUri(topic, pattern, match))
        : [];
      const got = party.peer.channel.sent.slice(party.seen).filter(isEvent);
      this.delivered += got.length;
      const [wanted, had] = [expected.map(([id]) => id), got.map(({ subscription }) => subscription)].map(sorted);
      if (wanted !== had) this.#wrong(`session ${party.peer.session}: events for ${wanted} expected, for ${had} got`);
      for (const event of got) {
        const exact = party.subscriptions.get(event.subscription)?.[0] === 'exact';
        if (event.publication !== publication) this.#wrong('another publication than the publisher was told');
        if (event.details.topic !== (exact ? undefined : topic)) this.#wrong(`topic ${event.details.topic}`);
      }
    }
  }

  /** Takes what the router has told, each in its order. */
  #listen(): void {
    const { sent } = this.#monitor.channel;
    for (; this.#seen < sent.length; this.#seen++) {
      const event = sent[this.#seen] as Message;
      if (!isEvent(event)) continue;
      this.told++;
      const topic = event.details.topic ?? '';
      const [first, second] = event.payload?.args ?? [];
      if (topic === 'wamp.session.on_join') this.#sessions.add((first as { session: number }).session);
      else if (topic === 'wamp.session.on_leave') this.#left(first as number);
      else this.#changed(topic, first as number, second);
    }
  }

  #left(session: number): void {
    if (!this.#sessions.delete(session)) this.#wrong(`on_leave of ${session}, which had not joined`);
    for (const held of [this.#subscriptions, this.#registrations])
      for (const [id, members] of held) if (members.has(session)) this.#wrong(`${session} has left and is in ${id}`);
  }

  #changed(topic: string, session: number, what: unknown): void {
    const held = topic.startsWith('wamp.subscription.') ? this.#subscriptions : this.#registrations;
    const id = typeof what === 'number' ? what : (what as { id: number }).id;
    const members = held.get(id);
    switch (topic.split('.')[2]) {
      case 'on_create':
        if (members) this.#wrong(`${topic} of ${id}, which is there`);
        held.set(id, new Set());
        return;
      case 'on_subscribe':
      case 'on_register':
        if (!members || members.has(session)) this.#wrong(`${topic} of ${id} for ${session}`);
        members?.add(session);
        return;
      case 'on_unsubscribe':
      case 'on_unregister':
        if (!members?.delete(session)) this.#wrong(`${topic} of ${id} for ${session}`);
        return;
      case 'on_delete':
        if (members?.size !== 0) this.#wrong(`${topic} of ${id}, which has ${members?.size} members`);
        held.delete(id);
        return;
      default:
        this.#wrong(`${topic} is not known`);
    }
  }

  /** What was told adds up to what can be asked for. */
  #compare(): void {
    const listed = this.#ask('wamp.session.list') as number[];
    if (sorted(listed) !== sorted([...this.#sessions])) this.#wrong('other sessions are listed than were told of');
    this.#compareHeld('wamp.registration', 'callees', this.#registrations);
    this.#compareHeld('wamp.subscription', 'subscribers', this.#subscriptions);
  }

  #compareHeld(what: string, whom: string, told: Held): void {
    const lists = Object.values(this.#ask(`${what}.list`) as Record<string, number[]>).flat();
    // The monitor's own was there before it could be told of.
    const own = what === 'wamp.subscription' ? [1] : [];
    if (sorted(lists) !== sorted([...own, ...told.keys()])) this.#wrong(`${what}.list is ${sorted(lists)}`);
    for (const [id, members] of told)
      if (sorted(this.#ask(`${what}.list_${whom}`, id) as number[]) !== sorted([...members]))
        this.#wrong(`${what} ${id} has other ${whom} than were told of`);
  }

  #ask(procedure: string, ...args: unknown[]): unknown {
    return answerTo(this.#monitor, 'RESULT', this.#monitor.call(procedure, ...args))?.payload?.args[0];
  }
}

const isEvent = (message: Message): message is MessageOf<'EVENT'> => message.type === 'EVENT';
const sorted = (ids: readonly number[]): string => JSON.stringify([...ids].sort((a, b) => a - b));

/** What came in answer to a request just made. */
function answerTo<T extends 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'REGISTERED' | 'PUBLISHED' | 'RESULT'>(
  { channel }: Peer,
  type: T,
  request: number,
): MessageOf<T> | undefined {
  const answer = channel.sent.findLast((message) => message.type === type && message.request === request);
  return answer as MessageOf<T> | undefined;
}

/** Specification: Advanced Profile, "Subscriber Black- and Whitelisting". */
function isReceiver(session: number, publisher: number, { exclude_me, exclude, eligible }: Options): boolean {
  if (session === publisher && exclude_me !== false) return false;
  return (eligible === undefined || eligible.includes(session)) && !exclude?.includes(session);
}
