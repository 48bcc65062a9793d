import { readFileSync } from 'node:fs';

/** The number of a user, and of the group that it belongs to. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Who a process is to run as; undefined for who runs this. Returns a sentence for what is not possible. */
export function identityOf(
  user: string | number | undefined,
  group: string | number | undefined,
): Partial<Identity> | { readonly problem: string } {
  if (user === undefined && group === undefined) return {};
  if (process.getuid?.() !== 0) return { problem: 'only root may start processes as another user or group' };
  const account = user === undefined ? undefined : accountOf(user);
  if (user !== undefined && typeof user === 'string' && !account) return { problem: `there is no user '${user}'` };
  const gid = group === undefined ? account?.gid : groupOf(group);
  if (group !== undefined && gid === undefined) return { problem: `there is no group '${group}'` };
  if (typeof user === 'number' && gid === undefined)
    return { problem: `the user ${user} has no entry in /etc/passwd: its group has to be named, too` };
  const uid = account?.uid ?? (typeof user === 'number' ? user : undefined);
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}

function accountOf(user: string | number): Identity | undefined {
  for (const [name, , uid, gid] of entries('/etc/passwd'))
    if (name === user || Number(uid) === user) return { uid: Number(uid), gid: Number(gid) };
  return undefined;
}

function groupOf(group: string | number): number | undefined {
  if (typeof group === 'number') return group;
  const found = entries('/etc/group').find(([name]) => name === group);
  return found && Number(found[2]);
}

function entries(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
