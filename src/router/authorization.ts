import { assertNumber, assertOptions, type Clock, isThenable, show, toError, UsageError } from '../base/index.ts';
import {
  type ClientMessage,
  type Dict,
  errorUris,
  isDict,
  MAX_URI_LENGTH,
  type MatchPolicy,
} from '../protocol/index.ts';
import type { Access, Guarded, Subject, Verdict } from './access.ts';
import type { Action } from './actions.ts';
import { decided, type Disclosure, DISCLOSURES } from './disclosure.ts';
import { ANSWER_TIMEOUT_MS } from './inner-caller.ts';
import { type Permission, Permissions } from './permissions.ts';
import { matchOf } from './replies.ts';
import { type CallProcedure, TRUSTED_ROLE } from './sources.ts';

/** Who wants to do what. */
export interface AuthorizationRequest {
  readonly realm: string;
  readonly session: number;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly action: Action;
  readonly uri: string;
  /** What `uri` is, when it is to be subscribed to or registered. */
  readonly match: MatchPolicy;
  /** Of the message. */
  readonly options: Dict;
}

/** What an authorizer says, where yes or no is not all. */
export interface AuthorizationAnswer {
  readonly allow: boolean;
  /** As in {@link Permission}. */
  readonly disclose?: Disclosure;
  /** May the answer be used again, for all of this role? For ever, or for so many milliseconds. Default: no. */
  readonly cache?: boolean | number;
}

/**
 * Decides what a role may do. A throw, or no answer within 10 seconds, refuses with `wamp.error.authorization_failed`,
 * and is told to `onError`.
 */
export type AuthorizerFunction = (
  request: AuthorizationRequest,
) => boolean | AuthorizationAnswer | Promise<boolean | AuthorizationAnswer>;

/** A procedure that decides, called with `[session, uri, action, options]`; it returns yes or no, or an answer. */
export interface AuthorizerProcedure {
  readonly procedure: string;
  /** Where it is called. Default: the realm itself. */
  readonly realm?: string;
}

/** What sessions with a role may do. */
export interface RoleOptions {
  readonly permissions?: readonly Permission[];
  /** Is asked about what no permission fits. Default: that is denied. */
  readonly authorizer?: AuthorizerFunction | AuthorizerProcedure;
  /**
   * Messages of one session per second, on average: for services that send more than visitors may. 0 for no limit. Default:
   * as `limits` has it.
   */
  readonly maxMessagesPerSecond?: number;
}

const ROLE_KEYS: Readonly<Record<keyof RoleOptions, true>> = {
  permissions: true,
  authorizer: true,
  maxMessagesPerSecond: true,
};

/** The roles of a realm, by name. */
export type Roles = Readonly<Record<string, RoleOptions | readonly Permission[]>>;

export function isGuarded(message: ClientMessage): message is Guarded {
  return Object.hasOwn(ACTION_OF, message.type);
}

export interface AuthorizationHost {
  readonly clock: Clock;
  readonly call: CallProcedure;
  readonly failed: (error: Error) => void;
}

/** Answers that are kept per role; beyond that, the oldest are forgotten. */
const MAX_CACHED = 10_000;
/** Of the longest URI there is, with what stands before it. What is longer is none, and may be as long as a message. */
const MAX_KEY_LENGTH = 'subscribe wildcard '.length + MAX_URI_LENGTH;
const ACTION_OF = { CALL: 'call', REGISTER: 'register', PUBLISH: 'publish', SUBSCRIBE: 'subscribe' } as const;
const DENIED: AuthorizationAnswer = { allow: false };

interface Wish {
  readonly action: Action;
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly options: Dict;
}

/** What the roles of a realm may do. Whoever has a role that is not among them may do nothing. */
export class Authorization {
  readonly #byRole = new Map<string, RoleAccess>();
  readonly #nothing: RoleAccess;

  /** Throws a `UsageError` for roles that make no sense. */
  constructor(realm: string, roles: Roles, host: AuthorizationHost) {
    this.#nothing = new RoleAccess(realm, {}, host);
    if (!isDict(roles)) throw new UsageError(`realm '${realm}', roles: expected an object, got ${show(roles)}`);
    for (const [name, role] of Object.entries(roles)) {
      if (name === TRUSTED_ROLE) throw new UsageError(`realm '${realm}': the role '${name}' may do everything`);
      const where = `realm '${realm}', role '${name}'`;
      const options = Array.isArray(role) ? { permissions: role as readonly Permission[] } : (role as RoleOptions);
      assertOptions(options, where, ROLE_KEYS);
      const { permissions = [] } = options;
      if (!Array.isArray(permissions))
        throw new UsageError(`${where}, permissions: expected a list, got ${show(permissions)}`);
      assertAuthorizer(options.authorizer, where);
      assertNumber(`${where}, maxMessagesPerSecond`, options.maxMessagesPerSecond);
      this.#byRole.set(name, new RoleAccess(realm, { ...options, where }, host));
    }
  }

  /** Waits for nobody any more. */
  close(): void {
    for (const access of this.#byRole.values()) access.close();
  }

  /** Undefined for who may do everything. */
  of(authrole: string): Access | undefined {
    return authrole === TRUSTED_ROLE ? undefined : (this.#byRole.get(authrole) ?? this.#nothing);
  }
}

function assertAuthorizer(authorizer: unknown, where: string): void {
  if (authorizer === undefined || typeof authorizer === 'function') return;
  if (!isDict(authorizer) || typeof authorizer['procedure'] !== 'string')
    throw new UsageError(`${where}, authorizer: expected a function or { procedure }, got ${show(authorizer)}`);
}

class RoleAccess implements Access {
  readonly maxMessagesPerSecond: number | undefined;
  readonly #realm: string;
  readonly #permissions: Permissions;
  readonly #authorize: ((request: AuthorizationRequest) => unknown) | undefined;
  readonly #host: AuthorizationHost;
  /** Ends the waiting for each answer that is still to come. */
  readonly #waiting = new Set<() => void>();
  readonly #cache = new Map<string, { readonly answer: AuthorizationAnswer; readonly until: number }>();

  constructor(realm: string, options: RoleOptions & { readonly where?: string }, host: AuthorizationHost) {
    this.maxMessagesPerSecond = options.maxMessagesPerSecond;
    this.#realm = realm;
    this.#host = host;
    this.#permissions = new Permissions(options.permissions ?? [], options.where ?? '');
    const { authorizer } = options;
    this.#authorize = typeof authorizer === 'object' ? this.#called(authorizer) : authorizer && this.#asked(authorizer);
  }

  close(): void {
    for (const stop of this.#waiting) stop();
  }

  judge(subject: Subject, message: Guarded): Verdict | Promise<Verdict> {
    const wish = wishOf(message);
    const answer = this.#answer(subject, wish);
    return answer instanceof Promise
      ? answer.then((later) => verdict(message, wish, later))
      : verdict(message, wish, answer);
  }

  /** Undefined when the authorizer has failed. */
  #answer(subject: Subject, wish: Wish): AuthorizationAnswer | undefined | Promise<AuthorizationAnswer | undefined> {
    const { action, uri, match } = wish;
    const permission = this.#permissions.find(action, uri, match);
    if (permission) {
      const { disclose } = permission;
      return { allow: permission.allow.includes(action), ...(disclose && { disclose }) };
    }
    if (!this.#authorize) return DENIED;
    const key = `${action} ${match} ${uri}`;
    const cached = this.#cache.get(key);
    if (cached && cached.until > this.#host.clock.now()) return cached.answer;
    const { id: session, identity } = subject;
    try {
      const said = this.#authorize({ realm: this.#realm, session, ...identity, ...wish });
      if (!(said instanceof Promise)) return this.#read(key, said);
      return said.then(
        (later) => this.#read(key, later),
        (error: unknown) => this.#failed(error),
      );
    } catch (error) {
      return this.#failed(error);
    }
  }

  #read(key: string, said: unknown): AuthorizationAnswer | undefined {
    const answer = typeof said === 'boolean' ? { allow: said } : said;
    if (!isAnswer(answer)) return this.#failed(new Error('the authorizer gave neither yes nor no'));
    const { cache = false } = answer;
    if (cache !== false && key.length <= MAX_KEY_LENGTH) {
      const until = cache === true ? Number.POSITIVE_INFINITY : this.#host.clock.now() + cache;
      this.#cache.delete(key);
      this.#cache.set(key, { answer, until });
      if (this.#cache.size > MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value as string);
    }
    return answer;
  }

  #failed(error: unknown): undefined {
    this.#host.failed(toError(error));
    return undefined;
  }

  /** The messages of a session wait for this: one who never answers must not keep them for ever. */
  #asked(authorizer: AuthorizerFunction): (request: AuthorizationRequest) => unknown {
    const { clock } = this.#host;
    return (request) => {
      const said: unknown = authorizer(request);
      if (!isThenable(said)) return said;
      return new Promise((resolve, reject) => {
        const stopTimer = clock.after(ANSWER_TIMEOUT_MS, () => {
          stop();
          reject(new Error(`the authorizer has not answered within ${ANSWER_TIMEOUT_MS} ms`));
        });
        const stop = (): void => {
          stopTimer();
          this.#waiting.delete(stop);
        };
        this.#waiting.add(stop);
        Promise.resolve(said).finally(stop).then(resolve, reject);
      });
    };
  }

  #called({ procedure, realm = this.#realm }: AuthorizerProcedure): (request: AuthorizationRequest) => unknown {
    return async ({ uri, action, options, match, ...session }) => {
      const asPattern = match === 'exact' ? options : { ...options, match };
      const payload = await this.#host.call(realm, procedure, [session, uri, action, asPattern]);
      return answerFrom(payload?.args[0]);
    };
  }
}

function wishOf(message: Guarded): Wish {
  const { type, options } = message;
  const action = ACTION_OF[type];
  switch (type) {
    case 'CALL':
      return { action, uri: message.procedure, match: 'exact', options };
    case 'REGISTER':
      return { action, uri: message.procedure, match: matchOf(message), options };
    case 'PUBLISH':
      return { action, uri: message.topic, match: 'exact', options };
    case 'SUBSCRIBE':
      return { action, uri: message.topic, match: matchOf(message), options };
  }
}

/** The sentence names what was refused, for the developer who has to ask for it. */
function verdict(message: Guarded, { action, uri }: Wish, answer: AuthorizationAnswer | undefined): Verdict {
  const what = `to ${action} '${uri.slice(0, 200)}'`;
  if (!answer)
    return refused(
      errorUris.authorizationFailed,
      `it could not be found out whether this session may ${what.slice(3)}`,
    );
  if (!answer.allow) return refused(errorUris.notAuthorized, `this session is not authorized ${what}`);
  const { disclose } = answer;
  if (disclose === undefined || (message.type !== 'CALL' && message.type !== 'PUBLISH')) return { pass: message };
  const { options } = message;
  const disclose_me = decided(disclose, options.disclose_me);
  return disclose_me === undefined
    ? refused(errorUris.discloseMeDisallowed, `this session may not ask for disclosure ${what}`)
    : { pass: { ...message, options: { ...options, disclose_me } } };
}

const refused = (uri: string, why: string): Verdict => ({ refusal: { uri, why } });

function isAnswer(value: unknown): value is AuthorizationAnswer {
  if (!isDict(value) || typeof value['allow'] !== 'boolean') return false;
  const { cache, disclose } = value;
  return (
    (cache === undefined || typeof cache === 'boolean' || typeof cache === 'number') &&
    (disclose === undefined || DISCLOSURES.includes(disclose as Disclosure))
  );
}

/** Crossbar.io's authorizers say with yes or no, apart for callers and publishers, who is disclosed. */
function answerFrom(said: unknown): unknown {
  if (!isDict(said) || said['disclose'] === undefined || typeof said['disclose'] === 'string') return said;
  const { disclose, ...answer } = said;
  const always = isDict(disclose) ? Object.values(disclose).includes(true) : disclose === true;
  return always ? { ...answer, disclose: 'always' } : answer;
}
