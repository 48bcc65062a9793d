import type { Message, MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { pseudoRandom } from '../e2e/pseudo-random.ts';
import { ALL_FEATURES, featuresWithout, Peer, payload } from './peer.ts';

const PROCEDURES = ['a.procedure', 'b.procedure'];
const POLICIES = ['single', 'roundrobin', 'random', 'first', 'last'] as const;
const ENDS = ['com.example.error', 'wamp.error.unavailable', 'wamp.error.canceled'];

interface OpenCall {
  readonly procedure: string;
  readonly wantsParts: boolean;
  uploading: boolean;
}

/** An invocation that its callee has not answered. */
interface Open {
  readonly registration: number;
  partsToCome: boolean;
  /** Set by an INTERRUPT: it is told of nothing more, and counts no more. */
  freed: boolean;
  /** Set when its registration ends: a later one under the same id has a count of its own. */
  former: boolean;
}

interface Party {
  readonly peer: Peer;
  readonly interruptible: boolean;
  readonly calls: Map<number, OpenCall>;
  /** Calls that have ended while parts of them were to come. */
  readonly ended: Map<number, string>;
  readonly invocations: Map<number, Open>;
  /** The limits of its registrations, by their ids. */
  readonly limits: Map<number, number>;
  lastInvocation: number;
  /** How much of what it was sent has been looked at. */
  seen: number;
}

/** What has come of the calls, to see that all of it does. */
export type Outcomes = Record<string, number>;

/** One random interleaving of callers, callees and time at a router, and what is wrong with what it sent. */
export class CallInterleaving {
  readonly outcomes: Outcomes = {};
  readonly problems: string[] = [];
  readonly operations: string[] = [];
  readonly #random: (below: number) => number;
  readonly #clock = fakeClock();
  readonly #router = new Router({
    clock: this.#clock,
    random: (octets) => octets.forEach((_, index) => void (octets[index] = this.#random(256))),
    realms: [{ name: 'realm1', maxWaitingCalls: 3, administrators: ['anonymous'] }],
    onError: (error) => void this.problems.push(`the router failed: ${error.stack}`),
  });
  /** What was asked for with REGISTER, by its id, until its answer has been looked at: at once. */
  readonly #limits = new Map<number, { readonly concurrency?: number }>();
  #parties: Party[] = [];

  constructor(seed: number) {
    this.#random = pseudoRandom(seed);
  }

  run(): void {
    for (let count = 0; count < 3; count++) this.#join();
    for (let count = 20 + this.#random(40); count > 0; count--) {
      this.#operate();
      this.#look();
    }
    this.#finish();
  }

  /** All callees answer all they have; then all calls have to be at their end. */
  #finish(): void {
    for (let turns = 0; turns < 50; turns++) {
      for (const party of this.#parties) {
        for (const request of [...party.invocations.keys()]) {
          party.invocations.delete(request);
          party.peer.yield(request, 'end');
          this.#look();
        }
      }
    }
    for (const { peer, calls } of this.#parties)
      for (const request of calls.keys()) this.problems.push(`no answer to call ${request} of ${peer.session}`);
    const { calls = -1 } = this.#router.counts('realm1') ?? {};
    if (calls !== 0) this.problems.push(`${calls} calls are left`);
    for (const { peer } of this.#parties) peer.channel.lose();
    const counts = this.#router.counts('realm1');
    if (counts?.sessions !== 0 || counts.registrations !== 0 || counts.calls !== 0)
      this.problems.push(`left in the router: ${JSON.stringify(counts)}`);
    if (this.#clock.pending > 0) this.problems.push(`${this.#clock.pending} timers are left`);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random(list.length)];
  }

  #join(): void {
    const interruptible = this.#random(3) > 0;
    const roles = interruptible ? ALL_FEATURES : featuresWithout('callee', 'call_canceling');
    this.#parties.push({
      peer: new Peer(this.#router, { roles, serializer: undefined }),
      interruptible,
      calls: new Map(),
      ended: new Map(),
      invocations: new Map(),
      limits: new Map(),
      lastInvocation: 0,
      // WELCOME was taken.
      seen: 1,
    });
  }

  #operate(): void {
    const party = this.#pick(this.#parties);
    const operations = {
      call: () => party && this.#call(party),
      answer: () => party && this.#answer(party),
      part: () => party && this.#part(party),
      cancel: () => party && this.#cancel(party),
      register: () => party && this.#register(party),
      unregister: () => party && this.#unregister(party),
      join: () => this.#join(),
      leave: () => party && this.#random(2) === 0 && this.#leave(party),
      advance: () => this.#clock.advance(this.#random(40)),
    };
    const weighted = ['call', 'call', 'call', 'answer', 'answer', 'answer', 'part', 'part', 'register', 'register'];
    const name = this.#pick([
      ...weighted,
      'cancel',
      'unregister',
      'join',
      'leave',
      'advance',
    ]) as keyof typeof operations;
    this.operations.push(`${party?.peer.session} ${name}`);
    operations[name]();
  }

  #call({ peer, calls }: Party): void {
    const procedure = this.#pick(PROCEDURES) as string;
    const wantsParts = this.#random(2) === 0;
    const uploading = this.#random(3) === 0;
    const options = {
      ...(wantsParts && { receive_progress: true }),
      ...(uploading && { progress: true }),
      ...(this.#random(3) === 0 && { timeout: 1 + this.#random(60) }),
      ...(this.#random(5) === 0 && { disclose_me: true }),
    };
    // Noted first: the answer may come while it is being sent.
    calls.set(peer.nextRequest, { procedure, wantsParts, uploading });
    peer.callWith(options, procedure, 'value');
  }

  #part({ peer, calls, ended }: Party): void {
    const uploads = [...calls]
      .filter(([, { uploading }]) => uploading)
      .map(([request, { procedure }]) => ({ request, procedure }));
    const late = [...ended].map(([request, procedure]) => ({ request, procedure }));
    const upload = this.#pick([...uploads, ...late]);
    if (!upload) return;
    const { request, procedure } = upload;
    const more = this.#random(2) === 0;
    const call = calls.get(request);
    if (call) call.uploading = more;
    else if (!more) ended.delete(request);
    peer.send({ type: 'CALL', request, options: more ? { progress: true } : {}, procedure, payload: payload('part') });
  }

  #answer({ peer, invocations }: Party): void {
    const request = this.#pick([...invocations.keys()]);
    if (request === undefined) return;
    const kind = this.#random(6);
    if (kind < 2) {
      peer.progress(request, 'part');
      return;
    }
    invocations.delete(request);
    if (kind < 4) peer.yield(request, 'whole');
    else peer.fail(request, this.#pick(ENDS) as string);
    // Now and then an answer too many.
    if (this.#random(8) === 0) peer.yield(request, 'again');
  }

  #cancel({ peer, calls }: Party): void {
    const request = this.#pick([...calls.keys()]);
    if (request === undefined) return;
    const mode = this.#pick([undefined, 'skip', 'kill', 'killnowait'] as const);
    peer.send({ type: 'CANCEL', request, options: mode ? { mode } : {} });
  }

  #register({ peer }: Party): void {
    const options = {
      invoke: this.#pick(POLICIES) as (typeof POLICIES)[number],
      ...(this.#random(2) === 0 && { concurrency: 1 + this.#random(2) }),
      ...(this.#random(8) === 0 && { force_reregister: true }),
    };
    this.#limits.set(peer.request('REGISTER', { options, procedure: this.#pick(PROCEDURES) as string }), options);
  }

  #unregister(party: Party): void {
    const registration = this.#pick([...party.limits.keys()]);
    if (registration === undefined) return;
    this.#registrationEnds(party, registration);
    party.peer.request('UNREGISTER', { registration });
  }

  #registrationEnds({ limits, invocations }: Party, registration: number): void {
    limits.delete(registration);
    for (const one of invocations.values()) if (one.registration === registration) one.former = true;
  }

  #leave(party: Party): void {
    this.#parties = this.#parties.filter((other) => other !== party);
    party.peer.channel.lose();
  }

  #look(): void {
    for (const party of this.#parties) {
      const { sent } = party.peer.channel;
      while (party.seen < sent.length) this.#judge(party, sent[party.seen++] as Message);
    }
  }

  #count(what: string): void {
    this.outcomes[what] = (this.outcomes[what] ?? 0) + 1;
  }

  #wrong(party: Party, message: Message, why: string): void {
    this.problems.push(`${why}: session ${party.peer.session} got ${JSON.stringify(message)}`);
  }

  #judge(party: Party, message: Message): void {
    switch (message.type) {
      case 'RESULT':
        this.#result(party, message);
        return;
      case 'ERROR':
        if (message.requestType === 48) this.#ended(party, message, message.error);
        return;
      case 'INVOCATION':
        this.#invocation(party, message);
        return;
      case 'INTERRUPT': {
        const open = party.invocations.get(message.request);
        if (!open || open.freed || !party.interruptible) this.#wrong(party, message, 'nothing to interrupt');
        if (open) open.freed = true;
        this.#count('interrupt');
        return;
      }
      case 'REGISTERED':
        if (!party.limits.has(message.registration))
          party.limits.set(message.registration, this.#limits.get(message.request)?.concurrency ?? Infinity);
        return;
      case 'UNREGISTERED':
        if (message.request === 0) {
          this.#registrationEnds(party, message.details?.registration as number);
          this.#count('revocation');
        }
        return;
      default:
        this.#wrong(party, message, 'not expected');
    }
  }

  #result(party: Party, message: MessageOf<'RESULT'>): void {
    if (!message.details.progress) {
      this.#ended(party, message, 'result');
      return;
    }
    if (!party.calls.get(message.request)?.wantsParts) this.#wrong(party, message, 'a part that nobody waits for');
    this.#count('part');
  }

  #ended(party: Party, message: MessageOf<'RESULT' | 'ERROR'>, outcome: string): void {
    const call = party.calls.get(message.request);
    if (!call) this.#wrong(party, message, 'a second answer');
    party.calls.delete(message.request);
    if (call?.uploading) party.ended.set(message.request, call.procedure);
    this.#count(outcome);
  }

  #invocation(party: Party, message: MessageOf<'INVOCATION'>): void {
    const { request, registration, details } = message;
    const open = party.invocations.get(request);
    if (request <= party.lastInvocation) {
      // A part for what the callee has answered in the meantime would be in order, but here nothing is on its way.
      if (!open?.partsToCome || open.freed) this.#wrong(party, message, 'a part of nothing');
      if (open) open.partsToCome = details.progress === true;
      return;
    }
    if (request !== party.lastInvocation + 1) this.#wrong(party, message, 'not the next id');
    party.lastInvocation = request;
    party.invocations.set(request, {
      registration,
      partsToCome: details.progress === true,
      freed: false,
      former: false,
    });
    const running = [...party.invocations.values()].filter(
      (one) => one.registration === registration && !one.freed && !one.former,
    );
    if (running.length > (party.limits.get(registration) ?? Infinity))
      this.#wrong(party, message, 'too many at a time');
  }
}
