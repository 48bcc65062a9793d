import { type Emitter, onAbort } from '../base/index.ts';
import type { Instance, ProcessInfo } from './instance.ts';

/** May those that come after it start? Also when it has done its work and ended, or is left out. */
export function isUp(instances: readonly Pick<Instance, 'state'>[] | undefined): boolean {
  return instances?.every(({ state }) => state === 'ready' || state === 'over' || state === 'left-out') ?? false;
}

/** What somebody has stopped is as it should be. */
export function isDown(one: Pick<Instance, 'state'>): boolean {
  return one.state !== 'stopped' && !isUp([one]);
}

/**
 * Is it as it stays, unless something else changes or its next attempt goes better? Not while it starts or stops; and one that
 * waits does so when what it comes after is settled, and not up.
 */
export function isSettled(
  { state, part }: Instance,
  instancesOf: (name: string) => readonly Instance[] | undefined,
): boolean {
  if (state === 'starting' || state === 'stopping') return false;
  if (state !== 'waiting') return true;
  return part.after.some((name) => {
    const others = instancesOf(name) ?? [];
    return !isUp(others) && others.every((other) => isSettled(other, instancesOf));
  });
}

/** Resolves once it is so, which is looked at with each change of a state; or when the signal is given. */
export async function until(
  changes: Emitter<{ state: [info: ProcessInfo] }>,
  isSo: () => boolean,
  signal?: AbortSignal,
): Promise<void> {
  if (isSo()) return;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!signal?.aborted && !isSo()) return;
      forget();
      forgetSignal();
      resolve();
    };
    const forget = changes.on('state', look);
    const forgetSignal = onAbort(signal, look);
  });
}

/** Does something with each of these, once it is done with those that come before. Of a circle, one has to be the first. */
export async function inOrder<T>(
  all: readonly T[],
  before: (one: T) => readonly T[],
  act: (one: T) => Promise<void>,
): Promise<void> {
  const doing = new Map<T, Promise<void>>();
  const doOne = (one: T): Promise<void> => {
    const known = doing.get(one);
    if (known) return known;
    doing.set(one, Promise.resolve());
    const done = Promise.all(before(one).map(doOne)).then(() => act(one));
    doing.set(one, done);
    return done;
  };
  await Promise.all(all.map(doOne));
}
