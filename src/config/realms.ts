import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { RawConfiguration } from './schema.ts';

/** The realm of processes that name none: the router's first one. */
export function firstRealm({ router }: Pick<RawConfiguration, 'router'>): string {
  const [first = 'realm1'] = router.realms;
  return typeof first === 'string' ? first : first.name;
}

/** Realms that are named and not there, named twice, or not what they are meant for. */
export function wrongRealms({ router, processes, management }: RawConfiguration): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly PropertyKey[], message: string): void => {
    problems.push({ path, part: 'value', message });
  };
  const realms = router.realms.map((realm) => (typeof realm === 'string' ? { name: realm } : realm));
  const names = realms.map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) add(['router', 'realms', index], `the realm '${name}' is named twice`);
  for (const [index, realm] of realms.entries())
    if ('administrators' in realm && realm.administrators && realm.roles)
      add(
        ['router', 'realms', index, 'administrators'],
        `the realm '${realm.name}' has roles, whose permissions say who may end what others have`,
      );
  const known = (name: string, path: readonly PropertyKey[]): void => {
    if (names.includes(name)) return;
    const meant = nearest(name, names);
    add(path, `there is no realm '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
  };
  for (const [index, { realm }] of processes.entries())
    if (realm !== undefined) known(realm, ['processes', index, 'realm']);
  if (management) {
    const path = ['management', 'realm'];
    known(management.realm, path);
    const realm = realms.find(({ name }) => name === management.realm);
    if (realm && !('roles' in realm && realm.roles))
      add(
        path,
        `the realm '${management.realm}' has no roles: anybody could start and stop the processes of this site`,
      );
  }
  return problems;
}
