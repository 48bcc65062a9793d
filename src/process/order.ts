import type { Instance } from './instance.ts';

/** May those that come after it start? Also when it has done its work and ended, or is left out. */
export function isUp(instances: readonly Instance[] | undefined): boolean {
  return instances?.every(({ state }) => state === 'ready' || state === 'over' || state === 'left-out') ?? false;
}
