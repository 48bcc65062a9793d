import { errorUris, isReservedUri, isUri, type MatchPolicy } from '../protocol/index.ts';
import type { Endpoint, InvokePolicy, Member, Registration } from './member.ts';
import type { Refusal } from './replies.ts';
import { UriIndex } from './uri-index.ts';

/** What a session asks for with REGISTER. */
export interface Claim {
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  readonly callee: Member;
  readonly discloseCaller: boolean;
  readonly forwardTimeout: boolean;
  /** How many calls the callee takes at a time. */
  readonly concurrency: number;
}

/**
 * Hears of registrations as they come and go, each with the id of the session that caused it. Specification: Advanced
 * Profile, "Registration Meta API".
 */
export interface RegistrationWatcher {
  /** The first callee of a procedure; `registered` follows. */
  created(session: number, registration: Registration): void;
  registered(session: number, registration: Registration): void;
  unregistered(session: number, registration: Registration): void;
  /** The last callee is gone; comes after its `unregistered`. */
  deleted(session: number, registration: Registration): void;
}

/** The registrations of a realm: who answers which procedures. */
export class Registrations {
  readonly #byUri = new UriIndex<Registration>();
  readonly #byId = new Map<number, Registration>();
  #lastId = 0;
  #watcher: RegistrationWatcher | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** Sets who hears of changes: one, as there is one meta API to a realm. */
  watch(watcher: RegistrationWatcher): void {
    this.#watcher = watcher;
  }

  /** All of them, in the order in which they were made. */
  all(): Iterable<Registration> {
    return this.#byId.values();
  }

  get(id: number): Registration | undefined {
    return this.#byId.get(id);
  }

  /** The one that was made with exactly this URI and policy. */
  lookup(procedure: string, match: MatchPolicy): Registration | undefined {
    return this.#byUri.get(procedure, match);
  }

  /** The one that a call of `procedure` goes to. */
  match(procedure: string): Registration | undefined {
    const best = this.#byUri.best(procedure);
    // A pattern takes in everything that starts like it, also what is no URI, or nobody's but the router's.
    return !best || best.match === 'exact' || (!isReservedUri(procedure) && isUri(procedure)) ? best : undefined;
  }

  /** Decides who may answer a procedure, and says so to `done`: at once here, later where routers have to agree. */
  claim(claim: Claim, done: (outcome: Registration | Refusal) => void): void {
    const { procedure, match, invoke, callee } = claim;
    const existing = this.#byUri.get(procedure, match);
    const refusal = existing && refusalToShare(existing, invoke);
    if (refusal) {
      done(refusal);
      return;
    }
    const registration = existing ?? this.#create(claim);
    const again = callee.registrations.has(registration.id);
    if (!again) {
      const { discloseCaller, forwardTimeout, concurrency } = claim;
      const endpoint: Endpoint = { registration, callee, discloseCaller, forwardTimeout, concurrency, running: 0 };
      registration.endpoints.push(endpoint);
      callee.registrations.set(registration.id, endpoint);
    }
    // The callee knows of its registration before anybody hears of it and calls.
    done(registration);
    if (!existing) this.#watcher?.created(callee.id, registration);
    if (!again) this.#watcher?.registered(callee.id, registration);
  }

  /** Takes a callee out of a registration, which goes with its last one. False when it was not in it. */
  remove(registration: Registration, callee: Member): boolean {
    const endpoint = callee.registrations.get(registration.id);
    if (!endpoint) return false;
    callee.registrations.delete(registration.id);
    const place = registration.endpoints.indexOf(endpoint);
    registration.endpoints.splice(place, 1);
    if (place < registration.turn) registration.turn--;
    const last = registration.endpoints.length === 0;
    if (last) {
      this.#byUri.delete(registration.procedure, registration.match);
      this.#byId.delete(registration.id);
    }
    this.#watcher?.unregistered(callee.id, registration);
    if (last) this.#watcher?.deleted(callee.id, registration);
    return true;
  }

  #create({ procedure, match, invoke }: Claim): Registration {
    const registration: Registration = {
      id: ++this.#lastId,
      procedure,
      match,
      invoke,
      created: new Date().toISOString(),
      endpoints: [],
      turn: 0,
      waiting: undefined,
    };
    this.#byUri.set(procedure, match, registration);
    this.#byId.set(registration.id, registration);
    return registration;
  }
}

/** Specification: Advanced Profile, "Shared Registration". All who share a procedure name the same policy. */
function refusalToShare({ procedure, invoke }: Registration, wanted: InvokePolicy): Refusal | undefined {
  if (invoke !== 'single' && wanted === invoke) return undefined;
  const reason =
    invoke === 'single'
      ? 'it has a callee that does not share it'
      : `its callees share it by the policy '${invoke}', not '${wanted}'`;
  return {
    uri: errorUris.procedureAlreadyExists,
    why: `'${procedure}' is registered already: ${reason}`,
    kwargs: { reason, invoke },
  };
}
