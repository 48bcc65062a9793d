import type { Subscription } from '../client/index.ts';
import { errorUris, type MatchPolicy } from '../protocol/index.ts';
import type { MetaClient, MetaHandler } from './meta-client.ts';
import { type Change, type Created, type IdsByMatch, type Observation, Observations } from './observations.ts';
import { asText } from './shapes.ts';

/** A registration, as the router tells of it. */
export interface RegistrationInfo extends Observation {
  /** How calls are shared among several callees: `single`, `roundrobin` and so on. */
  readonly invoke: string;
}

/** Registration meta API. Specification: Advanced Profile, "Registration Meta API". */
export class RegistrationMeta {
  readonly #all: Observations<RegistrationInfo>;

  /** @internal */
  constructor(client: MetaClient) {
    this.#all = new Observations(client, {
      prefix: 'wamp.registration.',
      noSuch: errorUris.noSuchRegistration,
      read: (common) => ({ ...common, invoke: asText(common.details['invoke']) ?? 'single' }),
    });
  }

  /** The ids of all registrations. */
  list(): Promise<IdsByMatch> {
    return this.#all.list();
  }

  /** The id of the registration that was made with exactly this URI, if there is one. Default match: `exact`. */
  lookup(procedure: string, match?: MatchPolicy): Promise<number | undefined> {
    return this.#all.lookup(procedure, match);
  }

  /** The id of the registration that a call of this URI would reach now. */
  match(procedure: string): Promise<number | undefined> {
    return this.#all.calls.one('match', [procedure]).then((id) => (typeof id === 'number' ? id : undefined));
  }

  /** Rejects with `wamp.error.no_such_registration` when there is none with that id. */
  get(registration: number): Promise<RegistrationInfo> {
    return this.#all.get(registration);
  }

  /** The sessions that answer its calls. */
  listCallees(registration: number): Promise<readonly number[]> {
    return this.#all.calls.ids('list_callees', [registration]);
  }

  countCallees(registration: number): Promise<number> {
    return this.#all.count(['count_callees', 'list_callees'], registration);
  }

  /** A procedure has got its first callee. */
  onCreate(handler: MetaHandler<Created<RegistrationInfo>>): Promise<Subscription> {
    return this.#all.onCreate(handler);
  }

  /** A callee has been added. */
  onRegister(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_register', handler);
  }

  /** A callee has gone. */
  onUnregister(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_unregister', handler);
  }

  /** The last callee has gone, and the registration with it. */
  onDelete(handler: MetaHandler<Change>): Promise<Subscription> {
    return this.#all.onChange('on_delete', handler);
  }
}
