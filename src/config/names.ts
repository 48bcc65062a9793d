import { basename, extname } from 'node:path';
import { firstRealm } from './realms.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { ProcessConfig } from './process-schema.ts';
import type { RawConfiguration } from './schema.ts';

type RawProcess = RawConfiguration['processes'][number];

/** Gives a name to those that have none, and a realm, and finds what names are wrong. */
export function named({ router, processes }: Pick<RawConfiguration, 'router' | 'processes'>): {
  readonly processes: readonly ProcessConfig[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const taken = new Set<string>(['router']);
  for (const [index, { name }] of processes.entries()) {
    if (name === undefined) continue;
    const path = ['processes', index, 'name'];
    if (name === 'router') problems.push({ path, part: 'value', message: "the name 'router' is the router's own" });
    else if (taken.has(name)) problems.push({ path, part: 'value', message: `the name '${name}' is given twice` });
    taken.add(name);
  }
  const realm = firstRealm({ router });
  const complete = processes.map((process): ProcessConfig => {
    const name = process.name ?? free(nameFor(process), taken);
    taken.add(name);
    return { ...process, name, realm: process.realm ?? realm };
  });
  return { processes: complete, problems: [...problems, ...sharedIds(complete), ...wrongOrder(complete)] };
}

/** Of several processes of a kind, each is called by a number; nobody else may be called so. */
function sharedIds(processes: readonly ProcessConfig[]): Problem[] {
  const byName = new Map(processes.map((process) => [process.name, process]));
  return processes.flatMap(({ name }, index): Problem[] => {
    const [, of = '', number] = /^(.+)\.([1-9]\d*)$/.exec(name) ?? [];
    if (Number(number) > (byName.get(of)?.instances ?? 0)) return [];
    const path = ['processes', index, 'name'];
    return number === undefined
      ? []
      : [{ path, part: 'value', message: `'${name}' is one of the processes of '${of}'` }];
  });
}

function nameFor(process: RawProcess): string {
  const of = (path: string): string => basename(path, extname(path)).replace(/[^\w.-]/g, '');
  if (process.type === 'worker') return of([process.modules].flat()[0] as string) || 'worker';
  const script = process.arguments.find((argument) => /^[^-].*\.\w+$/.test(argument));
  return of(script ?? process.executable) || 'guest';
}

function free(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number++) {
    const candidate = number === 2 && !taken.has(name) ? name : `${name}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Names in `after` that nobody has, and circles in which everybody would wait for everybody. */
function wrongOrder(processes: readonly ProcessConfig[]): Problem[] {
  const byName = new Map(processes.map((process) => [process.name, process]));
  return processes.flatMap(({ name, after }, index) =>
    after.flatMap((other, place): Problem[] => {
      const path = ['processes', index, 'after', place];
      if (other === 'router') return [];
      if (!byName.has(other)) {
        const meant = nearest(other, byName.keys());
        const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
        return [{ path, part: 'value', message: `there is no process '${other}'${hint}` }];
      }
      return waitsFor(other, name, byName)
        ? [{ path, part: 'value', message: `'${name}' and '${other}' would wait for each other` }]
        : [];
    }),
  );
}

function waitsFor(name: string, wanted: string, byName: ReadonlyMap<string, ProcessConfig>): boolean {
  const seen = new Set<string>();
  const visit = (current: string): boolean => {
    if (current === wanted) return true;
    if (seen.has(current)) return false;
    seen.add(current);
    return byName.get(current)?.after.some(visit) ?? false;
  };
  return visit(name);
}
