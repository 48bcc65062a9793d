import { type AuthAnswer, AuthError } from '../auth/index.ts';
import { assertOptions, type Clock, RocadeError, toError, UsageError } from '../base/index.ts';
import { type Dict, errorUris, NO_DICT, WampError } from '../protocol/index.ts';
import type { ConnectionInfo } from './connection.ts';
import { Cookies } from './cookies.ts';
import { type Decoy, Decoys, type Model } from './decoys.ts';
import type { Identity } from './member.ts';
import { HALVES } from './methods.ts';
import {
  type AuthMethodName,
  type AuthOptions,
  CHALLENGED,
  type ChallengedMethod,
  isProcedure,
  type Login,
  MAX_AUTHID_LENGTH,
  type PrincipalSource,
} from './principals.ts';
import {
  type CallProcedure,
  type DynamicSource,
  type Found,
  plainFingerprint,
  type StaticPrincipals,
  sourcesOf,
} from './sources.ts';

/** Why somebody is not let in: the reason of ABORT, and a sentence that tells nothing of what is kept. */
export class LoginRefused extends RocadeError {
  override readonly name = 'LoginRefused';
  readonly code = 'login_refused';
  readonly uri: string;

  constructor(uri: string, why: string) {
    super(why);
    this.uri = uri;
  }
}

/** What a realm needs to let clients in. */
export interface AuthHost {
  readonly clock: Clock;
  readonly call: CallProcedure;
  /** A new random authid. */
  readonly newAuthid: () => string;
  /** Hears what went wrong in a function or a procedure that knows principals. */
  readonly failed: (error: Error) => void;
}

/** HELLO, and where it came from. */
export interface LoginRequest {
  readonly realm: string;
  readonly authmethods: readonly string[];
  readonly authid: string;
  readonly authextra: Dict;
  readonly session: number;
  readonly connection: ConnectionInfo;
  /** Resolves unless so many guesses have failed that this one is not even heard. */
  readonly heard: () => Promise<void>;
  /** Sends CHALLENGE and resolves with AUTHENTICATE, if it is heard. */
  readonly ask: (method: ChallengedMethod, extra: Dict) => Promise<AuthAnswer>;
}

/** Who was let in, and what WELCOME tells besides. */
export interface Admission {
  readonly identity: Identity;
  readonly authextra?: Dict;
}

const KEYS: Readonly<Record<keyof AuthOptions, true>> = {
  anonymous: true,
  principals: true,
  methods: true,
  privateKey: true,
  cookie: true,
};
const METHODS: readonly string[] = [...CHALLENGED, 'anonymous', 'cookie', 'tls'];
const DEFAULT_COOKIE_AGE_MS = 24 * 60 * 60 * 1000;
const isChallenged = (method: string): method is ChallengedMethod => (CHALLENGED as readonly string[]).includes(method);
// The same for a name that nobody has and for a secret that is wrong.
const denied = (): LoginRefused =>
  new LoginRefused(errorUris.authenticationFailed, 'the name, or what was to prove it, is not right');

/** Whoever knows the names gave no answer. Any other error is one: a refusal. */
const UNANSWERED: readonly string[] = [
  errorUris.noSuchProcedure,
  errorUris.noAvailableCallee,
  errorUris.unavailable,
  errorUris.canceled,
  errorUris.timeout,
  errorUris.networkFailure,
];

/** How a realm or a listener lets clients in. Specification: Advanced Profile, "Authentication Methods". */
export class Authentication {
  readonly #anonymous: string | undefined;
  readonly #privateKey: string | undefined;
  readonly #host: AuthHost;
  readonly #statics: StaticPrincipals;
  readonly #dynamics: readonly DynamicSource[];
  readonly #methods: ReadonlySet<string>;
  readonly #decoys: Decoys;
  readonly #cookies: Cookies | undefined;

  /** Throws a `UsageError` for options that make no sense. */
  constructor(options: AuthOptions, host: AuthHost) {
    assertOptions(options, 'auth', KEYS);
    this.#anonymous = options.anonymous;
    this.#privateKey = options.privateKey;
    this.#host = host;
    const { statics, dynamics } = sourcesOf(options.principals, host.call);
    this.#statics = statics;
    this.#dynamics = dynamics;
    this.#methods = offeredBy(options, statics, dynamics);
    const seed = globalThis.crypto.getRandomValues(new Uint8Array(32));
    const models = statics.all
      .filter((one) => CHALLENGED.some((method) => HALVES[method].has(one)))
      .map((principal): Model => ({ principal, authprovider: 'static' }));
    this.#decoys = new Decoys(seed, dynamics.length === 0 ? models : [], {
      methods: this.#methods,
      authprovider: providerOf(options.principals),
    });
    if (options.cookie) this.#cookies = new Cookies(host.clock, options.cookie.maxAge ?? DEFAULT_COOKIE_AGE_MS);
  }

  /** At once where nothing has to be proved. Throws, or rejects with, a {@link LoginRefused}. */
  login(request: LoginRequest): Admission | Promise<Admission> {
    const { authmethods, authid } = request;
    const wanted = authmethods.length > 0 ? [...new Set(authmethods)] : ['anonymous'];
    const methods = wanted.filter((method): method is AuthMethodName => this.#methods.has(method));
    const [first] = methods;
    if (first === undefined) throw this.#noMethod(authmethods);
    if (authid.length > MAX_AUTHID_LENGTH) throw denied();
    return first === 'anonymous' ? this.#anybody() : this.#prove(request, methods);
  }

  /** Does the cookie of a browser stand for somebody? */
  remembers(cookie: string): boolean {
    return this.#cookies?.find(cookie) !== undefined;
  }

  /** Forgets a browser, which then has to log in again. */
  forget(cookie: string): void {
    this.#cookies?.forget(cookie);
  }

  #noMethod(authmethods: readonly string[]): LoginRefused {
    const offered = [...this.#methods].join(', ') || 'none';
    return authmethods.length === 0
      ? new LoginRefused(errorUris.authenticationRequired, `say who you are, by one of: ${offered}`)
      : new LoginRefused(
          errorUris.noMatchingAuthMethod,
          `the methods here are: ${offered}; offered were ${authmethods.join(', ').slice(0, 100)}`,
        );
  }

  #anybody(): Admission {
    const authrole = this.#anonymous ?? 'anonymous';
    return {
      identity: { authid: this.#host.newAuthid(), authrole, authmethod: 'anonymous', authprovider: 'static' },
    };
  }

  async #prove(request: LoginRequest, methods: readonly AuthMethodName[]): Promise<Admission> {
    const { connection } = request;
    for (const method of methods) {
      if (method === 'anonymous') return this.#anybody();
      if (method === 'cookie') {
        const known = connection.cookie === undefined ? undefined : this.#cookies?.find(connection.cookie);
        if (known) return { identity: { ...known, authmethod: 'cookie' } };
      } else if (method === 'tls') {
        const found = await this.#certified(request);
        if (found)
          return this.#rounds(request, { found, methods: [], candidates: methods.filter(isChallenged), done: 'tls' });
      } else {
        return this.#remember(connection, await this.#challenge(request, methods.filter(isChallenged)));
      }
    }
    throw denied();
  }

  #remember({ cookie }: ConnectionInfo, admitted: Admission): Admission {
    if (cookie !== undefined) this.#cookies?.remember(cookie, admitted.identity);
    return admitted;
  }

  async #certified(request: LoginRequest): Promise<Found | undefined> {
    const { certificate } = request.connection;
    if (!certificate) return undefined;
    const { fingerprint } = certificate;
    const known = this.#statics.certified(fingerprint, request.authid);
    if (known) return known;
    const found = await this.#ask(request, 'tls');
    return found && vouchesFor(found.principal, fingerprint) ? found : undefined;
  }

  async #challenge(request: LoginRequest, candidates: readonly ChallengedMethod[]): Promise<Admission> {
    const { authid, authextra } = request;
    const first = candidates[0] as ChallengedMethod;
    let found = this.#statics.find(authid, authextra['pubkey']);
    if (!found && this.#dynamics.length > 0) {
      if (first === 'ticket') return this.#ticket(request, candidates);
      await request.heard();
      found = await this.#ask(request, first);
      if (found) this.#decoys.learn(found);
    }
    const usable = (principal: Found['principal']): ChallengedMethod | undefined =>
      // What is asked for in the second round is no proof in the first.
      candidates.find((method) => method !== principal.second && HALVES[method].has(principal));
    // Somebody to go on with, and to fail in the end as with a wrong secret. Made up for those who are there, too: what takes
    // longer would tell.
    const decoy = this.#decoys.of(authid, candidates);
    const instead = usable(decoy.principal) ?? first;
    const method = found && usable(found.principal);
    return this.#rounds(request, {
      found: found && method ? found : decoy,
      methods: [method ?? instead],
      candidates,
    });
  }

  /** A function or procedure wants to see the ticket itself. */
  async #ticket(request: LoginRequest, candidates: readonly ChallengedMethod[]): Promise<Admission> {
    const answer = await request.ask('ticket', {});
    const found = await this.#ask(request, 'ticket', answer.signature);
    if (!found || found.principal.second === 'ticket' || !HALVES.ticket.has(found.principal)) throw denied();
    const proof = await HALVES.ticket.verify(this.#round(request, found), {}, answer);
    if (!proof) throw denied();
    return this.#rounds(request, { found, methods: [], candidates, done: 'ticket' });
  }

  /** Asks for the proofs in turn: the first, and the second where the principal wants one. */
  async #rounds(
    request: LoginRequest,
    login: {
      readonly found: Found | Decoy;
      readonly methods: readonly ChallengedMethod[];
      readonly candidates: readonly ChallengedMethod[];
      readonly done?: ChallengedMethod | 'tls';
    },
  ): Promise<Admission> {
    const { found, candidates } = login;
    const { second } = found.principal;
    const methods = second === undefined ? login.methods : [...login.methods, second];
    const round = this.#round(request, found);
    let extra: Dict = NO_DICT;
    for (const method of methods) {
      if (!candidates.includes(method) || !HALVES[method].has(found.principal)) throw denied();
      const half = HALVES[method];
      const challenge = telling(() => half.challenge(round));
      const answer = await request.ask(method, challenge);
      const proof = await this.#verified(() => half.verify(round, challenge, answer));
      if (!proof) throw denied();
      extra = { ...extra, ...proof };
    }
    return admission(found, login.done ?? (methods[0] as ChallengedMethod), extra);
  }

  #round(
    request: LoginRequest,
    { principal, authprovider, ...found }: Found | Decoy,
  ): Parameters<typeof HALVES.ticket.verify>[0] {
    const { session, connection, authextra } = request;
    // The name that was asked for: another one would tell that it is known.
    const authid = request.authid === '' ? found.authid : request.authid;
    const who = { authid, authrole: 'shownRole' in found ? found.shownRole : principal.role, authprovider };
    return { principal, authid: request.authid, authextra, who, session, connection, privateKey: this.#privateKey };
  }

  /** What cannot be checked is not right: a name that SASLprep refuses, for one. */
  async #verified(verify: () => Dict | undefined | Promise<Dict | undefined>): Promise<Dict | undefined> {
    try {
      return await verify();
    } catch (error) {
      if (!(error instanceof RocadeError)) this.#host.failed(toError(error));
      return undefined;
    }
  }

  async #ask(request: LoginRequest, method: AuthMethodName, ticket?: string): Promise<Found | undefined> {
    const { realm, authid, session, authextra, connection } = request;
    const login: Login = {
      realm,
      authid,
      method,
      session,
      authextra,
      transport: transportOf(connection),
      ...(ticket !== undefined && { ticket }),
    };
    let isUnanswered = false;
    for (const source of this.#dynamics) {
      try {
        const found = await source(login);
        if (found) return found;
      } catch (error) {
        isUnanswered ||= error instanceof WampError && UNANSWERED.includes(error.uri);
        // A refusal may be all that it is; whoever runs the router hears of it, and the client does not.
        this.#host.failed(new Error(`nobody could be found for '${authid}'`, { cause: error }));
      }
    }
    // No wrong name or secret: clients try again, and it counts for no failed login.
    if (isUnanswered) throw new LoginRefused(errorUris.unavailable, 'nobody here can check names at the moment');
    return undefined;
  }
}

/** Where most of the principals come from, before any of them is seen. */
function providerOf(principals: AuthOptions['principals'] = []): Found['authprovider'] {
  const sources = [principals].flat() as readonly PrincipalSource[];
  const dynamic = sources.find((source) => typeof source === 'function' || isProcedure(source));
  if (dynamic === undefined) return 'static';
  return typeof dynamic === 'function' ? 'function' : 'dynamic';
}

function offeredBy(
  options: AuthOptions,
  statics: StaticPrincipals,
  dynamics: readonly DynamicSource[],
): ReadonlySet<string> {
  const methods = new Set<string>(options.methods);
  for (const method of methods) {
    if (!METHODS.includes(method))
      throw new UsageError(`auth.methods: expected some of ${METHODS.join(', ')}, got '${method}'`);
  }
  if (!options.methods) {
    if (dynamics.length > 0)
      throw new UsageError('auth.methods: needed for principals that a function or a procedure knows');
    for (const method of CHALLENGED) if (statics.all.some((one) => HALVES[method].has(one))) methods.add(method);
    if (statics.all.some(({ certificates = [] }) => certificates.length > 0)) methods.add('tls');
  }
  if (options.anonymous === undefined) methods.delete('anonymous');
  else methods.add('anonymous');
  if (options.cookie) methods.add('cookie');
  else methods.delete('cookie');
  return methods;
}

/**
 * Does somebody who was asked about a certificate mean that it lets in? One who names certificates means those, and one who
 * names something to prove has not looked at it.
 */
function vouchesFor(principal: Found['principal'], fingerprint: string): boolean {
  const { certificates } = principal;
  if (certificates) return certificates.some((one) => plainFingerprint(one) === plainFingerprint(fingerprint));
  return !CHALLENGED.some((method) => HALVES[method].has(principal));
}

function admission({ principal, authid, authprovider }: Found, authmethod: string, extra: Dict = NO_DICT): Admission {
  const authextra = { ...principal.extra, ...extra };
  return {
    identity: { authid, authrole: principal.role, authmethod, authprovider },
    ...(Object.keys(authextra).length > 0 && { authextra }),
  };
}

/** What HELLO lacks may be told: it says nothing of what is kept. */
function telling<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof AuthError) throw new LoginRefused(errorUris.authenticationFailed, error.message);
    throw error;
  }
}

/** For authenticators, and for the meta API: nothing secret. */
export function transportOf({ transport = 'unknown', peer, certificate }: ConnectionInfo): Dict {
  return {
    type: transport,
    ...(peer !== undefined && { peer }),
    ...(certificate && { client_cert: { ...certificate } }),
  };
}
