import type { Subscription } from '../client/index.ts';
import { type Dict, errorUris, isEmpty, type MatchPolicy, WampError } from '../protocol/index.ts';
import { MetaCalls, type MetaClient, type MetaHandler } from './meta-client.ts';
import { asDate, asDict, asIds, asNumber, asText } from './shapes.ts';

/** What registrations and subscriptions have in common. */
export interface Observation {
  readonly id: number;
  readonly uri: string;
  readonly match: MatchPolicy;
  /** When it came to be, where the router tells. */
  readonly created: Date | undefined;
  /** All that the router told, as it came. */
  readonly details: Dict;
}

/** Ids by how they match. */
export type IdsByMatch = Readonly<Record<MatchPolicy, readonly number[]>>;

/** A registration or a subscription that has come to be, and whose it is. Some routers cannot tell of a session that vanished. */
export interface Created<T> {
  readonly session: number | undefined;
  readonly created: T;
}

/** A session has been added to a registration or a subscription, or taken from it. */
export interface Change {
  readonly session: number | undefined;
  /** Of the registration, or of the subscription. */
  readonly id: number;
}

/** How the two kinds differ. */
interface Kind<T extends Observation> {
  /** `wamp.registration.` */
  readonly prefix: string;
  readonly read: (common: Observation) => T;
  readonly noSuch: string;
}

/** What is the same for registrations and subscriptions. */
export class Observations<T extends Observation> {
  readonly calls: MetaCalls;
  readonly #kind: Kind<T>;

  constructor(client: MetaClient, kind: Kind<T>) {
    this.calls = new MetaCalls(client, kind.prefix);
    this.#kind = kind;
  }

  async list(): Promise<IdsByMatch> {
    const lists = asDict(await this.calls.one('list'));
    return { exact: asIds(lists['exact']), prefix: asIds(lists['prefix']), wildcard: asIds(lists['wildcard']) };
  }

  async lookup(uri: string, match: MatchPolicy | undefined): Promise<number | undefined> {
    return asNumber(await this.calls.one('lookup', match ? [uri, { match }] : [uri]));
  }

  async get(id: number): Promise<T> {
    const found = this.#read(await this.calls.one('get', [id]), id);
    if (!found) throw new WampError(this.#kind.noSuch, [`none with the id ${id}`]);
    return found;
  }

  /** How many; counted here where the router has no procedure for it. */
  async count(names: readonly [count: string, list: string], id: number): Promise<number> {
    try {
      return await this.calls.count(names[0], [id]);
    } catch (error) {
      if (!(error instanceof WampError) || error.uri !== errorUris.noSuchProcedure) throw error;
      return this.calls.count(names[1], [id]);
    }
  }

  onCreate(handler: MetaHandler<Created<T>>): Promise<Subscription> {
    return this.calls.on(
      'on_create',
      ([session, details]) => {
        const created = this.#read(details);
        return created && { session: asNumber(session), created };
      },
      handler,
    );
  }

  onChange(name: string, handler: MetaHandler<Change>): Promise<Subscription> {
    return this.calls.on(
      name,
      ([session, id]) => (typeof id === 'number' ? { session: asNumber(session), id } : undefined),
      handler,
    );
  }

  #read(value: unknown, asked?: number): T | undefined {
    const details = asDict(value);
    const id = asNumber(details['id']) ?? asked;
    if (id === undefined || isEmpty(details)) return undefined;
    return this.#kind.read({
      id,
      uri: asText(details['uri']) ?? '',
      match: (asText(details['match']) ?? 'exact') as MatchPolicy,
      created: asDate(details['created']),
      details,
    });
  }
}
