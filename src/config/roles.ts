import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';
import { firstRealm } from './realms.ts';
import type { RawConfiguration } from './schema.ts';

/** The role of processes that name none; it is there without being named. */
export const PROCESS_ROLE = 'process';

/** Roles that are given to somebody, in a realm that has roles, and not these: whoever had one could do nothing. */
export function wrongRoles({ router, processes }: RawConfiguration): Problem[] {
  const problems: Problem[] = [];
  const rolesOf = new Map<string, readonly string[]>();
  const known = (realm: string, role: string | undefined, path: readonly PropertyKey[]): void => {
    const roles = rolesOf.get(realm);
    if (role === undefined || !roles || roles.includes(role)) return;
    const meant = nearest(role, roles);
    const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
    problems.push({ path, part: 'value', message: `the realm '${realm}' has no role '${role}'${hint}` });
  };
  for (const [index, realm] of router.realms.entries()) {
    if (typeof realm === 'string' || !realm.roles) continue;
    const { name, roles, auth } = realm;
    rolesOf.set(name, [PROCESS_ROLE, ...Object.keys(roles)]);
    const path = ['router', 'realms', index, 'auth'];
    known(name, auth?.anonymous, [...path, 'anonymous']);
    for (const [who, { role }] of Object.entries(auth?.principals ?? {}))
      known(name, role, [...path, 'principals', who, 'role']);
  }
  const usual = firstRealm({ router });
  for (const [index, { realm = usual, role }] of processes.entries()) known(realm, role, ['processes', index, 'role']);
  return problems;
}
