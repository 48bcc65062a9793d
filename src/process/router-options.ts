import { resolve } from 'node:path';
import { PROCESS_ROLE, type RealmConfig, type RouterConfig } from '../config/index.ts';
import type { StartOptions } from '../node/index.ts';
import type { AuthMethodName, AuthOptions, PrincipalFunction, PrincipalSource, RealmOptions } from '../router/index.ts';
import type { Admission } from './messages.ts';

const EVERYTHING = { uri: '', match: 'prefix', allow: ['call', 'register', 'publish', 'subscribe'] } as const;

/** What a configuration means to the router. The processes of the site are let into every realm by their tickets. */
export function routerOptions(
  config: RouterConfig,
  directory: string,
  admissions: ReadonlyMap<string, Admission>,
): StartOptions {
  const { realms, files, unixMode, tls: _tls, ...rest } = config;
  return {
    ...(defined(rest) as Omit<StartOptions, 'realms' | 'tls'>),
    realms: realms.map((realm) => realmOptions(typeof realm === 'string' ? { name: realm } : realm, admissions)),
    ...(files !== undefined && { files: placesOf(files, directory) }),
    ...(unixMode !== undefined && { unixMode: Number.parseInt(unixMode, 8) }),
  };
}

function placesOf(files: NonNullable<RouterConfig['files']>, directory: string): NonNullable<StartOptions['files']> {
  if (typeof files === 'string') return resolve(directory, files);
  return Object.fromEntries(Object.entries(files).map(([path, place]) => [path, resolve(directory, place)]));
}

function realmOptions(config: RealmConfig, admissions: ReadonlyMap<string, Admission>): RealmOptions {
  const { auth, roles, administrators = [], ...rest } = config;
  return {
    ...(defined(rest) as { readonly name: string }),
    auth: authOptions(auth, processes(config.name, admissions)),
    ...(roles
      ? { roles: { [PROCESS_ROLE]: { permissions: [EVERYTHING], maxMessagesPerSecond: 0 }, ...defined(roles) } }
      : { administrators: [PROCESS_ROLE, ...administrators] }),
  };
}

/** Knows the processes of the site, as long as they live. */
function processes(realm: string, admissions: ReadonlyMap<string, Admission>): PrincipalFunction {
  return ({ authid, method }) => {
    const admission = admissions.get(authid);
    if (!admission || admission.realm !== realm || method !== 'ticket') return undefined;
    return { role: admission.role ?? PROCESS_ROLE, ticket: admission.ticket };
  };
}

function authOptions(config: RealmConfig['auth'], own: PrincipalFunction): AuthOptions {
  if (!config) return { anonymous: 'anonymous', principals: own, methods: ['anonymous', 'ticket'] };
  const { principals, authenticator, methods, ...rest } = config;
  const offered = methods ?? [
    ...methodsOf(principals),
    ...(rest.anonymous === undefined ? [] : ['anonymous' as const]),
  ];
  return {
    ...(defined(rest) as Omit<AuthOptions, 'principals'>),
    principals: [
      own,
      defined(principals) as PrincipalSource,
      ...(authenticator ? [defined(authenticator) as PrincipalSource] : []),
    ],
    methods: [...new Set<AuthMethodName>([...offered, 'ticket', ...(rest.cookie ? (['cookie'] as const) : [])])],
  };
}

type Principals = NonNullable<RealmConfig['auth']>['principals'];

function methodsOf(principals: Principals): AuthMethodName[] {
  return Object.values(principals).flatMap(
    ({ ticket, wampcra, scram, crossbarScram, cryptosign, certificates }): AuthMethodName[] => [
      ...(ticket === undefined ? [] : (['ticket'] as const)),
      ...(wampcra === undefined ? [] : (['wampcra'] as const)),
      ...(scram === undefined ? [] : (['wamp-scram'] as const)),
      ...(crossbarScram === undefined ? [] : (['scram'] as const)),
      ...(cryptosign === undefined ? [] : (['cryptosign'] as const)),
      ...(certificates === undefined ? [] : (['tls'] as const)),
    ],
  );
}

/** Without the keys, however deep, that the configuration leaves to their defaults. */
function defined<T extends object>(value: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } {
  return JSON.parse(JSON.stringify(value)) as { readonly [K in keyof T]: Exclude<T[K], undefined> };
}
