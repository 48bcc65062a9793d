import { show, UsageError } from '../base/index.ts';
import { type Dict, isDict, type Payload } from '../protocol/index.ts';
import { HALVES, keysOf } from './methods.ts';
import {
  CHALLENGED,
  isProcedure,
  type Login,
  type Principal,
  type PrincipalFunction,
  type PrincipalProcedure,
  type PrincipalSource,
} from './principals.ts';

/** Calls a procedure in a realm, as the router itself. */
export type CallProcedure = (
  realm: string,
  procedure: string,
  args: readonly unknown[],
) => Promise<Payload | undefined>;

/** A principal that was found, under the name that it will have, and where. */
export interface Found {
  readonly principal: Principal;
  readonly authid: string;
  readonly authprovider: 'static' | 'function' | 'dynamic';
}

/** In-process sessions have it, and nobody who logs in. */
export const TRUSTED_ROLE = 'trusted';

/** Principals that are there as data, by name, by key and by certificate. */
export class StaticPrincipals {
  readonly #byName = new Map<string, Found>();
  readonly #byKey = new Map<string, Found>();
  readonly #byCertificate = new Map<string, Found>();

  /** Throws a `UsageError` for what cannot be a principal. Earlier ones come before later ones of the same name. */
  add(principals: Readonly<Record<string, Principal>>): void {
    for (const [name, principal] of Object.entries(principals)) {
      check(name, principal);
      const found: Found = { principal, authid: principal.authid ?? name, authprovider: 'static' };
      keep(this.#byName, name, found);
      for (const key of keysOf(principal)) keep(this.#byKey, key, found);
      for (const print of principal.certificates ?? []) keep(this.#byCertificate, plainFingerprint(print), found);
    }
  }

  get all(): readonly Principal[] {
    return [...this.#byName.values()].map(({ principal }) => principal);
  }

  /** By name, or by public key when there is no name. */
  find(authid: string, key: unknown): Found | undefined {
    if (authid !== '') return this.#byName.get(authid);
    return typeof key === 'string' ? this.#byKey.get(key.toLowerCase()) : undefined;
  }

  /** By certificate; a name that was asked for has to be the right one. */
  certified(fingerprint: string, authid: string): Found | undefined {
    const found = this.#byCertificate.get(plainFingerprint(fingerprint));
    return authid === '' || found === this.#byName.get(authid) ? found : undefined;
  }
}

function keep(map: Map<string, Found>, key: string, found: Found): void {
  if (!map.has(key)) map.set(key, found);
}

export const plainFingerprint = (text: string): string => text.replaceAll(':', '').toLowerCase();

function check(name: string, principal: Principal): void {
  const wrong = (why: string): never => {
    throw new UsageError(`the principal '${name}': ${why}`);
  };
  if (name === '') wrong('the name is empty');
  if (!isDict(principal)) wrong('expected an object with a role');
  const { role, second, ticket } = principal;
  if (typeof role !== 'string' || role === '') wrong('expected a role');
  if (role === TRUSTED_ROLE) wrong(`nobody can log in with the role '${TRUSTED_ROLE}'`);
  if (ticket === true) wrong('ticket: true is for functions that have checked the ticket');
  for (const key of keysOf(principal)) {
    if (!/^[0-9a-f]{64}$/.test(key)) wrong('a key for cryptosign is 64 digits of hex');
  }
  if (second === undefined) return;
  if (!CHALLENGED.includes(second)) wrong(`second: expected one of ${CHALLENGED.join(', ')}`);
  if (!HALVES[second].has(principal)) wrong(`there is nothing to check the second proof (${second}) by`);
}

/** A function or a procedure. */
export type DynamicSource = (login: Login) => Promise<Found | undefined>;

/** Sorts the sources: what is data, and what has to be asked. */
export function sourcesOf(
  given: PrincipalSource | readonly PrincipalSource[] | undefined,
  call: CallProcedure,
): { readonly statics: StaticPrincipals; readonly dynamics: readonly DynamicSource[] } {
  const statics = new StaticPrincipals();
  const dynamics: DynamicSource[] = [];
  const list = given === undefined ? [] : Array.isArray(given) ? (given as readonly PrincipalSource[]) : [given];
  for (const source of list as readonly PrincipalSource[]) {
    if (typeof source === 'function') dynamics.push(asked(source));
    else if (!isDict(source)) throw new UsageError('principals: expected an object, a function or a procedure');
    else if (isProcedure(source)) dynamics.push(called(source, call));
    else statics.add(source as Readonly<Record<string, Principal>>);
  }
  return { statics, dynamics };
}

function asked(source: PrincipalFunction): DynamicSource {
  return async (login) => {
    const principal = await source(login);
    return principal && foundFor(login, principal, 'function');
  };
}

function called({ procedure, realm }: PrincipalProcedure, call: CallProcedure): DynamicSource {
  return async (login) => {
    const { authid, method, session, ticket, authextra, transport } = login;
    const details = { authmethod: method, session, authextra, transport, ...(ticket !== undefined && { ticket }) };
    const payload = await call(realm ?? login.realm, procedure, [login.realm, authid, details]);
    const [result] = payload?.args ?? [];
    if (result === null || result === undefined || result === false) return undefined;
    assertRealm(procedure, login, result);
    return foundFor(login, principalFrom(procedure, result), 'dynamic');
  };
}

/** Crossbar.io puts clients into the realm that the procedure names. Here they are let into the one they asked for, or into none. */
function assertRealm(procedure: string, { authid, realm: asked }: Login, result: unknown): void {
  const realm = isDict(result) ? result['realm'] : undefined;
  if (realm !== undefined && realm !== null && realm !== asked)
    throw new Error(`'${procedure}' lets '${authid}' into the realm ${show(realm)}, and not into '${asked}'`);
}

function foundFor(login: Login, principal: Principal, authprovider: Found['authprovider']): Found {
  const authid = principal.authid ?? login.authid;
  if (typeof principal.role !== 'string' || principal.role === '' || principal.role === TRUSTED_ROLE)
    throw new Error(`the principal '${authid}' was given a role that nobody can log in with`);
  // Nobody has checked a ticket that was not given: any would do.
  const { ticket, ...others } = principal;
  const isUnchecked = ticket === true && login.ticket === undefined;
  return { principal: isUnchecked ? others : principal, authid, authprovider };
}

/**
 * What a procedure returns: a role, or a principal as a dictionary, in our words or in Crossbar.io's. It was given the
 * ticket, so it has checked that, unless it returns one to compare with; where it was given none, that counts for nothing.
 */
function principalFrom(procedure: string, result: unknown): Principal {
  if (typeof result === 'string') return { role: result, ticket: true };
  if (!isDict(result)) throw new Error(`'${procedure}' returned neither a role nor a principal`);
  const { secret, salt, iterations, keylen, pubkey, authorized_keys: keys, kdf } = result;
  const theirs: Dict = {
    ticket: true,
    ...(secret !== undefined && {
      wampcra: {
        key: secret,
        ...(salt !== undefined && { salt }),
        ...(iterations !== undefined && { iterations }),
        ...(keylen !== undefined && { keylen }),
      },
    }),
    ...((pubkey ?? keys) !== undefined && { cryptosign: pubkey ?? keys }),
    ...(kdf !== undefined && result['stored-key'] !== undefined && { crossbarScram: result }),
  };
  return { ...theirs, ...result } as unknown as Principal;
}
