import type { Subscription } from '../client/index.ts';
import { type Dict, errorUris, isEmpty, WampError } from '../protocol/index.ts';
import { MetaCalls, type MetaClient, type MetaHandler } from './meta-client.ts';
import { asCount, asDict, asNumber, asText, wireNames } from './shapes.ts';

/** A session, as the router tells of it. */
export interface SessionInfo {
  readonly session: number;
  readonly authid?: string | undefined;
  readonly authrole?: string | undefined;
  readonly authmethod?: string | undefined;
  readonly authprovider?: string | undefined;
  /** All that the router told, as it came. With some routers that is a lot: the HTTP headers of the connection, cookies too. */
  readonly details: Dict;
}

/** A session that has left. Not every router says more than its id. */
export type LeftSession = Pick<SessionInfo, 'session' | 'authid' | 'authrole'>;

/** What the sessions that are ended get to read. */
export interface KillOptions {
  /** A URI. Default: the router's, by the specification `wamp.close.killed`. */
  readonly reason?: string;
  readonly message?: string;
}

/** Session meta API. Specification: Advanced Profile, "Session Meta API". */
export class SessionMeta {
  readonly #calls: MetaCalls;
  readonly #client: MetaClient;

  /** @internal */
  constructor(client: MetaClient) {
    this.#client = client;
    this.#calls = new MetaCalls(client, 'wamp.session.');
  }

  /** How many sessions the realm has; with `authroles` only those in one of these roles. */
  count(authroles?: readonly string[]): Promise<number> {
    return this.#calls.count('count', filterOf(authroles));
  }

  /** Their ids. */
  list(authroles?: readonly string[]): Promise<readonly number[]> {
    return this.#calls.ids('list', filterOf(authroles));
  }

  /** Rejects with `wamp.error.no_such_session` when there is none with that id. */
  async get(session: number): Promise<SessionInfo> {
    try {
      const info = infoOf(await this.#calls.one('get', [session]), session);
      if (info) return info;
    } catch (error) {
      // Crossbar.io looks for it in its store, and stumbles when that keeps no sessions.
      if (!isError(error, errorUris.runtimeError) || (await this.list()).includes(session)) throw error;
    }
    throw new WampError(errorUris.noSuchSession, [`no session ${session}`]);
  }

  /** Ends a session. Rejects with `wamp.error.no_such_session` when there is none with that id. */
  async kill(session: number, options: KillOptions = {}): Promise<void> {
    await this.#calls.one('kill', [session], wireNames(options));
  }

  /** Ends all sessions of a user but one's own. Resolves with how many, where the router says it. */
  async killByAuthid(authid: string, options: KillOptions = {}): Promise<number | undefined> {
    return asCount(await this.#calls.one('kill_by_authid', [authid], wireNames(options)));
  }

  /** Ends all sessions in a role but one's own. Resolves with how many, where the router says it. */
  async killByAuthrole(authrole: string, options: KillOptions = {}): Promise<number | undefined> {
    return asCount(await this.#calls.one('kill_by_authrole', [authrole], wireNames(options)));
  }

  /** Ends all sessions but one's own. Resolves with how many, where the router says it. */
  async killAll(options: KillOptions = {}): Promise<number | undefined> {
    try {
      return asCount(await this.#calls.one('kill_all', [], wireNames(options)));
    } catch (error) {
      if (!isMissing(error)) throw error;
      return this.#killOneByOne(options);
    }
  }

  /** Changes what the router tells of a session; only some routers can, and allow it. */
  async modifyDetails(session: number, changes: Dict): Promise<void> {
    await this.#calls.one('modify_details', [session, changes]);
  }

  /** Somebody has joined. */
  onJoin(handler: MetaHandler<SessionInfo>): Promise<Subscription> {
    return this.#calls.on('on_join', ([info], kwargs) => infoOf(info) ?? infoOf(kwargs), handler);
  }

  /** Somebody has left. */
  onLeave(handler: MetaHandler<LeftSession>): Promise<Subscription> {
    return this.#calls.on('on_leave', ([session, authid, authrole]) => leftOf(session, [authid, authrole]), handler);
  }

  /** Crossbar.io has no procedure for all. */
  async #killOneByOne(options: KillOptions): Promise<number> {
    const others = (await this.list()).filter((id) => id !== this.#client.session?.id);
    const outcomes = await Promise.allSettled(others.map((id) => this.kill(id, options)));
    for (const outcome of outcomes) {
      // Who has left meanwhile is gone, too.
      if (outcome.status === 'rejected' && !isError(outcome.reason, errorUris.noSuchSession)) throw outcome.reason;
    }
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }
}

const isError = (error: unknown, uri: string): boolean => error instanceof WampError && error.uri === uri;
const isMissing = (error: unknown): boolean => isError(error, errorUris.noSuchProcedure);

const filterOf = (authroles: readonly string[] | undefined): readonly unknown[] => (authroles ? [authroles] : []);

function infoOf(value: unknown, asked?: number): SessionInfo | undefined {
  const details = asDict(value);
  const session = asNumber(details['session']) ?? asked;
  if (session === undefined || isEmpty(details)) return undefined;
  return {
    session,
    authid: asText(details['authid']),
    authrole: asText(details['authrole']),
    authmethod: asText(details['authmethod']),
    authprovider: asText(details['authprovider']),
    details,
  };
}

function leftOf(session: unknown, [authid, authrole]: readonly [unknown, unknown]): LeftSession | undefined {
  const id = asNumber(session) ?? asNumber(asDict(session)['session']);
  return id === undefined ? undefined : { session: id, authid: asText(authid), authrole: asText(authrole) };
}
